"""One provider in one worker: whether it may get a message now, when the next may begin, and the results of calls."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

import structlog

from property_alert_notification.base import breaker
from property_alert_notification.base.breaker import FIRST, IN_DOUBT, UNANSWERED, Breaker, Signal
from property_alert_notification.base.clock import Clock
from property_alert_notification.base.errors import (
    ProviderDown,
    SendError,
    Throttled,
)
from property_alert_notification.base.metrics import Metrics
from property_alert_notification.base.vocabulary import BreakerState
from property_alert_notification.channels.base import Sender
from property_alert_notification.notification_worker.account_rate import AccountRate, Reserve
from property_alert_notification.notification_worker.pace import Pace
from property_alert_notification.notification_worker.route import Assignment
from property_alert_notification.notification_worker.signals import signal_of
from property_alert_notification.notification_worker.slot_queue import SlotQueue
from property_alert_notification.notification_worker.verdict import Result

log = structlog.get_logger()

AHEAD = 8
"""Claimed deliveries for each call that the provider takes at once: the next are ready when a call ends.

Fewer keep connections waiting for commits."""

SOON = 0.25
"""Seconds within which a call must be expected to begin when a claim stores its attempt. What begins later, at a slow
provider or one that hangs, stores it when it has a slot: a killed worker then leaves no more unknown than it has
slots."""

LONGEST_TURN = 1.0
"""Seconds for which a stored attempt waits for a slot before it is withdrawn: the provider became slow, or hangs."""

LONGEST_QUIET_HOLD = 2.0
"""Seconds for which a throttled provider gets nothing before its breaker opens, so that operators see it and other
providers take over."""


@dataclass(eq=False, slots=True)
class Call:
    """One message that has a slot at its provider."""

    probe: bool
    began_at: float = float("inf")
    """When the provider was called, on the monotonic clock; the caller sets it."""
    is_prepared: bool = False
    """It has yet to take its turn of the account's rate."""


class ProviderHandle:
    """One provider, with its limits and its breaker."""

    def __init__(
        self,
        provider: str,
        sender: Sender,
        clock: Clock,
        metrics: Metrics,
        *,
        concurrency: int,
        on_change: Callable[[], None],
        reserve: Reserve,
    ) -> None:
        """A provider of a worker that delivers `concurrency` messages at once.

        Args:
            provider: its name.
            sender: what sends to it.
            clock: of the worker.
            metrics: of the worker.
            concurrency: how many messages the worker delivers at once.
            on_change: called when the breaker has opened, closed, or lets a message try the provider out.
            reserve: reserves turns of the provider's account, if its rate is set.
        """
        self.provider = provider
        self.sender = sender
        self._at_once = min(sender.limits.at_once, concurrency)
        self.in_progress = 0
        self.breaker = Breaker()
        self.reason: str | None = None
        """Why the breaker is not closed."""
        self.changed_at = clock.now()
        """When the breaker came into its state."""
        self._clock = clock
        self._metrics = metrics
        self._on_change = on_change
        self._calls: set[Call] = set()
        self._unanswered: set[Call] = set()
        """Those that began since any went well."""
        self._well_at = float("-inf")
        self._ended: deque[float] = deque()
        """When calls ended, `SOON` seconds back."""
        self._open = 0
        """Those in progress whose attempts were stored by their claims."""
        self._queue = SlotQueue()
        self._order = asyncio.Lock()
        self._pace = Pace()
        self._rate = sender.limits.per_second
        self._account = None if self._rate is None else AccountRate(provider, self._rate, reserve, clock)
        metrics.breaker.labels(sender.channel, provider).state(self.breaker.state)
        metrics.breaker_openings.labels(sender.channel, provider)

    @property
    def opens_at(self) -> datetime | None:
        """When the provider may be tried out; None when nothing has to wait for that."""
        if self.breaker.state is not BreakerState.OPEN:
            return None
        return self._clock.now() + timedelta(seconds=self.breaker.until - self._clock.monotonic())

    def assignment(self) -> Assignment:
        """Whether a delivery may be assigned to it now, or after which wait."""
        now = self._clock.monotonic()
        if breaker.may_probe(self.breaker, now=now):
            # A message that tries it out needs room there, and those that hang may have left none.
            return Assignment(self.provider, wait=FIRST) if self._is_full() else Assignment(self.provider, probe=True)
        return Assignment(self.provider, wait=breaker.wait(self.breaker, now=now))

    def hanging(self) -> int:
        """How many calls run that are thought to get no answer."""
        return len(self._calls) if self.breaker.silent else 0

    def slots(self) -> int:
        """How many deliveries may be in progress with it. In doubt few: they would only be given back."""
        if self.breaker.doubtful:
            return IN_DOUBT
        rates = [rate for rate in (self._rate, self._pace.per_second) if rate is not None]
        return min([self._at_once * AHEAD, *map(ceil, rates)])

    def may_open(self) -> int:
        """For how many deliveries that are claimed now the claim may store the attempt: their calls begin soon.

        As many calls begin in the next `SOON` seconds as ended in the last, besides those that find a free slot.
        """
        if self.breaker.state is not BreakerState.CLOSED:
            return 0
        now = self._clock.monotonic()
        while self._ended and self._ended[0] <= now - SOON:
            self._ended.popleft()
        at_once = IN_DOUBT if self.breaker.doubtful else self._at_once
        soon = at_once + len(self._ended)
        if self._rate is not None:
            soon = min(soon, int(self._rate * SOON))
        return max(0, soon - self._open)

    def reserve(self, *, probe: bool, is_open: bool) -> None:
        """One more delivery is in progress; `is_open` means that its attempt is stored."""
        self.in_progress += 1
        self._open += is_open
        if probe:
            self._set_breaker(breaker.begin_probe(self.breaker, now=self._clock.monotonic()), self.reason)

    def release(self, *, probe: bool, is_open: bool) -> None:
        """One delivery less is in progress. A probe without a result never reached the provider."""
        self.in_progress -= 1
        self._open -= is_open
        if probe:
            self._set_breaker(breaker.drop_probe(self.breaker, now=self._clock.monotonic()), self.reason)

    @asynccontextmanager
    async def slot(self, *, probe: bool, is_open: bool = False) -> AsyncIterator[Call | None]:
        """Wait until one call may begin; None when the breaker opened meanwhile.

        None, too, for a delivery whose attempt is stored (`is_open`) when it waited for `LONGEST_TURN`.
        """
        keeps_waiting = True
        while keeps_waiting and self._accepts(probe=probe) and self._is_full():
            keeps_waiting = await self._queue.wait(now=self._clock.monotonic(), is_open=is_open)
        if not keeps_waiting or not self._accepts(probe=probe):
            yield None
            return
        call = Call(probe)
        self._calls.add(call)
        self._unanswered.add(call)
        self._wake_next()
        try:
            await self._keep_pace(call)
            yield call if self._accepts(probe=probe) else None
        finally:
            if self._account is not None and call.is_prepared:
                self._account.withdraw()
            if call.began_at != float("inf"):
                self._ended.append(self._clock.monotonic())
            self._calls.discard(call)
            self._unanswered.discard(call)
            self._wake_next()

    async def take_turn(self, call: Call) -> None:
        """Wait until the rate of the account allows the call, which must begin at once."""
        if self._account is not None and call.is_prepared:
            call.is_prepared = False
            await self._account.take()

    async def _keep_pace(self, call: Call) -> None:
        """Wait until the pace allows one more call and the rate will soon, in the order in which they came.

        A probe does not wait for the pace.
        """
        async with self._order:
            if self._account is not None:
                await self._account.prepare(waiting=self.in_progress)
                call.is_prepared = True
            while not call.probe and (wait := self._wait()):  # noqa: ASYNC110 - it sleeps for just as long as it must
                await asyncio.sleep(wait)
            if self._accepts(probe=call.probe):
                self._pace.begin(self._clock.monotonic())

    def _wait(self) -> float:
        """Seconds until the next call may begin; 0 also when none may."""
        return self._pace.wait(self._clock.monotonic()) if self._accepts(probe=False) else 0.0

    def _accepts(self, *, probe: bool) -> bool:
        return probe or self.breaker.state is BreakerState.CLOSED

    def _is_full(self) -> bool:
        if len(self._calls) >= self._at_once:
            return True
        if self.breaker.state is not BreakerState.CLOSED:
            return False
        return len(self._unanswered) >= UNANSWERED or (self.breaker.doubtful and len(self._calls) >= IN_DOUBT)

    def _wake_next(self) -> None:
        """Wake the next, if there is room for it; it wakes the one behind it."""
        if not self._is_full():
            self._queue.wake_first()

    def watch(self) -> None:
        """Open the breaker when calls run for too long."""
        now = self._clock.monotonic()
        self._queue.give_back(since=now - LONGEST_TURN)
        recent = [call for call in self._calls if call.began_at >= self.breaker.closed_at]
        watched = breaker.watch(
            self.breaker,
            [now - max(call.began_at, self._well_at) for call in recent],
            at_once=self._at_once - (len(self._calls) - len(recent)),
            now=now,
            jitter=self._clock.jitter(),
        )
        self._set_breaker(watched, "its calls get no answer")

    def learn(self, result: Result, call: Call) -> None:
        """Update breaker and pace by the result of a call."""
        signal = signal_of(result)
        if signal is None:
            return
        now = self._clock.monotonic()
        pause = self._pause(result, call, now=now)
        updated = breaker.record(
            self.breaker,
            signal,
            probe=call.probe,
            now=now,
            jitter=self._clock.jitter(),
            took=now - call.began_at,
            pause=pause,
        )
        self._set_breaker(updated, result.reason if isinstance(result, SendError) else None)
        if signal is Signal.WELL:
            self._pace.well(now)
            self._well_at = now
            self._unanswered.clear()
            self._wake_next()

    def _pause(self, result: Result, call: Call, *, now: float) -> float | None:
        """Seconds for which the provider is left alone: as it asks for, or because it takes nothing for so long."""
        if not isinstance(result, ProviderDown):
            return None
        asked = result.retry_after.total_seconds() if result.retry_after else None
        if not isinstance(result, Throttled):
            return asked
        hold = self._pace.throttled(call.began_at, now)
        return asked or (hold if call.probe or hold >= LONGEST_QUIET_HOLD else None)

    def _set_breaker(self, new: Breaker, reason: str | None) -> None:
        old, self.breaker = self.breaker, new
        if new.state is old.state:
            return
        self.reason = reason if new.state is not BreakerState.CLOSED else None
        self.changed_at = self._clock.now()
        channel = self.sender.channel
        self._metrics.breaker.labels(channel, self.provider).state(new.state)
        if new.state is BreakerState.OPEN:
            self._metrics.breaker_openings.labels(channel, self.provider).inc()
        log.warning("breaker.changed", channel=channel, provider=self.provider, state=new.state, reason=self.reason)
        self._queue.wake_all()
        self._on_change()
