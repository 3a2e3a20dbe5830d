"""The status of a notification follows from its deliveries alone."""

import itertools

import pytest

from property_alert_notification.deliveries.states import ENDED, KEPT, WAITING, kept_status, status_from, status_of
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


@pytest.mark.parametrize("state", DeliveryState)
def test_a_row_keeps_only_what_a_list_cannot_find_by_the_deliveries(state: DeliveryState) -> None:
    status = status_of([state])

    assert kept_status([state]) == (status if status in ("failed", "expired", "suppressed", "cancelled") else None)
    assert status_from(kept_status([state]), [state]) == status


def test_without_deliveries_the_row_itself_says_how_it_stands() -> None:
    assert status_from("cancelled", []) is NotificationStatus.CANCELLED
    assert status_from(None, []) is NotificationStatus.SCHEDULED
    assert {NotificationStatus.SCHEDULED, NotificationStatus.CANCELLED} <= KEPT
