"""Which facts the ledger has, although no alert that tells them was sent, or is to be."""

from uuid import UUID

import pytest

from property_alert_notification.homes.alerts.outcomes.alerts import TellingDelivery
from property_alert_notification.homes.alerts.outcomes.keep import ended_unsent, still_unsent
from property_alert_notification.homes.alerts.outcomes.queries import EndedAlert
from property_alert_notification.homes.alerts.outcomes.unsent import unsent_of
from property_alert_notification.homes.alerts.stored_keys import joined

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
) -> TellingDelivery:
    id_, place = UUID(int=100 + alert), (LISTING, PERSON)
    of_alert = id_, listing, alert, facts, senders, left_out, approval, status, None
    return TellingDelivery(*place, *of_alert, state, "sms", reason, None, was_tried)


OPTED_OUT = a_row("suppressed", "user_opted_out")


@pytest.mark.parametrize(
    "rows",
    [
        # Nothing is known of it any more.
        [],
        [a_row("suppressed", "user_opted_out", facts="New Listing/2")],
        *[[a_row(state)] for state in ("queued", "held", "collected", "sending", "unknown", "quarantined", "sent")],
        [OPTED_OUT, a_row("delivered")],
        [a_row("failed", "attempts_used_up", was_tried=True)],
        [a_row("failed", "worker_lost_given_up")],
        # Its addresses are looked up.
        [a_row(None, status="scheduled")],
        # Another alert tells it.
        [OPTED_OUT, a_row("sent", alert=2, listing=OTHER)],
        # A newer alert tells it, too.
        [a_row("suppressed", "newer_alert"), a_row("held", alert=2, facts="Price Change/2")],
        [a_row("suppressed", "price_changed_since"), OPTED_OUT, a_row("sent", alert=2, facts="Price Change/2")],
        [a_row("on_hold", approval="waiting")],
        # The alert that told it is not kept any more.
        [a_row("suppressed", "already_told")],
    ],
)
def test_a_fact_counts_as_told_while_an_alert_that_tells_it_is_open_or_was_sent(rows: list[TellingDelivery]) -> None:
    assert unsent_of(rows, {FACT}) == {}


@pytest.mark.parametrize(
    "rows",
    [
        [OPTED_OUT],
        [a_row("failed", "suppressed_stop")],
        [a_row("expired", "expired")],
        [a_row("suppressed", "user_opted_out"), a_row("cancelled", "expired")],
        # It has no deliveries, and never will.
        [a_row(None, status="suppressed")],
        [a_row("suppressed", "search_paused"), a_row("suppressed", "suppressed_stop", alert=2)],
        # The one that replaced it was not sent either.
        [a_row("suppressed", "newer_alert"), a_row("suppressed", "listing_gone", alert=2, facts="")],
        [a_row("sent", left_out="no_longer_matches")],
        # A newer one told another fact.
        [OPTED_OUT, a_row("sent", alert=2, facts="Price Change/2")],
        [OPTED_OUT, a_row("on_hold", alert=2, approval="waiting")],
        # The alert that was to tell it ended unsent afterwards.
        [a_row("suppressed", "already_told"), a_row("expired", "expired", alert=2, senders=None)],
        # Its notification was deleted, and what is sent since then does not tell what it was to tell.
        [
            a_row("suppressed", "newer_alert")._replace(is_final=True),
            a_row("sent", alert=2, facts="Price Change/2"),
        ],
    ],
)
def test_a_fact_of_which_all_alerts_ended_unsent_is_untold(rows: list[TellingDelivery]) -> None:
    assert unsent_of(rows, {FACT}) == {FACT: {SENDER}}


def test_the_searches_that_were_to_tell_it_are_those_of_all_its_alerts() -> None:
    rows = [OPTED_OUT, a_row("expired", "expired", alert=2, senders=joined([4, 11])), a_row("sent", alert=3, facts="")]
    assert unsent_of(rows, {FACT}) == {FACT: {SENDER, 4, 11}}


REPLACED = a_row("suppressed", "newer_alert")
ENDED = EndedAlert(UUID(int=101), LISTING, 1, PERSON, 1, OPTED_OUT.facts, str(SENDER), None)


@pytest.mark.parametrize(
    ("rows", "kept"),
    [
        ([OPTED_OUT], ("sms", "user_opted_out")),
        ([a_row("suppressed", "rejected", approval="rejected")], ("", "rejected")),
        ([a_row("sent", left_out="counted_only")], ("", "counted_only")),
        ([a_row(None, status="suppressed")], ("", "no_address")),
        ([REPLACED, a_row("suppressed", "search_paused", alert=2)], ("sms", "search_paused")),
        ([REPLACED], ("sms", "newer_alert")),
        ([a_row("suppressed")], ("sms", "row_unreadable")),
        # Of what was told the ledger has all that is to be known.
        ([a_row("sent")], None),
        ([OPTED_OUT, a_row("unknown")], None),
        ([REPLACED, a_row("sent", alert=2)], None),
        # The newer one may still tell it: the ledger says so, too.
        ([REPLACED, a_row("held", alert=2)], None),
        # Its home is not kept any more.
        ([], None),
    ],
)
def test_what_became_of_an_unsent_alert_is_kept(rows: list[TellingDelivery], kept: tuple[str, str] | None) -> None:
    found = [(one.channel, one.reason_code) for one in ended_unsent([ENDED], rows)]
    assert found == ([] if kept is None else [kept])


@pytest.mark.parametrize(
    ("others", "left"),
    [
        ([], "New Listing/1,Price Change/1"),
        ([a_row("expired", "expired", alert=2)], "New Listing/1,Price Change/1"),
        ([a_row("sent", alert=2, facts="Price Change/2")], "New Listing/1,Price Change/1"),
        ([a_row("sent", alert=2, left_out="counted_only")], "New Listing/1,Price Change/1"),
        ([a_row("sent", alert=2, facts="Price Change/1")], "New Listing/1"),
        ([a_row("unknown", alert=2, facts="Price Change/1")], "New Listing/1"),
        ([a_row("sent", alert=2, facts="New Listing/1"), a_row("sent", alert=3, facts="Price Change/1")], ""),
    ],
)
def test_only_what_no_other_alert_told_is_kept_as_untold(others: list[TellingDelivery], left: str) -> None:
    """Otherwise it would be told again once the alert that told it is deleted, too."""
    new = [one.alert.facts for one in ended_unsent([ENDED], [OPTED_OUT, *others])]
    kept = [one.facts for one in still_unsent([OPTED_OUT._replace(is_final=True), *others])]

    assert new == ([left] if left else [])
    assert kept == ([] if left == ENDED.facts else [left])
