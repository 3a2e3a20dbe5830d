"""Which provider a delivery goes to."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from property_alert_notification.base.breaker import FIRST
from property_alert_notification.base.vocabulary import Outcome
from property_alert_notification.deliveries.models import Attempt
from property_alert_notification.notification_worker.route import (
    Assignment,
    ProviderOrder,
    Wait,
    may_go_elsewhere,
    route,
)

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
A, B, C = Assignment("a"), Assignment("b"), Assignment("c")
ORDER = [A, B, C]


def attempt(provider: str, outcome: Outcome | None) -> Attempt:
    return Attempt(delivery_id=UUID(int=1), fence=1, provider=provider, started_at=NOW, outcome=outcome)


def failed(*providers: str) -> list[Attempt]:
    return [attempt(provider, Outcome.NOT_SENT) for provider in providers]


def test_the_first_that_works_gets_it() -> None:
    assert route([], ORDER) is A
    assert route([], [Assignment("a", wait=5), B]) is B


def test_one_that_failed_it_is_passed_over_until_the_others_have_failed_it_as_often() -> None:
    assert route(failed("a"), ORDER) is B
    assert route(failed("a", "b"), ORDER) is C
    assert route(failed("a", "b", "c"), ORDER) is A
    assert route(failed("a", "b", "c", "a"), ORDER) is B


def test_it_is_due_elsewhere_at_once_while_another_provider_has_failed_it_less_often() -> None:
    assert may_go_elsewhere(failed("a"), ORDER)
    assert may_go_elsewhere(failed("a", "b"), ORDER)
    assert not may_go_elsewhere(failed("a", "b", "c"), ORDER)
    assert not may_go_elsewhere(failed("a"), [A])
    assert may_go_elsewhere(failed("a"), [Assignment("a", wait=1), Assignment("b", wait=1)]) is False
    assert not may_go_elsewhere(failed("a"), [A, Assignment("b", wait=1)])


@pytest.mark.parametrize("outcome", [Outcome.UNKNOWN, None])
def test_an_unknown_outcome_stays_with_its_provider(outcome: Outcome | None) -> None:
    earlier = [*failed("a"), attempt("b", outcome), *failed("b", "b")]

    assert route(earlier, ORDER) is B
    assert route(earlier, [A, Assignment("b", wait=7), C]) == Wait(7)
    assert not may_go_elsewhere(earlier, ORDER)


def test_a_provider_that_left_the_settings_is_not_waited_for() -> None:
    assert route([attempt("gone", Outcome.UNKNOWN)], ORDER) is A


def test_when_all_are_left_alone_it_waits_for_the_first_that_may_be_tried_out() -> None:
    assert route([], [Assignment("a", wait=9), Assignment("b", wait=4)]) == Wait(4)


def test_one_delivery_of_a_round_attempts_a_provider_out_and_the_others_go_past_it() -> None:
    order = ProviderOrder([Assignment("a", probe=True), B])

    assert [order.assign([]) for _ in range(3)] == [Assignment("a", probe=True), B, B]
    assert order.assign([attempt("a", Outcome.UNKNOWN)]) == Wait(FIRST)
    alone = ProviderOrder([Assignment("a", probe=True)])
    assert isinstance(alone.assign([]), Assignment)
    assert isinstance(alone.assign([]), Wait)


_attempts = st.builds(attempt, st.sampled_from("abcx"), st.sampled_from([Outcome.NOT_SENT, Outcome.UNKNOWN, None]))
_assignments = st.builds(Assignment, st.just(""), st.sampled_from([0.0, 1.0, 30.0]))


@given(st.lists(_attempts, max_size=12), st.lists(_assignments, min_size=1, max_size=3))
def test_whatever_was_tried_it_goes_to_one_that_works_or_waits(
    earlier: list[Attempt], assignments: list[Assignment]
) -> None:
    order = [Assignment(name, one.wait) for name, one in zip("abc", assignments, strict=False)]
    uncertain = {one.provider for one in earlier if one.outcome is not Outcome.NOT_SENT} & {
        one.provider for one in order
    }

    found = route(earlier, order)

    if isinstance(found, Wait):
        assert found.seconds > 0
    else:
        assert found in order
        assert not found.wait
        assert not uncertain or found.provider in uncertain
