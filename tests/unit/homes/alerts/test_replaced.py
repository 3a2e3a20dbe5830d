"""What `explain` says of the facts of alerts that newer ones replaced."""

from datetime import UTC, datetime
from uuid import UUID

from property_alert_notification.homes.alerts.explain.queries import AlertDelivery
from property_alert_notification.homes.alerts.explain.replaced import told_by

NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)
HOME = UUID(int=1)


def a_row(number: int, state: str | None, reason: str | None = None) -> AlertDelivery:
    channel = None if state is None else "email"
    return AlertDelivery(UUID(int=number), NOON, HOME, number, "", None, channel, state, reason, None, NOON)


REPLACED = a_row(5, "suppressed", "newer_alert")
PAUSED = a_row(7, "suppressed", "search_paused")


def test_the_first_newer_alert_that_went_out_told_the_facts() -> None:
    last, first, waits = a_row(9, "sent"), a_row(8, "delivered"), a_row(7, "queued")
    assert told_by(REPLACED, [last, first, waits, REPLACED]) == first.notification_id
    for others in ([waits], [PAUSED], [first._replace(left_out="listing_gone")], [first._replace(channel="sms")]):
        assert told_by(REPLACED, [*others, REPLACED]) is None
    assert told_by(PAUSED, [last, PAUSED]) is None
