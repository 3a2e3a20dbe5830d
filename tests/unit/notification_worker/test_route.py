"""Which provider a delivery goes to."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from property_alert_notification.base.vocabulary import Outcome
from property_alert_notification.notification_worker.breaker import FIRST
from property_alert_notification.notification_worker.route import Assignment, ProviderOrder, Try, Wait, elsewhere, route

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
A, B, C = Assignment("a"), Assignment("b"), Assignment("c")
LINE = [A, B, C]


def failed(*providers: str) -> list[Try]:
    return [Try(provider, Outcome.NOT_SENT, NOW) for provider in providers]


def test_the_first_that_works_gets_it() -> None:
    assert route([], LINE) is A
    assert route([], [Assignment("a", wait=5), B]) is B


def test_one_that_failed_it_is_passed_over_until_the_others_have_failed_it_as_often() -> None:
    assert route(failed("a"), LINE) is B
    assert route(failed("a", "b"), LINE) is C
    assert route(failed("a", "b", "c"), LINE) is A
    assert route(failed("a", "b", "c", "a"), LINE) is B


def test_it_is_due_elsewhere_at_once_while_somebody_has_failed_it_less_often() -> None:
    assert elsewhere(failed("a"), LINE)
    assert elsewhere(failed("a", "b"), LINE)
    assert not elsewhere(failed("a", "b", "c"), LINE)
    assert not elsewhere(failed("a"), [A])
    assert elsewhere(failed("a"), [Assignment("a", wait=1), Assignment("b", wait=1)]) is False
    assert not elsewhere(failed("a"), [A, Assignment("b", wait=1)])


@pytest.mark.parametrize("outcome", [Outcome.UNKNOWN, None])
def test_where_nobody_can_tell_it_stays_with_that_provider(outcome: Outcome | None) -> None:
    tries = [*failed("a"), Try("b", outcome, NOW), *failed("b", "b")]

    assert route(tries, LINE) is B
    assert route(tries, [A, Assignment("b", wait=7), C]) == Wait(7)
    assert not elsewhere(tries, LINE)


def test_a_provider_that_left_the_settings_is_not_waited_for() -> None:
    assert route([Try("gone", Outcome.UNKNOWN, NOW)], LINE) is A


def test_when_all_are_left_alone_it_waits_for_the_first_that_may_be_tried_out() -> None:
    assert route([], [Assignment("a", wait=9), Assignment("b", wait=4)]) == Wait(4)


def test_one_delivery_of_a_round_tries_a_provider_out_and_the_others_go_past_it() -> None:
    line = ProviderOrder([Assignment("a", probe=True), B])

    assert [line.place([]) for _ in range(3)] == [Assignment("a", probe=True), B, B]
    assert line.place([Try("a", Outcome.UNKNOWN, NOW)]) == Wait(FIRST)
    alone = ProviderOrder([Assignment("a", probe=True)])
    assert isinstance(alone.place([]), Assignment)
    assert isinstance(alone.place([]), Wait)


_tries = st.builds(
    Try, st.sampled_from("abcx"), st.sampled_from([Outcome.NOT_SENT, Outcome.UNKNOWN, None]), st.just(NOW)
)
_places = st.builds(Assignment, st.just(""), st.sampled_from([0.0, 1.0, 30.0]))


@given(st.lists(_tries, max_size=12), st.lists(_places, min_size=1, max_size=3))
def test_whatever_was_tried_it_goes_to_one_that_works_or_waits(tries: list[Try], places: list[Assignment]) -> None:
    line = [Assignment(name, place.wait) for name, place in zip("abc", places, strict=False)]
    uncertain = {one.provider for one in tries if one.outcome is not Outcome.NOT_SENT} & {one.provider for one in line}

    found = route(tries, line)

    if isinstance(found, Wait):
        assert found.seconds > 0
    else:
        assert found in line
        assert not found.wait
        assert not uncertain or found.provider in uncertain
