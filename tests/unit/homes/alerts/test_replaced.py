"""What `explain` says of the facts of alerts that newer ones replaced."""

from uuid import UUID

from property_alert_notification.base.reasons import Reason, ReasonCode
from property_alert_notification.homes.alerts.changes import ReadChange
from property_alert_notification.homes.alerts.details import AlertDetails, ToldFact
from property_alert_notification.homes.alerts.explain.queries import AlertDelivery
from property_alert_notification.homes.alerts.explain.replaced import told_by, untold_facts
from property_alert_notification.homes.alerts.news import News
from property_alert_notification.homes.alerts.outcome import Became, Outcome
from property_alert_notification.homes.listings.facts import Fact

HOME = UUID(int=1)
LISTED = News("listed", "New Listing", False, Fact("New Listing", "StandardStatus", None, "Active"))
CUT = News("cut", "Price Change", False, Fact("Price Change", "ListPrice", 500_000, 470_000))
CHANGES = [ReadChange(5, HOME, HOME, None, {}, (), [LISTED, CUT]), ReadChange(6, HOME, HOME, None, {}, (), [LISTED])]


def a_row(number: int, state: str | None, reason: str | None = None, *, at: int | None = None) -> AlertDelivery:
    facts = (ToldFact.of(LISTED),)
    details = AlertDetails("en", "1", None, None, "Active", 470_000, "USD", facts, ()).stored
    channel = None if state is None else "email"
    return AlertDelivery(UUID(int=number), HOME, at or number, details, None, channel, state, reason, None)


REPLACED = a_row(5, "suppressed", "newer_alert")
PAUSED = a_row(7, "suppressed", "search_paused")


def test_the_first_newer_alert_that_went_out_told_the_facts() -> None:
    last, first, waits = a_row(9, "sent"), a_row(8, "delivered"), a_row(7, "queued")
    assert told_by(REPLACED, [last, first, waits, REPLACED]) == first.notification_id
    assert untold_facts([last, first, waits, REPLACED], CHANGES) == {}
    for others in ([waits], [PAUSED], [first._replace(left_out="listing_gone")], [first._replace(channel="sms")]):
        assert told_by(REPLACED, [*others, REPLACED]) is None
    assert told_by(PAUSED, [last, PAUSED]) is None


def test_facts_that_no_newer_alert_told_have_its_reason() -> None:
    untold = {"listed": Became(Outcome.NOT_TOLD, Reason(ReasonCode.SEARCH_PAUSED), "email")}
    assert untold_facts([PAUSED, REPLACED], CHANGES) == untold
    again = a_row(6, "suppressed", "price_changed_since", at=6)
    assert untold_facts([PAUSED, again, REPLACED], CHANGES) == untold
    assert untold_facts([REPLACED], CHANGES) == {
        "listed": Became(Outcome.NOT_TOLD, Reason(ReasonCode.NEWER_ALERT), "email")
    }
    # It waits, may get an address, or was sent on another channel; or another alert about the change was.
    for waits in (a_row(7, "held"), a_row(7, None), a_row(5, "sent")._replace(channel="sms"), a_row(8, "sent", at=5)):
        rows = sorted([waits, REPLACED], key=lambda one: (-one.sequence, one.notification_id))
        assert untold_facts(rows, CHANGES) == {}


def test_damaged_details_name_no_fact() -> None:
    assert untold_facts([PAUSED, REPLACED._replace(details="")], CHANGES) == {}
