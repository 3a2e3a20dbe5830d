"""Deletions that say no time of theirs: each is right after the last record that is known of its listing. Pure.

So a newer record counts if it comes later, and a record that was known before does not come back.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from property_alert_notification.homes.listings.queries import Known, LastKnown
from property_alert_notification.homes.listings.received import Received, received
from property_alert_notification.homes.reso import times
from property_alert_notification.homes.reso.record import SOURCES, ListingRecord
from property_alert_notification.homes.reso.words import StandardStatus

_A_MOMENT = timedelta(microseconds=1)
"""Between a record and the deletion of its listing by a feed that does not have it any more."""

_MOMENTS = 1_000 * _A_MOMENT
"""Within this after a record, only such deletions happen."""


def deletion_after(source: str, listing_key: str, last: datetime) -> Received:
    """The deletion of a listing right after its last record."""
    at = last + _A_MOMENT
    fields: Mapping[str, Any] = {
        "ListingKey": listing_key,
        "StandardStatus": StandardStatus.DELETE.value,
        "ModificationTimestamp": times.as_text(at),
    }
    return received(ListingRecord(source, listing_key, at, {**fields, SOURCES[0]: source} if source else fields))


def as_shown(one: Received, known: Known) -> Received:
    """A record as it is stored that a server shows now.

    If the server did not have it for a while, the listing was deleted since, right after that record. Then the record
    counts again, right after the deletion.
    """
    at, deleted_at = one.record.modified_at, known.modified_at
    if known.status != StandardStatus.DELETE or one.snapshot.status is StandardStatus.DELETE or deleted_at is None:
        return one
    if not at < deleted_at < at + _MOMENTS:
        return one
    again = deleted_at + _A_MOMENT
    return replace(one, record=replace(one.record, modified_at=again), snapshot=replace(one.snapshot, at=again))


def deletions_timed(
    batch: Sequence[Received], known: Sequence[LastKnown], feed: str | None
) -> Sequence[Sequence[Received]]:
    """For each record what to store of it: itself, or the deletions that one without a time means.

    A listing that is not known, or is deleted already, is not deleted.

    Args:
        batch: the records, in the order in which they came.
        known: the listings with the keys of such deletions.
        feed: the feed that shows the records, if one does.
    """
    last = {(one.source, one.listing_key): (one.modified_at, one.status == StandardStatus.DELETE) for one in known}
    shown = {(one.source, one.listing_key) for one in known if feed is not None and one.feed == feed}
    found: list[list[Received]] = []
    for one in batch:
        if one.record.is_dated:
            at, is_deleted = one.record.modified_at, one.snapshot.status is StandardStatus.DELETE
            if one.listing not in last or at >= last[one.listing][0]:
                last[one.listing] = at, is_deleted
            shown |= {one.listing} if feed is not None else set()
            found.append([one])
            continue
        meant = [listing for listing in _meant(one, last, shown) if not last[listing][1]]
        found.append([deletion_after(*listing, last[listing][0]) for listing in meant])
        last |= {listing: (last[listing][0] + _A_MOMENT, True) for listing in meant}
    return found


def _meant(
    one: Received, known: Mapping[tuple[str, str], Any], shown: set[tuple[str, str]]
) -> Sequence[tuple[str, str]]:
    """The listings that a deletion means: of its source, or else those that its feed shows, or the only one."""
    source, key = one.listing
    if one.listing in known:
        return [one.listing]
    same = sorted(listing for listing in known if listing[1] == key and not source)
    return [listing for listing in same if listing in shown] or (same if len(same) == 1 else [])
