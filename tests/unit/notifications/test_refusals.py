"""Why a notification that is well formed cannot be accepted."""

from datetime import UTC, datetime, timedelta

import pytest

from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.notifications.refusals import why_never, why_unreachable

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
BEFORE, SOON, LATER = NOW - timedelta(seconds=1), NOW + timedelta(hours=1), NOW + timedelta(hours=2)
INSTANT = timedelta(microseconds=1)


@pytest.mark.parametrize("send_at", [None, BEFORE, NOW, SOON])
@pytest.mark.parametrize("expires_at", [None, LATER, SOON + INSTANT])
def test_a_notification_that_can_be_sent_before_it_expires_is_accepted(
    send_at: datetime | None, expires_at: datetime | None
) -> None:
    assert why_never(send_at, expires_at, now=NOW) is None


PASSED = "has passed, so it would never be sent: give a time in the future, or null"
TOO_EARLY = "must be later than send_at, or it would never be sent"


@pytest.mark.parametrize(
    ("send_at", "expires_at", "problem"),
    [
        (None, NOW, PASSED),
        (None, BEFORE, PASSED),
        (BEFORE - INSTANT, BEFORE, PASSED),
        (LATER, BEFORE, PASSED),
        (LATER, SOON, TOO_EARLY),
        (SOON, SOON, TOO_EARLY),
    ],
)
def test_a_notification_that_would_expire_before_sending_is_refused(
    send_at: datetime | None, expires_at: datetime, problem: str
) -> None:
    assert why_never(send_at, expires_at, now=NOW) == problem


BOTH = "and user_phone_number are null: give at least one of them"
SMS_ONLY = "is null, and `channels` allows sms only: give the address, or allow another channel"
EMAIL_ONLY = "is null, and `channels` allows email only: give the address, or allow another channel"


@pytest.mark.parametrize(
    ("known", "only", "field", "problem"),
    [
        ([], None, "user_email", BOTH),
        ([], [Channel("email"), Channel("sms")], "user_email", BOTH),
        ([], [Channel("sms")], "user_phone_number", SMS_ONLY),
        ([Channel("email")], [Channel("sms")], "user_phone_number", SMS_ONLY),
        ([Channel("sms")], [Channel("email")], "user_email", EMAIL_ONLY),
    ],
)
def test_without_an_address_on_a_requested_channel_the_refusal_names_the_field(
    known: list[Channel], only: list[Channel] | None, field: str, problem: str
) -> None:
    refusal = why_unreachable(dict.fromkeys(known, "somewhere"), only)

    assert refusal is not None
    assert refusal.field == field
    assert refusal.problem == problem


@pytest.mark.parametrize("only", [None, [Channel("email")], [Channel("email"), Channel("sms")]])
def test_one_address_is_enough(only: list[Channel] | None) -> None:
    assert why_unreachable({Channel("email"): "somewhere"}, only) is None
