"""The providers of one channel in one worker: who may have a message now, when each may begin, and what that taught."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from math import ceil

import structlog

from property_alert_notification.channels.base import Receipt, Sender
from property_alert_notification.clock import Clock
from property_alert_notification.errors import OutcomeUnknown, ProviderDown, Refused, RetryLater
from property_alert_notification.metrics import Metrics
from property_alert_notification.notification_worker import breaker
from property_alert_notification.notification_worker.breaker import IN_DOUBT, Breaker, Signal
from property_alert_notification.notification_worker.pace import Pace
from property_alert_notification.notification_worker.route import Place
from property_alert_notification.notification_worker.verdict import Result
from property_alert_notification.vocabulary import BreakerState, Channel

log = structlog.get_logger()

AHEAD = 4
"""Deliveries in hand for each that the provider takes at once: the next are claimed and ready when one is through."""

SHORTEST_WAIT = 0.01
"""Seconds between two looks at providers that are left alone."""


class Carrier:
    """One provider, with its limits and its breaker."""

    def __init__(
        self, provider: str, sender: Sender, clock: Clock, metrics: Metrics, *, on_change: Callable[[], None]
    ) -> None:
        """`on_change` is called when the breaker has opened, closed, or lets a message try the provider out."""
        self.provider = provider
        self.sender = sender
        self.in_hand = 0
        self.breaker = Breaker()
        self.reason: str | None = None
        """Why the breaker is not closed."""
        self.changed_at = clock.now()
        """When the breaker came into its state."""
        self._clock = clock
        self._metrics = metrics
        self._on_change = on_change
        self._at_once = asyncio.Semaphore(sender.limits.at_once)
        self._calling = 0
        self._news = asyncio.Event()
        self._pace = Pace(sender.limits.per_second)
        metrics.breaker.labels(sender.channel, provider).state(self.breaker.state)
        metrics.breaker_openings.labels(sender.channel, provider)

    @property
    def opens_at(self) -> datetime | None:
        """When the provider may be tried out; None when nothing has to wait for that."""
        if self.breaker.state is not BreakerState.OPEN:
            return None
        return self._clock.now() + timedelta(seconds=self.breaker.until - self._clock.monotonic())

    def place(self) -> Place:
        """How it stands in the line."""
        now = self._clock.monotonic()
        if breaker.may_probe(self.breaker, now=now):
            return Place(self.provider, probe=True)
        return Place(self.provider, wait=breaker.wait(self.breaker, now=now))

    def slots(self) -> int:
        """How many deliveries it may have in hand. In doubt few: they would only be handed back."""
        if self.breaker.doubtful:
            return IN_DOUBT
        limits = self.sender.limits
        ahead = limits.at_once * AHEAD
        return ahead if limits.per_second is None else min(ahead, ceil(limits.per_second))

    def take(self, *, probe: bool) -> None:
        """It has one more in hand."""
        self.in_hand += 1
        if probe:
            self._become(breaker.begin_probe(self.breaker, now=self._clock.monotonic()), self.reason)

    def give_back(self, *, probe: bool) -> None:
        """One that it had in hand is done with. A probe of which nothing was heard never reached the provider."""
        self.in_hand -= 1
        if probe:
            self._become(breaker.drop_probe(self.breaker, now=self._clock.monotonic()), self.reason)

    @asynccontextmanager
    async def turn(self, *, probe: bool) -> AsyncIterator[bool]:
        """Wait until one message may begin; False when its provider was closed off meanwhile."""
        async with self._at_once:
            if wait := self._pace.wait(self._clock.monotonic()):
                await asyncio.sleep(wait)
            while self.breaker.state is BreakerState.CLOSED and self.breaker.doubtful and self._calling >= IN_DOUBT:
                self._news.clear()
                await self._news.wait()
            if self.breaker.state is not BreakerState.CLOSED and not probe:
                yield False
                return
            self._calling += 1
            try:
                yield True
            finally:
                self._calling -= 1
                self._news.set()

    def hear(self, result: Result, *, probe: bool) -> None:
        """Learn from what came of a call."""
        signal = _SIGNALS.get(type(result))
        if signal is None:
            return
        pause = result.retry_after.total_seconds() if isinstance(result, ProviderDown) and result.retry_after else None
        heard = breaker.hear(
            self.breaker,
            signal,
            probe=probe,
            now=self._clock.monotonic(),
            jitter=self._clock.jitter(),
            pause=pause,
        )
        self._become(heard, None if isinstance(result, Receipt) else result.reason)

    def _become(self, new: Breaker, reason: str | None) -> None:
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
        self._news.set()
        self._on_change()


_SIGNALS: Mapping[type[object], Signal] = {
    Receipt: Signal.WELL,
    Refused: Signal.WELL,
    RetryLater: Signal.FAILED,
    OutcomeUnknown: Signal.FAILED,
    ProviderDown: Signal.DOWN,
}
"""What broke our own code says nothing about anybody else."""


class Carriers:
    """The carriers of one channel, in the order in which they stand in for one another."""

    def __init__(
        self,
        channel: Channel,
        senders: Mapping[str, Sender],
        clock: Clock,
        metrics: Metrics,
        *,
        on_change: Callable[[], None],
    ) -> None:
        self.channel = channel
        self._carriers = {
            provider: Carrier(provider, sender, clock, metrics, on_change=on_change)
            for provider, sender in senders.items()
        }

    def __iter__(self) -> Iterator[Carrier]:
        return iter(self._carriers.values())

    def __getitem__(self, provider: str) -> Carrier:
        return self._carriers[provider]

    def line(self) -> list[Place]:
        """How all of them stand now."""
        return [carrier.place() for carrier in self]

    def room(self) -> int:
        """How many more deliveries may be claimed for the first that works, and for those that are tried out."""
        room = 0
        for carrier in self:
            place = carrier.place()
            if place.probe:
                room += 1
            elif not place.wait:
                return room + max(0, carrier.slots() - carrier.in_hand)
        return room

    def wait(self) -> float | None:
        """Seconds after which it is worth looking again whether somebody may be tried out; None when somebody works.

        Never 0: whoever saw nobody ready a moment ago, and is told that somebody is by now, must look once more.
        """
        line = self.line()
        if any(not place.wait and not place.probe for place in line):
            return None
        return max(SHORTEST_WAIT, min(place.wait for place in line))
