"""Which alert `explain` names with an outcome, and since when."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from property_alert_notification.base.reasons import Reason, ReasonCode
from property_alert_notification.homes.alerts.explain.answers import OutcomeAlert
from property_alert_notification.homes.alerts.explain.explain import alert_of
from property_alert_notification.homes.alerts.explain.queries import AlertDelivery
from property_alert_notification.homes.alerts.outcomes.words import Became, Outcome

NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)
LATER = NOON + timedelta(minutes=1)
ALERT, DIGEST = UUID(int=2), UUID(int=3)
IN_DIGEST = Reason(ReasonCode.IN_DIGEST, {"digest": str(DIGEST)})
TOLD = Became(Outcome.TOLD, None, "email", ALERT)


def a_row(channel: str | None, reason: Reason | None = None, alert: UUID = ALERT) -> AlertDelivery:
    stored = (None, None) if reason is None else (reason.code, reason.stored)
    changed_at = None if channel is None else LATER
    return AlertDelivery(alert, NOON, UUID(int=1), 1, "", None, channel, channel and "sent", *stored, changed_at)


@pytest.mark.parametrize(
    ("became", "rows", "named"),
    [
        (TOLD, [a_row("sms"), a_row("email")], ("email", LATER, None)),
        (TOLD, [a_row("email", IN_DIGEST)], ("email", LATER, DIGEST)),
        (TOLD._replace(channel=""), [a_row(None)], (None, NOON, None)),
        # It was planned between two statements.
        (TOLD, [a_row(None)], (None, NOON, None)),
        # Its notification is not kept any more, or it is known by the ledger alone.
        (TOLD, [a_row("email", alert=DIGEST)], None),
        (Became(Outcome.TOLD), [a_row("email")], None),
    ],
)
def test_an_outcome_names_the_alert_that_is_kept(
    became: Became, rows: list[AlertDelivery], named: tuple[str | None, datetime, UUID | None] | None
) -> None:
    expected = None
    if named is not None:
        channel, since, digest = named
        expected = OutcomeAlert(notification_id=ALERT, channel=channel, since=since, digest_id=digest)
    assert alert_of(became, rows) == expected
