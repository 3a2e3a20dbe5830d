"""What events make of a delivery, in whatever order they come; and what its deliveries make of a notification."""

import itertools
import re
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from property_alert_notification.base.vocabulary import DeliveryState, NotificationStatus
from property_alert_notification.deliveries.states import (
    COLLECTED,
    ENDED,
    KEPT,
    LEASED,
    STUCK,
    WAITING,
    Event,
    after,
    is_in,
    kept_status,
    movable_by,
    movable_unleased,
    status_from,
    status_of,
)


def test_a_notification_that_was_not_planned_yet_is_scheduled() -> None:
    assert status_of([]) is NotificationStatus.SCHEDULED


def test_it_is_pending_while_any_delivery_is_open() -> None:
    still_open = [state for state in DeliveryState if state not in ENDED]
    for pair in itertools.product(DeliveryState, still_open):
        assert status_of(pair) is NotificationStatus.PENDING, pair


def test_the_best_end_counts() -> None:
    best_first = ("delivered", "sent", "failed", "expired", "cancelled", "suppressed")
    for better, worse in itertools.combinations(best_first, 2):
        assert status_of([DeliveryState(worse), DeliveryState(better)]) == better


def test_no_state_both_waits_and_has_ended() -> None:
    assert not set(WAITING) & set(ENDED)


@pytest.mark.parametrize("state", DeliveryState)
def test_a_row_keeps_only_what_a_list_cannot_find_by_the_deliveries(state: DeliveryState) -> None:
    status = status_of([state])

    assert kept_status([state]) == (status if status in ("failed", "expired", "suppressed", "cancelled") else None)
    assert status_from(kept_status([state]), [state]) == status


def test_without_deliveries_the_status_is_that_of_the_row() -> None:
    assert status_from("cancelled", []) is NotificationStatus.CANCELLED
    assert status_from(None, []) is NotificationStatus.SCHEDULED
    assert {NotificationStatus.SCHEDULED, NotificationStatus.CANCELLED} <= KEPT


def test_a_notification_that_was_planned_without_deliveries_is_suppressed() -> None:
    assert kept_status([]) is NotificationStatus.SUPPRESSED


def test_detail_and_list_show_the_same_status_of_a_row_that_an_older_version_wrote() -> None:
    assert status_from("suppressed", [DeliveryState.SUPPRESSED, DeliveryState.CANCELLED]) == "suppressed"


PAGE = Path(__file__).parents[3] / "docs/states.md"
EVENTS = tuple(Event)
ORDERS = 10_000
LENGTH = 20


def _progress(state: DeliveryState) -> int:
    """How far it has come: open, taken by a provider, arrived, ended for good."""
    if state not in ENDED:
        return 0
    return {DeliveryState.SENT: 1, DeliveryState.DELIVERED: 2}.get(state, 3)


def test_no_order_of_events_moves_a_delivery_back() -> None:
    chance = Random(1)
    for _ in range(ORDERS):
        state = DeliveryState.QUEUED
        for event in (order := chance.choices(EVENTS, k=LENGTH)):
            moved = after(state, event)
            assert _progress(moved) >= _progress(state), order
            assert after(moved, event) is moved, order
            assert moved is state or state in movable_by(event), order
            state = moved


def test_provider_reports_lead_to_one_state_in_every_order() -> None:
    for order in itertools.product(EVENTS, repeat=4):
        state = DeliveryState.SENT
        for event in order:
            state = after(state, event)

        arrived = DeliveryState.DELIVERED if Event.ARRIVED in order else DeliveryState.SENT
        assert state is (DeliveryState.FAILED if Event.BOUNCED in order else arrived), order


@pytest.mark.parametrize("state", [DeliveryState.SENDING, DeliveryState.UNKNOWN, DeliveryState.SENT])
def test_a_provider_may_report_before_its_answer_is_settled_and_on_what_is_unknown(state: DeliveryState) -> None:
    assert after(state, Event.ARRIVED) is DeliveryState.DELIVERED
    assert after(state, Event.BOUNCED) is DeliveryState.FAILED


def test_a_delivery_that_its_provider_may_have_joins_no_digest() -> None:
    assert after(DeliveryState.UNKNOWN, Event.COLLECTED) is DeliveryState.UNKNOWN
    assert after(DeliveryState.SENDING, Event.COLLECTED) is DeliveryState.COLLECTED


@pytest.mark.parametrize("state", DeliveryState)
def test_every_state_waits_is_collected_is_leased_waits_for_a_person_or_has_ended(state: DeliveryState) -> None:
    assert [state in group for group in (WAITING, COLLECTED, LEASED, STUCK, ENDED)].count(True) == 1


@pytest.mark.parametrize("state", [state for state in DeliveryState if state not in ENDED])
def test_from_every_open_state_a_caller_may_take_it_back(state: DeliveryState) -> None:
    assert after(state, Event.CANCELLED) is DeliveryState.CANCELLED


def test_the_page_draws_every_move_and_no_other() -> None:
    moves = {(state, after(state, event), event) for event in Event for state in movable_by(event)}

    assert set(_drawn(PAGE.read_text())) == {(was, now, event) for was, now, event in moves if was is not now}


def test_the_page_explains_every_state() -> None:
    assert set(re.findall(r"(?m)^\| `(\w+)` \|", PAGE.read_text())) == set(DeliveryState)


@pytest.mark.parametrize("event", Event)
def test_a_leased_delivery_is_left_to_its_worker(event: Event) -> None:
    assert [*movable_unleased(event)] == [state for state in movable_by(event) if state is not DeliveryState.SENDING]


def test_the_condition_of_an_index_names_one_state_or_several() -> None:
    assert is_in([DeliveryState.SENDING]) == "state = 'sending'"
    assert is_in([DeliveryState.QUEUED, DeliveryState.RETRY_WAIT]) == "state IN ('queued', 'retry_wait')"


def _drawn(page: str) -> Iterator[tuple[DeliveryState, DeliveryState, Event]]:
    for was, now, event in re.findall(r"(?m)^ +(\w+) --> (\w+): (.+)$", page):
        for one in WAITING if was == "waiting" else (DeliveryState(was),):
            yield one, DeliveryState(now), Event(event)
