"""Runs the loops of one role, such as the worker's, in a process of their own."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from property_alert_notification import wiring
from property_alert_notification.base import logs
from property_alert_notification.base.console import finish_streams, prepare_streams
from property_alert_notification.base.errors import ConfigurationError
from property_alert_notification.base.process import (
    exit_with_error,
    new_event_loop,
    stop_signals,
    tune_garbage_collector,
)
from property_alert_notification.base.settings import Settings
from property_alert_notification.notification_worker.telemetry import telemetry
from property_alert_notification.preflight import load_settings
from property_alert_notification.wiring import Parts

Loops = Callable[[Parts], AbstractAsyncContextManager[object]]
"""What runs from entering until leaving the context."""


def run_process(loops: Loops) -> None:
    """Run the loops, with the settings of the environment, until SIGTERM or SIGINT; then let them finish their calls.

    Further signals change nothing. If a setting is invalid, or the store's schema is old, the process exits with one
    line.
    """
    prepare_streams()
    try:
        settings = load_settings()
        logs.configure(level=settings.log_level, as_json=settings.logs_as_json)
        with asyncio.Runner(loop_factory=new_event_loop) as runner:
            runner.run(_run(settings, loops))
    except ConfigurationError as error:
        exit_with_error(error)
    finally:
        finish_streams()


async def _run(settings: Settings, loops: Loops) -> None:
    stop = asyncio.Event()
    with stop_signals(stop.set):
        async with wiring.assemble(settings) as parts, telemetry(parts), loops(parts):
            tune_garbage_collector()
            await stop.wait()
