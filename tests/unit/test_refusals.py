"""Why a notification that is well formed cannot be accepted."""

from datetime import UTC, datetime, timedelta

import pytest

from property_alert_notification.notifications.refusals import why_never, why_unreachable
from property_alert_notification.vocabulary import Channel

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
BEFORE, SOON, LATER = NOW - timedelta(seconds=1), NOW + timedelta(hours=1), NOW + timedelta(hours=2)
INSTANT = timedelta(microseconds=1)


@pytest.mark.parametrize("send_at", [None, BEFORE, NOW, SOON])
@pytest.mark.parametrize("expires_at", [None, LATER, SOON + INSTANT])
def test_what_can_be_sent_before_it_expires_is_accepted(send_at: datetime | None, expires_at: datetime | None) -> None:
    assert why_never(send_at, expires_at, now=NOW) is None


@pytest.mark.parametrize(
    ("send_at", "expires_at", "word"),
    [
        (None, NOW, "has passed"),
        (None, BEFORE, "has passed"),
        (BEFORE - INSTANT, BEFORE, "has passed"),
        (LATER, BEFORE, "has passed"),
        (LATER, SOON, "later than send_at"),
        (SOON, SOON, "later than send_at"),
    ],
)
def test_what_would_expire_before_it_could_be_sent_is_refused(
    send_at: datetime | None, expires_at: datetime, word: str
) -> None:
    assert word in (why_never(send_at, expires_at, now=NOW) or "")


@pytest.mark.parametrize(
    ("known", "only", "field", "words"),
    [
        ([], None, "user_email", ["user_phone_number", "at least one"]),
        ([], [Channel.EMAIL, Channel.SMS], "user_email", ["user_phone_number", "at least one"]),
        ([], [Channel.SMS], "user_phone_number", ["sms only"]),
        ([Channel.EMAIL], [Channel.SMS], "user_phone_number", ["sms only"]),
        ([Channel.SMS], [Channel.EMAIL], "user_email", ["email only"]),
    ],
)
def test_without_an_address_on_any_channel_that_is_asked_for_it_says_which_to_give(
    known: list[Channel], only: list[Channel] | None, field: str, words: list[str]
) -> None:
    refusal = why_unreachable(dict.fromkeys(known, "somewhere"), only)

    assert refusal is not None
    assert refusal.field == field
    assert all(word in refusal.problem for word in words)


@pytest.mark.parametrize("only", [None, [Channel.EMAIL], [Channel.EMAIL, Channel.SMS]])
def test_one_address_is_enough(only: list[Channel] | None) -> None:
    assert why_unreachable({Channel.EMAIL: "somewhere"}, only) is None
