"""The consent record that allowed a message."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from property_alert_notification.notifications.consents import basis_of
from property_alert_notification.people.consent.models import ConsentRecord

NOW = datetime(2026, 12, 1, tzinfo=UTC)


def a_record(number: int, decision: str, channel: str, category: str) -> ConsentRecord:
    """A record of this minute."""
    return ConsentRecord(
        id=UUID(int=number),
        subject="",
        about="user",
        decision=decision,
        channel=channel,
        category=category,
        scope="all",
        source="api",
        actor="",
        recorded_at=NOW + timedelta(minutes=number),
    )


@pytest.mark.parametrize(
    ("given", "at", "expected"),
    [
        ([], 9, None),
        ([("opted_in", "email", "")], 9, 1),
        ([("opted_in", "email", "")], 0, None),
        ([("opted_in", "sms", "")], 9, None),
        ([("opted_in", "email", ""), ("opted_in", "email", "offer")], 9, 2),
        ([("opted_in", "email", "offer"), ("opted_in", "email", "")], 9, 1),
        ([("opted_in", "email", ""), ("opted_in", "email", "viewing")], 9, 1),
        ([("opted_in", "email", ""), ("opted_out", "email", "offer")], 9, 1),
        ([("opted_in", "email", ""), ("opted_out", "", "")], 9, None),
        ([("opted_in", "email", ""), ("opted_out", "", ""), ("opted_in", "", "")], 9, 3),
        ([("opted_in", "email", ""), ("opted_out", "", ""), ("opted_in", "", "")], 1, 1),
    ],
)
def test_the_newest_record_about_the_category_or_the_channel_counts(
    given: list[tuple[str, str, str]], at: int, expected: int | None
) -> None:
    records = [a_record(number, *one) for number, one in enumerate(given, start=1)]
    found = basis_of(records[::-1], "email", "offer", NOW + timedelta(minutes=at))

    assert (found and found.id.int) == expected
