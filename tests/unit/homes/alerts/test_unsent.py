"""Which facts the ledger has, although no alert that tells them was sent, or is to be."""

from uuid import UUID

import pytest

from property_alert_notification.base.reasons import Reason, ReasonCode
from property_alert_notification.homes.alerts.outcomes.words import Became, Outcome
from property_alert_notification.homes.alerts.unsent.rules import AlertDelivery, Unsent, joined, unsent_of

LISTING, OTHER, PERSON, SENDER = UUID(int=1), UUID(int=2), 7, 3
FACT = (LISTING, "New Listing/1", PERSON)


def a_row(
    state: str | None,
    reason: str | None = None,
    *,
    alert: int = 1,
    listing: UUID = LISTING,
    facts: str = "New Listing/1,Price Change/1",
    senders: str | None = str(SENDER),
    left_out: str | None = None,
    approval: str | None = None,
    status: str | None = None,
    was_tried: bool = False,
) -> AlertDelivery:
    id_, place = UUID(int=100 + alert), (LISTING, PERSON)
    of_alert = id_, listing, alert, facts, senders, left_out, approval, status, None
    return AlertDelivery(*place, *of_alert, "sms", state, reason, None, was_tried)


OPTED_OUT = a_row("suppressed", "user_opted_out")


@pytest.mark.parametrize(
    "rows",
    [
        # Nothing is known of it any more.
        [],
        [a_row("suppressed", "user_opted_out", facts="New Listing/2")],
        *[[a_row(state)] for state in ("queued", "held", "collected", "sending", "unknown", "quarantined", "sent")],
        [OPTED_OUT, a_row("delivered")],
        [a_row("failed", "attempts_exhausted", was_tried=True)],
        # Its addresses are looked up.
        [a_row(None, status="scheduled")],
        # Another alert tells it.
        [OPTED_OUT, a_row("sent", alert=2, listing=OTHER)],
        # A newer alert tells it, too.
        [a_row("suppressed", "newer_alert"), a_row("held", alert=2, facts="Price Change/2")],
        [a_row("suppressed", "price_changed_since"), OPTED_OUT, a_row("sent", alert=2, facts="Price Change/2")],
        [a_row("on_hold", approval="waiting")],
    ],
)
def test_a_fact_counts_as_told_while_an_alert_that_tells_it_is_open_or_was_sent(rows: list[AlertDelivery]) -> None:
    assert unsent_of(rows, {FACT}) == {}


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        ([OPTED_OUT], "user_opted_out"),
        ([a_row("failed", "suppressed_stop")], "suppressed_stop"),
        ([a_row("expired", "expired")], "expired"),
        ([a_row("suppressed", "user_opted_out"), a_row("cancelled", "expired")], "expired"),
        # It has no deliveries, and never will.
        ([a_row(None, status="suppressed")], "no_address"),
        ([a_row("suppressed", "search_paused"), a_row("suppressed", "suppressed_stop", alert=2)], "suppressed_stop"),
        # The one that replaced it was not sent either.
        ([a_row("suppressed", "newer_alert"), a_row("suppressed", "listing_gone", alert=2, facts="")], "listing_gone"),
        ([a_row("sent", left_out="no_longer_matches")], "no_longer_matches"),
        # A newer one told another fact.
        ([OPTED_OUT, a_row("sent", alert=2, facts="Price Change/2")], "user_opted_out"),
        ([OPTED_OUT, a_row("on_hold", alert=2, approval="waiting")], "user_opted_out"),
    ],
)
def test_a_fact_of_which_all_alerts_ended_unsent_is_untold(rows: list[AlertDelivery], why: str) -> None:
    [its] = unsent_of(rows, {FACT}).values()
    assert its.senders == {SENDER}
    assert its.became.code == why


def test_the_searches_that_were_to_tell_it_are_those_of_all_its_alerts() -> None:
    rows = [OPTED_OUT, a_row("expired", "expired", alert=2, senders=joined([4, 11])), a_row("sent", alert=3, facts="")]
    assert unsent_of(rows, {FACT}) == {
        FACT: Unsent(Became(Outcome.NOT_TOLD, Reason(ReasonCode.EXPIRED), "sms"), frozenset({SENDER, 4, 11}))
    }
