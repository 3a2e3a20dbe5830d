"""Which newer alerts count when an older one about the same home is about to be sent."""

from uuid import UUID

import pytest

from property_alert_notification.base.vocabulary import DeliveryState
from property_alert_notification.homes.alerts.before_sending.overtaking import (
    NOT_OVERTAKEN,
    Newer,
    Older,
    Overtaking,
    not_told_yet,
    overtaking,
    replaced_by,
    went_out_before,
)

ID, LISTING = UUID(int=1), UUID(int=2)
WAITS = Overtaking(has_newer=True, is_overtaken=False, is_told=True)
IS_OUT = Overtaking(has_newer=True, is_overtaken=True)
OPEN = ("queued", "held", "retry_wait", None)
OUT = ("sending", "unknown", "sent", "delivered")


def a_newer(state: str | None, *, was_tried: bool = False, is_ending: bool = False) -> Newer:
    return Newer(ID, LISTING, None if state is None else DeliveryState(state), was_tried, is_ending)


@pytest.mark.parametrize("state", OPEN)
def test_one_that_waits_counts_if_it_holds_and_is_not_to_end(state: str) -> None:
    assert overtaking([a_newer(state)], (), ()) == WAITS
    assert overtaking([a_newer(state)], (), {(ID, LISTING)}) == NOT_OVERTAKEN
    assert overtaking([a_newer(state, is_ending=True)], (), ()) == NOT_OVERTAKEN
    assert overtaking([a_newer(state)], (), {(ID, UUID(int=3)), (UUID(int=3), LISTING)}) == WAITS


@pytest.mark.parametrize("state", OUT)
def test_one_that_is_out_counts_whatever_holds_now(state: str) -> None:
    assert overtaking([a_newer(state, is_ending=True)], (), {(ID, LISTING)}) == IS_OUT


@pytest.mark.parametrize("state", ["sending", "collected"])
def test_one_that_is_sent_together_with_it_counts_if_it_is_sent(state: str) -> None:
    assert overtaking([a_newer(state)], {ID}, ()) == IS_OUT._replace(is_told=True)
    assert overtaking([a_newer(state)], {ID}, {(ID, LISTING)}) == NOT_OVERTAKEN
    assert overtaking([a_newer(state, is_ending=True)], {ID}, ()) == NOT_OVERTAKEN


def test_one_that_is_collected_for_another_digest_does_not_count() -> None:
    assert overtaking([a_newer("collected")], (), ()) == NOT_OVERTAKEN


def test_one_that_may_have_reached_its_person_counts() -> None:
    for state in (*OPEN, "sending"):
        assert overtaking([a_newer(state, was_tried=True, is_ending=True)], {ID}, {(ID, LISTING)}) == IS_OUT


def test_one_that_counts_is_enough() -> None:
    newer = [a_newer("collected"), a_newer("sent"), a_newer("queued")]
    assert overtaking(newer, (), {(ID, LISTING)}) == IS_OUT


@pytest.mark.parametrize("state", OPEN)
def test_a_first_alert_tells_no_facts_of_older_alerts(state: str) -> None:
    assert overtaking([a_newer(state)], (), (), {ID}) == WAITS._replace(is_told=False)


def test_one_that_waits_tells_no_facts_of_an_alert_that_is_older_than_one_that_was_sent() -> None:
    assert overtaking([a_newer("sent"), a_newer("queued")], (), ()) == IS_OUT


def test_one_that_is_sent_by_another_claim_went_out_before() -> None:
    for state in (*OPEN, *OUT, "collected"):
        assert went_out_before([a_newer("queued"), a_newer(state)], ()) == (state in OUT)
        assert not went_out_before([a_newer(state)], {ID})
    assert went_out_before([a_newer("retry_wait", was_tried=True)], ())


def an_older(sequence: int, *, is_out: bool = False, is_replaced: bool = False, is_ending: bool = False) -> Older:
    return Older(UUID(int=10 + sequence), LISTING, sequence, is_out, is_replaced, is_ending)


def test_those_are_told_that_are_newer_than_the_last_that_was_sent() -> None:
    older = [an_older(3), an_older(1), an_older(2, is_out=True), an_older(4), an_older(4)]
    assert not_told_yet(older, (), ()) == [older[0].home, older[3].home]
    assert not_told_yet([*older, an_older(5, is_out=True)], (), ()) == []


def test_of_those_that_are_sent_together_it_counts_which_tell_their_home() -> None:
    first, second = older = [an_older(1, is_out=True), an_older(2, is_out=True)]
    together = {one.id for one in older}
    assert not_told_yet(older, together, {first.home, second.home}) == [first.home, second.home]
    assert not_told_yet(older, together, {second.home}) == [second.home]
    assert not_told_yet(older, together, {first.home}) == []


def test_one_that_is_sent_together_and_is_to_end_tells_its_home_by_no_alert() -> None:
    first, ending = an_older(1, is_replaced=True), an_older(2, is_out=True, is_ending=True)
    assert not_told_yet([first, ending], {ending.id}, ()) == [first.home]
    assert not_told_yet([first, ending], {ending.id}, {ending.home}) == [first.home]
    assert not_told_yet([first, ending], (), ()) == []


def test_an_alert_that_does_not_hold_is_sent_for_those_only_that_have_ended() -> None:
    replaced, waits, other = an_older(1, is_replaced=True), an_older(2), an_older(3, is_replaced=True)
    assert replaced_by([replaced, waits, other], (), ()) == [replaced.home, other.home]
    assert replaced_by([waits], (), ()) == []
    # One that is claimed with it, and is older, is sent for those that are older still.
    claimed = waits._replace(is_out=True)
    assert replaced_by([replaced, claimed, other], {claimed.id}, ()) == [other.home]
    assert replaced_by([replaced, claimed], {claimed.id}, {claimed.home}) == [replaced.home]
