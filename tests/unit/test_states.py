"""The status of a notification follows from its deliveries alone."""

import itertools

import pytest

from property_alert_notification.deliveries.states import ENDED, WAITING, status_of
from property_alert_notification.vocabulary import DeliveryState, NotificationStatus


def test_a_notification_that_was_not_planned_yet_is_scheduled() -> None:
    assert status_of([]) is NotificationStatus.SCHEDULED


@pytest.mark.parametrize("open_state", [state for state in DeliveryState if state not in ENDED])
@pytest.mark.parametrize("other", DeliveryState)
def test_it_is_pending_while_any_delivery_is_open(open_state: DeliveryState, other: DeliveryState) -> None:
    assert status_of([other, open_state]) is NotificationStatus.PENDING


def test_the_best_end_counts() -> None:
    best_first = ("delivered", "sent", "failed", "expired", "suppressed", "cancelled")
    for better, worse in itertools.combinations(best_first, 2):
        assert status_of([DeliveryState(worse), DeliveryState(better)]) == better


def test_no_state_both_waits_and_has_ended() -> None:
    assert not set(WAITING) & set(ENDED)
