"""Keeps the endless loops of a process going.

A loop that breaks, or that ends although nothing cancelled it, is started again after a wait. Each break is counted in
a metric, and readiness names the loop until a turn goes well. Every endless loop of the service runs here:
`Supervisor.start` starts a service, and `Loop.repeat` takes its turns.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from contextvars import Context
from typing import NoReturn, TypeVar

import structlog

from property_alert_notification.base.errors import Unavailable
from property_alert_notification.base.logs import Outage, origin
from property_alert_notification.base.metrics import Metrics

log = structlog.get_logger()

FIRST_WAIT = 1.0
"""Seconds before a loop that broke is begun again; they double each time it breaks without a good turn between."""

LONGEST_WAIT = 15.0
"""Seconds that this wait grows to at most: a fault that ended must not be waited out for long."""

AFTER_A_FAULT = 1.0
"""Seconds between two turns while the store or the broker is away."""

WELL_AFTER = 5.0
"""Seconds after which a service without turns counts as well, if it has not broken until then."""

Result = TypeVar("Result")

Turn = Callable[[], Awaitable[float]]
"""One turn of a loop; returns the seconds to wait before the next."""


class Loop:
    """One endless loop, as its supervisor knows it."""

    def __init__(self, name: str, metrics: Metrics, *, first_wait: float = FIRST_WAIT) -> None:
        self.name = name
        self.problem: str | None = None
        """What it broke of, as long as it has not gone well since; None while it is well."""
        self._first_wait = first_wait
        self._breaks_in_a_row = 0
        self._outage = Outage(name)
        self._breaks = metrics.loop_breaks.labels(name)
        self._up = metrics.loop_up.labels(name)
        self._up.set(1)

    async def repeat(
        self, turn: Turn, *, after_a_fault: float = AFTER_A_FAULT, woken: asyncio.Event | None = None
    ) -> NoReturn:
        """Take turns until cancelled or until one breaks; a store or broker that is away is waited for.

        Args:
            turn: returns the seconds until the next turn.
            after_a_fault: these seconds while the store or the broker is away.
            woken: ends the wait between two turns when it is set; each turn clears it.
        """
        while True:
            raise_if_cancelled()
            if woken is not None:
                woken.clear()
            try:
                pause = await turn()
            except Unavailable as fault:
                self.waits(fault)
                await asyncio.sleep(after_a_fault)
            else:
                self.went_well()
                await _pause(pause, woken)

    def waits(self, fault: Unavailable) -> None:
        """The store or the broker is away: that is no break, and readiness names the store or the broker."""
        self._outage.goes_on(fault.cause)

    def went_well(self) -> None:
        """A turn came to its end: whatever broke the loop before is over."""
        self._outage.is_over()
        if self.problem is not None:
            log.info("loop.recovered", loop=self.name)
            self.problem, self._breaks_in_a_row = None, 0
            self._up.set(1)

    def broke(self, error: BaseException | None) -> float:
        """It broke, or came to an end if `error` is None; returns the seconds to wait before it is begun again."""
        self._breaks_in_a_row += 1
        # Only the kind of the error: its text may hold personal data.
        what = "ended unexpectedly" if error is None else f"broke ({type(error).__name__})"
        self.problem = f"{what}, {self._breaks_in_a_row} times in a row" if self._breaks_in_a_row > 1 else what
        self._breaks.inc()
        self._up.set(0)
        log.error("loop.broke", loop=self.name, problem=self.problem, **({} if error is None else origin(error)))
        return float(min(self._first_wait * 2.0 ** min(self._breaks_in_a_row - 1, 30), LONGEST_WAIT))


async def _pause(seconds: float, woken: asyncio.Event | None) -> None:
    if woken is None:
        await asyncio.sleep(seconds)
        return
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await woken.wait()


async def insist(action: Callable[[], Awaitable[Result]], outage: Outage, *, pause: float) -> Result:
    """Call `action` until the store and the broker answer, every `pause` seconds; returns what it returned."""
    while True:
        raise_if_cancelled()
        try:
            result = await action()
        except Unavailable as fault:
            outage.goes_on(fault.cause)
            await asyncio.sleep(pause)
        else:
            outage.is_over()
            return result


Service = Callable[[Loop], Awaitable[object]]
"""Runs until cancelled, as a rule by `Loop.repeat`; what it opened it closes when it ends."""


class Supervisor:
    """All endless loops of one process."""

    def __init__(self, metrics: Metrics, *, first_wait: float = FIRST_WAIT) -> None:
        self._metrics = metrics
        self._first_wait = first_wait
        self._loops: dict[str, Loop] = {}
        self.when_broken: list[Callable[[], Awaitable[None]]] = []
        """Called whenever a loop broke, before it is begun again: they may take out of the way what it broke of."""

    @property
    def problems(self) -> dict[str, str]:
        """The loops that keep breaking, by name, each with what it broke of."""
        return {name: loop.problem for name, loop in self._loops.items() if loop.problem is not None}

    def loop(self, name: str) -> Loop:
        """The loop of this name. Work that is started on demand reports to it, without being started here."""
        if name not in self._loops:
            self._loops[name] = Loop(name, self._metrics, first_wait=self._first_wait)
        return self._loops[name]

    def start(
        self, name: str, service: Service, *, well_after: float | None = None, may_end: bool = False
    ) -> "asyncio.Task[None]":
        """Run a service until the task is cancelled.

        Args:
            name: of the loop, in metrics and in readiness.
            service: is called again whenever it has broken or ended.
            well_after: for a service that takes no turns: seconds after which it counts as well.
            may_end: the service has done its work when it returns.
        """
        # A fresh context: its log lines must not carry the ids of the call that started it.
        return asyncio.create_task(
            self._keep(self.loop(name), service, well_after, may_end=may_end), name=name, context=Context()
        )

    async def _keep(self, loop: Loop, service: Service, well_after: float | None, *, may_end: bool) -> None:
        while (wait := await self._run(loop, service, well_after, may_end=may_end)) is not None:
            raise_if_cancelled()
            if loop.problem is not None:
                await self._repair()
            await asyncio.sleep(wait)

    async def _run(self, loop: Loop, service: Service, well_after: float | None, *, may_end: bool) -> float | None:
        """Run the service once; returns the seconds to wait before it is begun again, or None when it is done."""
        timer = well_after and asyncio.get_running_loop().call_later(well_after, loop.went_well)
        try:
            await service(loop)
        except asyncio.CancelledError as error:
            if is_cancelled():
                raise
            return loop.broke(error)  # what it waited for was cancelled, not the loop
        except Unavailable as fault:
            loop.waits(fault)
            return AFTER_A_FAULT
        except Exception as error:
            return loop.broke(error)
        finally:
            if timer:
                timer.cancel()
        if may_end:
            loop.went_well()
            return None
        return loop.broke(None)

    async def _repair(self) -> None:
        for repair in self.when_broken:
            try:
                await repair()
            except Exception as error:
                log.warning("loop.unmended", **origin(error))


def is_cancelled() -> bool:
    """Whether this task was cancelled, and not only what it waits for."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def raise_if_cancelled() -> None:
    """Raise the cancellation of this task if it was lost, so that a loop cannot go on for ever.

    On Python 3.11 `asyncio.wait_for`, which the client of RabbitMQ uses, returns normally when it is cancelled at the
    moment at which its call ends (gh-86296).
    """
    if is_cancelled():
        raise asyncio.CancelledError


async def end(*tasks: "asyncio.Task[None]") -> None:
    """Cancel these tasks and wait until they have ended."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
