"""An event loop whose time jumps: hours of waiting pass at once, always in the same order."""

import asyncio
import selectors
from collections.abc import Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from property_alert_notification.base.clock import Clock

Result = TypeVar("Result")

START = datetime(2026, 12, 1, tzinfo=UTC)


class _Selector(selectors.SelectSelector):
    """Waits for nothing: what it would wait for passes."""

    passed = 0.0

    def select(self, timeout: float | None = None) -> Any:
        self.passed += timeout or 0.0
        return super().select(0)


class JumpingLoop(asyncio.SelectorEventLoop):
    """Only timers run on it: no sockets, no threads."""

    def __init__(self) -> None:
        self._waits = _Selector()
        super().__init__(self._waits)

    def time(self) -> float:
        return self._waits.passed


class LoopClock(Clock):
    """The clock of the loop that runs."""

    def now(self) -> datetime:
        return START + timedelta(seconds=self.monotonic())

    def monotonic(self) -> float:
        return asyncio.get_running_loop().time()


def run(main: Coroutine[Any, Any, Result]) -> Result:
    """Run it with time that jumps."""
    with asyncio.Runner(loop_factory=JumpingLoop) as runner:
        return runner.run(main)
