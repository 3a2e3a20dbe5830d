"""What the store knows of alerts and their homes, right before they are sent: a few queries for a batch."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, FromClause, Text, bindparam, false, func, literal, or_, select

from property_alert_notification.base.damaged import readable
from property_alert_notification.base.times import EARLIEST
from property_alert_notification.base.vocabulary import Approval, Channel
from property_alert_notification.database import (
    BatchStatement,
    Script,
    Statement,
    as_rows,
    columns_of,
    table_of,
    time_type,
    true_of_many,
)
from property_alert_notification.deliveries.models import Delivery
from property_alert_notification.deliveries.states import COLLECTED, WAITING
from property_alert_notification.homes.alerts.before_sending.freshness import RunningSearch
from property_alert_notification.homes.alerts.before_sending.overtaking import OUT, AlertedHome, Newer
from property_alert_notification.homes.alerts.details import AlertDetails
from property_alert_notification.homes.alerts.models import Alert
from property_alert_notification.homes.alerts.queries import EXPRESSIONS
from property_alert_notification.homes.criteria.expression import Expression, from_json
from property_alert_notification.homes.listing_preferences.models import DISCARD, ListingPreference
from property_alert_notification.homes.listings.models import Listing, ListingChange, ListingVersion
from property_alert_notification.homes.listings.versions.queries import is_newest
from property_alert_notification.homes.properties.ids.queries import is_same_home
from property_alert_notification.homes.properties.models import Property
from property_alert_notification.homes.saved_searches.models import SavedSearch, SavedSearchVersion
from property_alert_notification.notifications.models import Notification

_alerts, _deliveries, _notifications = table_of(Alert), table_of(Delivery), table_of(Notification)
_listings, _versions = table_of(Listing), table_of(ListingVersion)
_told_changes = table_of(ListingChange)
_own = _listings.alias("own")
_searches, _search_versions = table_of(SavedSearch), table_of(SavedSearchVersion)
_thoughts = table_of(ListingPreference)
_home, _same = table_of(Property).alias("home"), table_of(Property).alias("same")
_newer, _older = _alerts.alias("newer"), _alerts.alias("older")


def tells_of(alert: FromClause, listing: ColumnElement[UUID], person: ColumnElement[int]) -> ColumnElement[bool]:
    """Whether an alert tells a person of a home under this listing of it."""
    return (alert.c.listing_id == listing) & (alert.c.person == person) & alert.c.left_out.is_(None)


LOOKS_UP = (
    _notifications.c.look_up_at.is_not(None)
    # One that is to be approved may never be sent.
    & or_(_notifications.c.approval.is_(None), _notifications.c.approval == Approval.APPROVED)
    & (literal(" ") + _notifications.c.look_up + " ").like(bindparam("channel_word", type_=Text()))
)
"""The channels of these are not known yet."""


ENDS = func.coalesce(
    _notifications.c.cancelled_at.is_not(None) | (_notifications.c.expires_at <= bindparam("now", type_=time_type())),
    false(),
)
"""These were cancelled, or have expired."""

ON_CHANNEL = _deliveries.c.channel == bindparam("channel", type_=_deliveries.c.channel.type)


def _newer_of(older: FromClause) -> Any:
    return (
        select(
            older.c.notification_id,
            _newer.c.notification_id,
            _newer.c.listing_id,
            _deliveries.c.state,
            func.coalesce(_deliveries.c.unknowns, 0) > 0,
            ENDS,
        )
        .join(
            _newer,
            tells_of(_newer, older.c.listing_id, older.c.person) & (_newer.c.sequence > older.c.sequence),
        )
        .join(_notifications, _notifications.c.id == _newer.c.notification_id)
        .outerjoin(
            _deliveries,
            (_deliveries.c.notification_id == _newer.c.notification_id) & ON_CHANNEL,
        )
        .where(or_(_deliveries.c.state.in_((*WAITING, *COLLECTED, *OUT)), LOOKS_UP))
    )


def _now_of(wanted: FromClause) -> Any:
    # Under the same listing of the home: it is asked of each.
    newer = tells_of(_newer, _listings.c.id, _alerts.c.person) & (_newer.c.sequence > _alerts.c.sequence)
    older = tells_of(_older, _listings.c.id, _alerts.c.person) & (_older.c.sequence < _alerts.c.sequence)
    return (
        select(
            _alerts.c.notification_id,
            _alerts.c.listing_id,
            _alerts.c.person,
            _alerts.c.sequence,
            _alerts.c.left_out,
            _alerts.c.details,
            func.coalesce(_home.c.merged_into, _own.c.property_id),
            _listings.c.id == _own.c.id,
            (_listings.c.id == _own.c.id) & (_listings.c.modified_at == _told_changes.c.modified_at),
            _listings.c.modified_at,
            _listings.c.id,
            _listings.c.listing_key,
            _versions.c.record,
            select(_newer.c.sequence).where(newer).exists(),
            select(_older.c.sequence).where(older).exists(),
            _thoughts.c.preference,
            _thoughts.c.changed_at,
            _thoughts.c.id,
        )
        .join(wanted, wanted.c.notification_id == _alerts.c.notification_id)
        .outerjoin(_own, _own.c.id == _alerts.c.listing_id)
        .outerjoin(
            _told_changes,
            (_told_changes.c.sequence == _alerts.c.sequence) & (_told_changes.c.listing_id == _alerts.c.listing_id),
        )
        # Another agent may still offer the home, under a property that was merged with that of the alert.
        .outerjoin(_home, _home.c.id == _own.c.property_id)
        .outerjoin(_same, is_same_home(_same, _home))
        .outerjoin(_listings, _listings.c.property_id == func.coalesce(_same.c.id, _own.c.property_id))
        .outerjoin(_versions, is_newest(_versions, _listings))
        .outerjoin(_thoughts, (_thoughts.c.person == _alerts.c.person) & (_thoughts.c.listing_id == _listings.c.id))
    )


UNREADABLE = "alert.unreadable"
"""Logged for an alert whose row is damaged; it is sent as it was written."""

_RUNNING = BatchStatement(
    columns_of(_searches, "number"),
    lambda wanted: (
        select(
            _searches.c.number,
            _searches.c.name,
            _search_versions.c.from_sequence,
            _search_versions.c.change_types,
            _searches.c.channels,
        )
        .join(wanted, wanted.c.number == _searches.c.number)
        # A search that is paused has no current version.
        .join(
            _search_versions,
            (_search_versions.c.search_number == _searches.c.number)
            & true_of_many(_search_versions.c.until_sequence.is_(None)),
        )
    ),
)
_NOW = BatchStatement(columns_of(_alerts, "notification_id"), _now_of)
_NEWER = BatchStatement(columns_of(_alerts, "notification_id", "listing_id", "person", "sequence"), _newer_of)


class _Row(NamedTuple):
    """An alert with one of the listings of its home."""

    notification_id: UUID
    listing_id: UUID
    """Of the alert."""
    person: int
    sequence: int
    left_out: str | None
    details: str
    home: UUID | None
    is_own: bool | None
    """Whether this is the listing of the alert; None if no listing is known."""
    is_unchanged: bool | None
    said_at: datetime | None
    """The time of its newest record."""
    listing_of_home: UUID | None
    listing_key: str | None
    record: str | None
    has_newer: bool
    """Whether the same person has a newer alert under this listing, whatever becomes of it."""
    has_older: bool
    preference: str | None
    """The preference of the person for this listing; None if none is stored."""
    said_so_at: datetime | None
    preference_id: UUID | None


class StoredAlert(NamedTuple):
    """An alert about one home, or one of the homes of a first alert, and what the store knows of the home now."""

    id: UUID
    """Of the notification."""
    listing_id: UUID
    person: int
    sequence: int
    left_out: str | None
    details: AlertDetails
    home: UUID | None
    own: Mapping[str, Any] | None
    """The listing of the alert; None if it is deleted."""
    others: Sequence[Mapping[str, Any]]
    """Other listings of the home, the one first whose record is the newest."""
    is_unchanged: bool
    """Whether the listing of the alert is as it was when it matched."""
    with_newer: Sequence[UUID]
    """The listings of the home under which the person has newer alerts, whatever becomes of these."""
    with_older: Sequence[UUID]
    """Those under which the person has older ones."""
    is_discarded: bool
    """Whether the person discarded the home: the newest preference for any of its listings decides."""

    @property
    def alerted_home(self) -> AlertedHome:
        """The home that the notification tells of."""
        return self.id, self.listing_id

    @property
    def is_in_first_alert(self) -> bool:
        """Whether the notification is a first alert."""
        return self.details.matched is not None


def stored_alerts(notifications: Sequence[UUID]) -> Script[list[StoredAlert]]:
    """Those of these notifications that are alerts, a first alert once for each of its homes, without damaged rows."""
    rows = sorted(map(_Row._make, (yield Statement(_NOW, as_rows(notifications)))), key=lambda row: row[:2])
    groups = [list(some) for _, some in groupby(rows, key=lambda row: row[:2])]
    return list(readable(groups, _known, UNREADABLE, lambda rows: rows[0].notification_id))


def newer_alerts(
    alerts: Iterable[StoredAlert], channel: Channel, now: datetime
) -> Script[Mapping[UUID, Sequence[Newer]]]:
    """For each of these alerts that has any, the newer ones whose delivery on this channel is open or out."""
    older = sorted((one.id, listing, one.person, one.sequence) for one in alerts for listing in one.with_newer)
    if not older:
        return {}
    found: dict[UUID, list[Newer]] = {}
    for id_, *newer in (yield Statement(_NEWER, older, on_channel(channel, now))):
        found.setdefault(id_, []).append(Newer._make(newer))
    return found


def on_channel(channel: Channel, now: datetime) -> dict[str, Any]:
    """The parameters of a statement that looks at deliveries on a channel."""
    return {"channel": channel, "channel_word": f"% {channel} %", "now": now}


def running_searches(alerts: Iterable[StoredAlert]) -> Script[Mapping[int, RunningSearch]]:
    """The searches of these alerts that are neither paused nor deleted, by their numbers."""
    return {number: RunningSearch(*its) for number, *its in (yield from _read(_RUNNING, alerts))}


def expressions_of(alerts: Iterable[StoredAlert]) -> Script[Mapping[int, Expression]]:
    """What the searches of these alerts look for now, by their numbers."""
    stored = yield from _read(EXPRESSIONS, alerts)
    return dict(readable(stored, _read_expression, "search.unreadable", lambda row: row[0]))


def _read(statement: BatchStatement, alerts: Iterable[StoredAlert]) -> Script[Sequence[Sequence[Any]]]:
    """The rows of the searches of these alerts."""
    numbers = {search.number for one in alerts for search in one.details.searches if search.number is not None}
    return (yield Statement(statement, as_rows(sorted(numbers)))) if numbers else ()


def _known(rows: Sequence[_Row]) -> StoredAlert:
    """An alert with its home; a row for each listing."""
    first = rows[0]
    newest_first = sorted((row for row in rows if row.record is not None), key=_said_at, reverse=True)
    records = [(bool(row.is_own), json.loads(row.record or "")) for row in newest_first]
    return StoredAlert(
        first.notification_id,
        first.listing_id,
        first.person,
        first.sequence,
        first.left_out,
        AlertDetails.read(first.details),
        first.home,
        next((record for is_own, record in records if is_own), None),
        [record for is_own, record in records if not is_own],
        any(row.is_unchanged for row in rows),
        [row.listing_of_home for row in rows if row.has_newer and row.listing_of_home is not None],
        [row.listing_of_home for row in rows if row.has_older and row.listing_of_home is not None],
        _is_discarded(rows),
    )


def _said_at(row: _Row) -> tuple[datetime, str]:
    return row.said_at or EARLIEST, row.listing_key or ""


def _is_discarded(rows: Iterable[_Row]) -> bool:
    words = [(row.said_so_at or EARLIEST, row.preference_id, row.preference) for row in rows if row.preference_id]
    return bool(words) and max(words)[-1] == DISCARD


def _read_expression(row: Sequence[Any]) -> tuple[int, Expression]:
    return row[0], from_json(row[1])
