"""Deletions that do not say when they were, or of which source the listing is. Pure.

One without a time is right after the last record that is known of its listing. So a newer record counts if it comes
later, and a record that was known before does not come back.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from property_alert_notification.homes.listings.queries import Known, LastKnown
from property_alert_notification.homes.listings.received import Received, received
from property_alert_notification.homes.reso import times
from property_alert_notification.homes.reso.record import SOURCES, ListingRecord
from property_alert_notification.homes.reso.words import StandardStatus

_A_MOMENT = timedelta(microseconds=1)
"""Between a record and the deletion of its listing by a feed that does not have it any more."""

_MOMENTS = 1_000 * _A_MOMENT
"""Within this after a record, only such deletions happen."""


def leaves_open(one: Received) -> bool:
    """Whether it is a deletion that does not say when it was, or of which source the listing is."""
    return one.snapshot.status is StandardStatus.DELETE and not (one.record.is_dated and one.record.source)


def deletion_after(source: str, listing_key: str, last: datetime) -> Received:
    """The deletion of a listing right after its last record."""
    return _deletion(source, listing_key, last + _A_MOMENT)


def _deletion(source: str, listing_key: str, at: datetime) -> Received:
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


class _Last(NamedTuple):
    """The newest record of a listing."""

    at: datetime
    is_deleted: bool
    names_home: bool
    """Whether it, or one before it, says which home it is."""


_Lasts = Mapping[tuple[str, str], _Last]
_Listings = Collection[tuple[str, str]]


def deletions_timed(
    batch: Sequence[Received], known: Sequence[LastKnown], feed: str | None
) -> Sequence[Sequence[Received]]:
    """For each record what to store of it: itself, or the deletions that one means that leaves something open.

    One without a time deletes no listing that is not known, or is deleted already. One that has a time and no source is
    stored as it is if it means no other listing: the record that it deletes may come later.

    Args:
        batch: the records, in the order in which they came.
        known: the listings with the keys of such deletions.
        feed: the feed that shows the records, if one does.
    """
    last = {
        (one.source, one.listing_key): _Last(one.modified_at, one.status == StandardStatus.DELETE, bool(one.identity))
        for one in known
    }
    shown = {(one.source, one.listing_key) for one in known if feed is not None and one.feed == feed}
    foreign = {(one.source, one.listing_key) for one in known if None not in (feed, one.feed) and one.feed != feed}
    found: list[Sequence[Received]] = []
    for one in batch:
        stored = _stored(one, last, shown, foreign)
        for each in stored:
            before, at = last.get(each.listing), each.record.modified_at
            if before is None or at >= before.at:
                names_home = bool(each.identity) or (before is not None and before.names_home)
                last[each.listing] = _Last(at, each.snapshot.status is StandardStatus.DELETE, names_home)
        shown |= {one.listing} if feed is not None and one.record.is_dated else set()
        found.append(stored)
    return found


def _stored(one: Received, last: _Lasts, shown: _Listings, foreign: _Listings) -> Sequence[Received]:
    if not leaves_open(one):
        return [one]
    meant = _meant(one, last, shown, foreign)
    if one.record.is_dated:
        others = [listing for listing in meant if listing != one.listing]
        return [_deletion(*listing, one.record.modified_at) for listing in others] or [one]
    return [deletion_after(*listing, last[listing].at) for listing in meant if not last[listing].is_deleted]


def _meant(one: Received, known: _Lasts, shown: _Listings, foreign: _Listings) -> Sequence[tuple[str, str]]:
    """The listings that a deletion means: of its source, or else those that its feed shows, or the only one.

    One that another feed shows is none of them.
    """
    source, key = one.listing
    own = known.get(one.listing)
    # What was never seen but deleted may be what an earlier such deletion left, before the listing was known.
    if own is not None and (source or own.names_home or not own.is_deleted):
        return [one.listing]
    others = (
        [] if source else sorted(listing for listing in known.keys() - {one.listing, *foreign} if listing[1] == key)
    )
    meant = [listing for listing in others if listing in shown] or (others if len(others) == 1 else [])
    return meant or ([] if own is None else [one.listing])
