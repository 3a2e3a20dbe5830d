"""A child that deletes what has ended, as a worker does, but at once instead of after months. Ends at SIGTERM."""

import asyncio
import signal
from contextlib import suppress
from datetime import timedelta

from benchmarks.children import say
from property_alert_notification.base.process import new_event_loop
from property_alert_notification.base.settings import Settings, load
from property_alert_notification.notification_worker.retention import Retention
from property_alert_notification.wiring import assemble


async def forget() -> None:
    """Delete until asked to end, and say that it has begun."""
    async with assemble(load(Settings)) as parts:
        duty = Retention(
            parts.database, parts.clock, parts.metrics, keep_for=timedelta(0), use_profiles_for=timedelta()
        )
        deleting = parts.supervisor.start("retention", duty.run)
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, deleting.cancel)
        say(begun=True)
        with suppress(asyncio.CancelledError):
            await deleting


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        runner.run(forget())
