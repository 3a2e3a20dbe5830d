"""What became of an alert by its deliveries, and so of the facts that it tells."""

from uuid import UUID

import pytest

from property_alert_notification.base.reasons import Reason, ReasonCode, cancelled_by
from property_alert_notification.base.vocabulary import DeliveryState
from property_alert_notification.homes.alerts.changes.read import ReadChange
from property_alert_notification.homes.alerts.news import News
from property_alert_notification.homes.alerts.outcomes.alerts import (
    TellingDelivery,
    best,
    outcome_of_alert,
    outcomes_of_facts,
)
from property_alert_notification.homes.alerts.outcomes.words import Became, Outcome

HOME, FIRST, SECOND = UUID(int=1), UUID(int=2), UUID(int=3)
PERSON = 7
NOT_DECIDED = Reason(ReasonCode.WAITS_FOR_APPROVAL).behind(ReasonCode.NOT_DECIDED)
QUIET = Reason(ReasonCode.QUIET_HOURS, {"until": "08:00", "zone": "UTC"})
TOLD, ON_ITS_WAY = Became(Outcome.TOLD, None, "email"), Became(Outcome.ON_ITS_WAY, None, "email")
REJECTED = Became(Outcome.REJECTED, Reason(ReasonCode.REJECTED))
WAITS = Became(Outcome.WAITS_FOR_APPROVAL, Reason(ReasonCode.WAITS_FOR_APPROVAL), "email")


def a_row(
    state: str | None,
    reason: Reason | ReasonCode | None = None,
    *,
    approval: str | None = None,
    status: str | None = None,
    channel: str = "email",
    alert: UUID = FIRST,
    sequence: int = 5,
    facts: str | None = "listed",
    left_out: str | None = None,
    was_tried: bool = False,
) -> TellingDelivery:
    reason = Reason(reason) if isinstance(reason, ReasonCode) else reason
    stored = (None, None) if reason is None else (reason.code, reason.stored)
    its = (state, None if state is None else channel, *stored)
    of_alert = alert, HOME, sequence, facts, None, left_out, approval, status, "ada"
    return TellingDelivery(HOME, PERSON, *of_alert, *its, was_tried)


def not_told(reason: Reason | ReasonCode, channel: str = "email") -> Became:
    return Became(Outcome.NOT_TOLD, Reason(reason) if isinstance(reason, ReasonCode) else reason, channel)


@pytest.mark.parametrize(
    ("rows", "became"),
    [
        ([a_row("sent")], TOLD),
        (
            [a_row("suppressed", ReasonCode.LISTING_GONE), a_row("delivered", channel="sms")],
            TOLD._replace(channel="sms"),
        ),
        ([a_row("unknown")], TOLD),
        ([a_row("expired", ReasonCode.EXPIRED, was_tried=True)], TOLD),
        ([a_row("failed", Reason(ReasonCode.UNKNOWN_GIVEN_UP, {"detail": "timeout", "times": 1}))], TOLD),
        ([a_row("failed", Reason(ReasonCode.WORKERS_LOST, {"workers": 5}).behind(ReasonCode.DISCARDED))], TOLD),
        (
            [a_row("failed", Reason(ReasonCode.REFUSED, {"detail": "550"}))],
            not_told(Reason(ReasonCode.REFUSED, {"detail": "550"})),
        ),
        ([a_row("queued", ReasonCode.USER_OPTED_IN)], ON_ITS_WAY),
        ([a_row("sending", ReasonCode.USER_OPTED_IN), a_row("held", QUIET, channel="sms")], ON_ITS_WAY),
        (
            [a_row("held", QUIET), a_row("suppressed", ReasonCode.USER_OPTED_OUT, channel="sms")],
            Became(Outcome.ON_ITS_WAY, QUIET, "email"),
        ),
        (
            [a_row("collected", ReasonCode.COLLECTED_FOR_SEARCH)],
            Became(Outcome.WAITS_FOR_DIGEST, Reason(ReasonCode.ROW_UNREADABLE), "email"),
        ),
        (
            [a_row("collected", Reason(ReasonCode.IN_DIGEST, {"digest": "1"}))],
            Became(Outcome.ON_ITS_WAY, Reason(ReasonCode.IN_DIGEST, {"digest": "1"}), "email"),
        ),
        ([a_row(None, status="scheduled")], ON_ITS_WAY._replace(channel="")),
        (
            [
                a_row("suppressed", ReasonCode.USER_OPTED_OUT, channel="sms"),
                a_row("suppressed", ReasonCode.LISTING_GONE),
            ],
            not_told(ReasonCode.LISTING_GONE),
        ),
        (
            [
                a_row("suppressed", ReasonCode.CHANNEL_NOT_USED, channel="sms"),
                a_row("suppressed", ReasonCode.NO_ADDRESS),
            ],
            not_told(ReasonCode.NO_ADDRESS),
        ),
        ([a_row("sent", left_out="counted_only")], not_told(ReasonCode.COUNTED_ONLY, "")),
        # One that needs approval, or needed it.
        ([a_row("queued", ReasonCode.APPROVED, approval="approved")], ON_ITS_WAY),
        ([a_row("suppressed", ReasonCode.LISTING_GONE, approval="approved")], not_told(ReasonCode.LISTING_GONE)),
        ([a_row("suppressed", ReasonCode.REJECTED, approval="rejected")], REJECTED),
        ([a_row(None, status="scheduled", approval="waiting")], WAITS._replace(channel="")),
        (
            [
                a_row("on_hold", ReasonCode.WAITS_FOR_APPROVAL, approval="waiting"),
                a_row("suppressed", approval="waiting"),
            ],
            WAITS,
        ),
        ([a_row("on_hold", ReasonCode.WAITS_FOR_APPROVAL, approval="a word of a newer version")], WAITS),
        ([a_row("expired", NOT_DECIDED, approval="waiting")], not_told(NOT_DECIDED)),
        (
            [a_row("suppressed", ReasonCode.NO_ADDRESS, channel="sms"), a_row("cancelled", cancelled_by("ada"))],
            not_told(cancelled_by("ada")),
        ),
        # It has no deliveries, and never will.
        ([a_row(None, status="suppressed")], not_told(ReasonCode.NO_ADDRESS, "")),
        ([a_row(None, status="cancelled")], not_told(cancelled_by("ada"), "")),
        ([a_row(None, status="expired")], not_told(ReasonCode.EXPIRED, "")),
    ],
)
def test_an_alert_counts_as_told_only_if_it_may_have_been_sent(rows: list[TellingDelivery], became: Became) -> None:
    became = became._replace(notification_id=FIRST)
    assert outcome_of_alert(rows, rows) == outcome_of_alert(rows[::-1], rows) == became


@pytest.mark.parametrize("state", DeliveryState)
def test_each_state_of_a_delivery_has_an_outcome(state: DeliveryState) -> None:
    assert outcome_of_alert([a_row(state, ReasonCode.EXPIRED)], ()).outcome in Outcome


@pytest.mark.parametrize(
    ("newer", "became"),
    [
        ([], not_told(ReasonCode.NEWER_ALERT)),
        ([a_row("sent", alert=SECOND, sequence=7)], TOLD),
        ([a_row("queued", alert=SECOND, sequence=7)], ON_ITS_WAY),
        ([a_row("suppressed", ReasonCode.SEARCH_PAUSED, alert=SECOND, sequence=7)], not_told(ReasonCode.SEARCH_PAUSED)),
        # An older one, one that does not name the home, and one on another channel tell nothing of it.
        ([a_row("sent", alert=SECOND, sequence=4)], not_told(ReasonCode.NEWER_ALERT)),
        ([a_row("sent", alert=SECOND, sequence=7, left_out="listing_gone")], not_told(ReasonCode.NEWER_ALERT)),
        ([a_row("sent", alert=SECOND, sequence=7, channel="sms")], not_told(ReasonCode.NEWER_ALERT)),
        # It was replaced, too.
        (
            [
                a_row("suppressed", ReasonCode.PRICE_CHANGED_SINCE, alert=SECOND, sequence=6),
                a_row("sent", alert=UUID(int=4), sequence=7),
            ],
            TOLD,
        ),
    ],
)
def test_an_alert_that_was_replaced_is_told_by_the_newer_one(newer: list[TellingDelivery], became: Became) -> None:
    replaced = a_row("suppressed", ReasonCode.NEWER_ALERT)
    found = outcome_of_alert([replaced], [replaced, *newer])
    assert found._replace(notification_id=None) == became
    # It names the alert that told the facts, or is to tell them.
    is_its_own = became == not_told(ReasonCode.NEWER_ALERT)
    assert found.notification_id == (FIRST if is_its_own else newer[-1].notification_id)


def test_a_fact_has_the_best_outcome_of_the_alerts_that_tell_it_and_no_other_fact_has_it() -> None:
    news = [News(key, "New Listing", False) for key in ("listed", "sold", "cut", "old", "untold")]
    change = ReadChange(5, HOME, HOME, None, {}, (), news)
    other = ReadChange(6, HOME, HOME, None, {}, (), [News("next", "Price Change", False)])
    rows = [
        a_row("suppressed", ReasonCode.REJECTED, approval="rejected", facts="listed,sold"),
        a_row("on_hold", ReasonCode.WAITS_FOR_APPROVAL, alert=SECOND, approval="waiting"),
        a_row("expired", NOT_DECIDED, alert=UUID(int=4), facts="cut", approval="waiting"),
        # Of an older version it is known only which change it tells.
        a_row("sent", alert=UUID(int=5), sequence=6, facts=None),
    ]
    expected = {
        (HOME, "listed"): WAITS._replace(notification_id=SECOND),
        (HOME, "sold"): REJECTED._replace(notification_id=FIRST),
        (HOME, "cut"): not_told(NOT_DECIDED)._replace(notification_id=UUID(int=4)),
        (HOME, "next"): TOLD._replace(notification_id=UUID(int=5)),
    }
    for its, changes in ((rows, [change, other]), (rows[::-1], [other, change])):
        assert outcomes_of_facts(its, changes, person=PERSON) == expected
    assert outcomes_of_facts(rows, [change, other], person=8) == {}


def test_of_several_alerts_that_told_a_fact_the_first_is_named_whatever_is_the_order() -> None:
    change = ReadChange(5, HOME, HOME, None, {}, (), [News("listed", "New Listing", False)])
    other = a_row("sent", alert=SECOND, channel="sms")._replace(alerted_listing=UUID(int=9))
    rows = [a_row("sent", alert=SECOND), other, a_row("suppressed", ReasonCode.LISTING_GONE)]
    for its in (rows, rows[::-1]):
        found = outcomes_of_facts(its, [change], person=PERSON)
        assert found == {(HOME, "listed"): TOLD._replace(notification_id=SECOND)}
    # One whose alert is not kept any more is told, too.
    known = best([Became(Outcome.TOLD), TOLD._replace(notification_id=SECOND)])
    assert known.notification_id == SECOND
