"""The providers of one channel in one worker, in the order of failover."""

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial

from property_alert_notification.base.clock import Clock
from property_alert_notification.base.metrics import Metrics
from property_alert_notification.base.supervise import Loop
from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.channels import simulator
from property_alert_notification.channels.base import Sender
from property_alert_notification.deliveries.models import Attempt
from property_alert_notification.notification_worker.provider_handle import ProviderHandle
from property_alert_notification.notification_worker.route import Assignment
from property_alert_notification.notification_worker.verdict import TRUSTED_SHARE
from property_alert_notification.operators.providers.accounts import Reservation, Turns

POLL_SECONDS = 0.5
"""Seconds between two checks of running calls."""

SHORTEST_WAIT = 0.01
"""Seconds between two checks of providers that get nothing."""


class ProviderPool:
    """The providers of one channel, in order."""

    def __init__(
        self,
        channel: Channel,
        senders: Mapping[str, Sender],
        clock: Clock,
        metrics: Metrics,
        *,
        concurrency: int,
        reserve: Callable[[str, Turns], Awaitable[Reservation]],
    ) -> None:
        """Providers of a worker that has `concurrency` deliveries of the channel in progress at once.

        `reserve` reserves turns of the account of a provider.
        """
        self.channel = channel
        self._listeners: list[Callable[[], None]] = []
        self._handles = {
            provider: ProviderHandle(
                provider,
                sender,
                clock,
                metrics,
                concurrency=concurrency,
                on_change=self._notify,
                reserve=partial(reserve, provider),
            )
            for provider, sender in senders.items()
        }

    def __iter__(self) -> Iterator[ProviderHandle]:
        return iter(self._handles.values())

    def __getitem__(self, provider: str) -> ProviderHandle:
        return self._handles[provider]

    def when_changed(self, listener: Callable[[], None]) -> None:
        """Call this whenever a breaker has opened, closed, or lets a message try its provider out."""
        self._listeners.append(listener)

    def _notify(self) -> None:
        for listener in self._listeners:
            listener()

    async def watch(self, loop: Loop) -> None:
        """Watch their calls until cancelled, so that a provider that hangs does not get more and more."""
        await loop.repeat(self._watch_once)

    async def _watch_once(self) -> float:
        for handle in self:
            handle.watch()
        return POLL_SECONDS

    def order(self) -> list[Assignment]:
        """All of them as they are now."""
        return [handle.assignment() for handle in self]

    def room(self) -> int:
        """How many more deliveries may be claimed: for the first that works, and one for each that is probed."""
        room = 0
        for handle in self:
            assignment = handle.assignment()
            if assignment.probe:
                room += 1
            elif not assignment.wait:
                return room + max(0, handle.slots() - handle.in_progress)
        return room

    def may_open(self) -> dict[str, int]:
        """For how many deliveries that are claimed now their claim may store the attempt, by provider."""
        return {provider: handle.may_open() for provider, handle in self._handles.items()}

    def hanging(self) -> int:
        """How many calls run that are thought to get no answer: what another provider can deliver need not wait."""
        return sum(handle.hanging() for handle in self)

    def wait(self) -> float | None:
        """Seconds after which one of them may be probed; None when one works.

        Never 0: a caller that saw none ready a moment ago must ask again.
        """
        order = self.order()
        if any(not assignment.wait and not assignment.probe for assignment in order):
            return None
        return max(SHORTEST_WAIT, min(assignment.wait for assignment in order))

    def recognised_until(self, provider: str, attempts: Sequence[Attempt], *, now: datetime) -> datetime | None:
        """Up to when this provider recognises what these attempts gave it; None when it recognises no repeat."""
        if provider == simulator.NAME or (window := self._handles[provider].sender.key_window) is None:
            return None
        first = min((attempt.started_at for attempt in attempts if attempt.provider == provider), default=now)
        return first + window * TRUSTED_SHARE
