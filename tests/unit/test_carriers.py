"""Whoever waits for a provider is woken when it may be tried out, to the microsecond or not."""

from datetime import UTC, datetime

import pytest

from property_alert_notification.channels.base import Limits, OutgoingMessage, Receipt
from property_alert_notification.clock import Clock
from property_alert_notification.errors import ProviderDown
from property_alert_notification.metrics import Metrics
from property_alert_notification.notification_worker.breaker import DOWN_IN_A_ROW
from property_alert_notification.notification_worker.carriers import SHORTEST_WAIT, Carriers
from property_alert_notification.vocabulary import BreakerState, Channel


class HandClock(Clock):
    """A clock that goes on when it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds = 100.0

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.seconds, UTC)

    def monotonic(self) -> float:
        return self.seconds


class NobodysSender:
    """Is never called."""

    channel = Channel.EMAIL
    name = "smtp"
    limits = Limits(at_once=2)
    key_window = None

    async def send(self, message: OutgoingMessage) -> Receipt:
        raise NotImplementedError

    async def check(self) -> str:
        raise NotImplementedError

    async def close(self) -> None:
        raise NotImplementedError


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


def line_of(*providers: str, clock: Clock) -> Carriers:
    senders = {provider: NobodysSender() for provider in providers}
    return Carriers(Channel.EMAIL, senders, clock, Metrics(), on_change=lambda: None)


def leave_alone(carriers: Carriers, provider: str) -> float:
    """Open its breaker; returns when it may be tried out."""
    for _ in range(DOWN_IN_A_ROW):
        carriers[provider].hear(ProviderDown("it says no"), probe=False)
    assert carriers[provider].breaker.state is BreakerState.OPEN
    return carriers[provider].breaker.until


def test_nobody_waits_while_a_provider_works(clock: HandClock) -> None:
    carriers = line_of("smtp", "smtp@backup", clock=clock)
    leave_alone(carriers, "smtp")

    assert carriers.room()
    assert carriers.wait() is None


def test_a_provider_that_is_left_alone_is_waited_for(clock: HandClock) -> None:
    carriers = line_of("smtp", clock=clock)
    until = leave_alone(carriers, "smtp")

    assert not carriers.room()
    assert carriers.wait() == pytest.approx(until - clock.seconds)


def test_a_provider_whose_time_comes_between_two_looks_is_not_waited_for_without_end(clock: HandClock) -> None:
    """The first look found no room; by the second the provider may be tried out, and nobody else will say so."""
    carriers = line_of("smtp", clock=clock)
    clock.seconds = leave_alone(carriers, "smtp")

    assert carriers.wait() == SHORTEST_WAIT
    assert carriers.room() == 1
