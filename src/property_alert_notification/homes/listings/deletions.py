"""Deletions that do not say when they were, or of which source the listing is. Pure.

One without a time is right after the last record that is known of its listing. So a newer record counts if it comes
later, and a record that was known before does not come back.
"""

from collections.abc import Mapping, Sequence
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

    It is of the time of its open houses if they were changed after it. If the server did not have it for a while, the
    listing was deleted since, right after that record. Then the record counts again, right after the deletion.
    """
    at, deleted_at = one.record.modified_at, known.modified_at
    if one.snapshot.status is StandardStatus.DELETE:
        return one
    at = max(at, one.record.open_houses_at or at)
    if known.status == StandardStatus.DELETE and deleted_at is not None and at < deleted_at < at + _MOMENTS:
        at = deleted_at + _A_MOMENT
    if at == one.record.modified_at:
        return one
    return replace(one, record=replace(one.record, modified_at=at), snapshot=replace(one.snapshot, at=at))


class _Last(NamedTuple):
    """What is known of a listing."""

    at: datetime
    """The time of its newest record."""
    is_deleted: bool
    names_home: bool
    """Whether a record says which home it is."""
    feed: str | None
    """The feed that showed the listing last; None if none did, or if it is not known."""


_Lasts = Mapping[str, _Last]
"""The listings with one key, by their sources."""


def deletions_timed(
    batch: Sequence[Received], known: Sequence[LastKnown], feed: str | None
) -> Sequence[Sequence[Received]]:
    """What to store for each record: itself; of a deletion without a time or a source those of the listings it means.

    One without a time deletes no listing that is not known, or is deleted already. One that has a time and no source is
    stored as it is if it means no other listing: the record that it deletes may come later.

    Args:
        batch: the records, in the order in which they came.
        known: the listings with the keys of such deletions.
        feed: the feed that shows the records, if one does.
    """
    by_key: dict[str, dict[str, _Last]] = {}
    for its in known:
        last = _Last(its.modified_at, its.status == StandardStatus.DELETE, bool(its.identity), its.feed)
        by_key.setdefault(its.listing_key, {})[its.source] = last
    found: list[Sequence[Received]] = []
    for one in batch:
        its_key = by_key.setdefault(one.record.listing_key, {})
        stored = _stored(one, its_key, feed)
        for each in stored:
            its_key[each.record.source] = _with(each, its_key.get(each.record.source), feed)
        found.append(stored)
    return found


def _with(one: Received, before: _Last | None, feed: str | None) -> _Last:
    """What is known of a listing with one more record."""
    at, is_deleted = one.record.modified_at, one.snapshot.status is StandardStatus.DELETE
    if before is None:
        return _Last(at, is_deleted, bool(one.identity), feed)
    if at < before.at:
        at, is_deleted = before.at, before.is_deleted
    return _Last(at, is_deleted, before.names_home or bool(one.identity), feed or before.feed)


def _stored(one: Received, known: _Lasts, feed: str | None) -> Sequence[Received]:
    if not leaves_open(one):
        return [one]
    source, key = one.listing
    meant = _meant(source, known, feed)
    if one.record.is_dated:
        return [_deletion(its, key, one.record.modified_at) for its in meant if its != source] or [one]
    return [deletion_after(its, key, known[its].at) for its in meant if not known[its].is_deleted]


def _meant(source: str, known: _Lasts, feed: str | None) -> Sequence[str]:
    """The sources of the listings that a deletion means: its own, or else those that its feed shows, or the only one.

    A listing that another feed shows is none of them.
    """
    own = known.get(source)
    # What was never seen but deleted may be what an earlier such deletion left, before the listing was known.
    if source or (own is not None and (own.names_home or not own.is_deleted)):
        return [] if own is None else [source]
    others = sorted(its for its, last in known.items() if its and (feed is None or last.feed in (None, feed)))
    shown = [its for its in others if feed is not None and known[its].feed == feed]
    meant = shown or (others if len(others) == 1 else [])
    return meant or ([] if own is None else [source])
