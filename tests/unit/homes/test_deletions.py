"""Which listings a deletion means that does not name its time or its source."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from property_alert_notification.homes.listings.deletions import as_shown, deletions_timed
from property_alert_notification.homes.listings.queries import Known, LastKnown
from property_alert_notification.homes.listings.received import Received, received
from property_alert_notification.homes.reso.record import Feed, read

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
AT, LATER = datetime(2026, 11, 27, 17, tzinfo=UTC), datetime(2026, 11, 28, 17, tzinfo=UTC)
GONE = {"MlgCanView": False, "ModificationTimestamp": LATER.isoformat()}
ACTIVE = {"StandardStatus": "Active", "ModificationTimestamp": AT.isoformat()}


def _received(**fields: Any) -> Received:
    return received(read({"ListingKey": "x", **fields}, Feed(None, "USD"), NOW))


def _known(source: str, *, status: str = "Active", feed: str | None = None, identity: str = "1 Elm St") -> LastKnown:
    return LastKnown(source, "x", AT, status, feed, identity)


def _meant(known: list[LastKnown], *batch: Received, feed: str | None = None) -> list[tuple[str, str, datetime]]:
    """The source, the status and the time of what is stored of the last record of a batch."""
    *_, stored = deletions_timed(batch, known, feed)
    return [(one.record.source, one.record.fields["StandardStatus"], one.record.modified_at) for one in stored]


_GHOST = _known("", status="Delete", identity="")
_CASES = {
    "of the only listing with its key": ([_known("One")], None, ["One"]),
    "of its own, if that has no source either": ([_known(""), _known("One")], None, [""]),
    "of none in particular, if several have the key": ([_known("One"), _known("Two")], None, [""]),
    "of the one that its feed shows": ([_known("One", feed="a"), _known("Two", feed="b")], "b", ["Two"]),
    "of none that another feed shows": ([_known("One", feed="a")], "b", [""]),
    "of no listing that is known": ([], None, [""]),
    "once more, after it was taken for that of a listing without a source": ([_known("One"), _GHOST], None, ["One"]),
    "of a deleted one, which may have been shown since": ([_known("One", status="Delete")], None, ["One"]),
}


@pytest.mark.parametrize(("known", "feed", "sources"), _CASES.values(), ids=_CASES.keys())
def test_a_deletion_with_a_time_and_without_a_source_is(
    known: list[LastKnown], feed: str | None, sources: list[str]
) -> None:
    assert _meant(known, _received(**GONE), feed=feed) == [(source, "Delete", LATER) for source in sources]


def test_a_deletion_without_a_source_is_of_a_listing_of_its_batch() -> None:
    shown = _received(**ACTIVE, SourceSystemName="One")

    assert _meant([], shown, _received(**GONE)) == [("One", "Delete", LATER)]


def test_a_listing_that_another_feed_showed_is_of_the_feed_that_shows_it_now() -> None:
    again = _received(**ACTIVE | {"ModificationTimestamp": NOW.isoformat()}, SourceSystemName="One")
    gone = _received(**GONE | {"ModificationTimestamp": NOW.isoformat()})

    assert _meant([_known("One", feed="a")], again, gone, feed="b") == [("One", "Delete", NOW)]


def test_a_late_record_without_a_source_shows_that_its_listing_has_none() -> None:
    late = _received(**ACTIVE, UnparsedAddress="1 Elm St")
    again = _received(**GONE | {"ModificationTimestamp": NOW.isoformat()})

    assert _meant([_known("One"), _GHOST._replace(modified_at=LATER)], late, again) == [("", "Delete", NOW)]


def test_a_deletion_that_names_its_source_is_of_this_one() -> None:
    assert _meant([_known("One")], _received(**GONE, SourceSystemName="Two")) == [("Two", "Delete", LATER)]


def test_a_record_without_a_source_that_deletes_nothing_is_of_no_other_source() -> None:
    assert _meant([_known("One")], _received(**ACTIVE)) == [("", "Active", AT)]


_MOMENT, _FAR = timedelta(microseconds=1), timedelta(minutes=6)


@pytest.mark.parametrize(
    ("open_houses_at", "deleted_at", "shown_at"),
    [
        ([None], None, AT),
        ([AT - _FAR], None, AT),
        ([LATER, AT, "soon"], None, LATER),
        ([NOW + _FAR, LATER], None, LATER),
        ([None], AT + _MOMENT, AT + 2 * _MOMENT),
        ([LATER], LATER + _MOMENT, LATER + 2 * _MOMENT),
        ([LATER], AT + _MOMENT, LATER),
        ([None], LATER, AT),
    ],
)
def test_a_record_that_its_server_shows_is_of_the_time_of_what_it_has(
    open_houses_at: list[Any], deleted_at: datetime | None, shown_at: datetime
) -> None:
    houses = [
        {"OpenHouseDate": "2026-12-06", "OpenHouseKey": str(number), "ModificationTimestamp": at and str(at)}
        for number, at in enumerate(open_houses_at)
    ]
    status = "Active" if deleted_at is None else "Delete"

    shown = as_shown(
        _received(**ACTIVE, OpenHouse=houses), Known(UUID(int=1), "", "x", UUID(int=2), deleted_at or AT, status, "")
    )

    assert (shown.record.modified_at, shown.snapshot.at) == (shown_at, shown_at)
