"""Which changes of a home get a number."""

from datetime import UTC, datetime, timedelta

from property_alert_notification.homes.listings.combined import combined
from property_alert_notification.homes.listings.history import Change, Periods, changes_of
from property_alert_notification.homes.listings.numbering import Numbering
from property_alert_notification.homes.listings.snapshot import Snapshot
from property_alert_notification.homes.reso.words import StandardStatus

AT = datetime(2026, 11, 1, 9, tzinfo=UTC)
PERIODS = Periods(timedelta(seconds=30))


def _changes() -> list[Change]:
    """Of two listings of a home, whose records have one time: one is pending, and then the other is active."""
    records = [
        ("b", Snapshot(AT - timedelta(days=1), StandardStatus.WITHDRAWN)),
        ("a", Snapshot(AT, StandardStatus.PENDING)),
        ("b", Snapshot(AT, StandardStatus.ACTIVE)),
    ]
    return changes_of(combined(records), PERIODS, ended=AT + timedelta(days=1))[1]


def test_changes_of_one_time_are_all_numbered_when_the_home_is_new() -> None:
    numbering, changes = Numbering(None, None, PERIODS), _changes()

    numbering.add(changes)

    assert [fact.change_type.value for change in changes for fact in change.facts] == ["Pending", "Back On Market"]
    assert (numbering.numbered, numbering.silent) == (changes, [])


def test_what_was_heard_while_a_home_was_taken_for_another_one_gets_no_number() -> None:
    numbering, changes = Numbering(None, AT, PERIODS), _changes()

    numbering.add(changes)

    assert (numbering.numbered, numbering.silent) == ([], changes)
