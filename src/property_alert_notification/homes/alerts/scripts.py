"""Reads what alerts tell now, right before they are sent: one query for a batch."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any, NamedTuple, TypeAlias
from uuid import UUID

from sqlalchemy import FromClause, Text, bindparam, func, literal, or_, select, update

from property_alert_notification.base.damaged import readable
from property_alert_notification.base.reasons import Reason
from property_alert_notification.base.times import EARLIEST
from property_alert_notification.base.vocabulary import Approval, Channel, DeliveryState
from property_alert_notification.database import BatchStatement, Script, Statement, as_rows, columns_of, table_of
from property_alert_notification.deliveries.models import Delivery
from property_alert_notification.deliveries.states import COLLECTED, WAITING
from property_alert_notification.digests.rules import Reworded
from property_alert_notification.homes.alerts.details import AlertDetails
from property_alert_notification.homes.alerts.first_alert import COUNTED_ONLY, FirstAlert, places_in, write_first_alert
from property_alert_notification.homes.alerts.freshness import still_holds, still_matches
from property_alert_notification.homes.alerts.models import Alert
from property_alert_notification.homes.alerts.queries import EXPRESSIONS
from property_alert_notification.homes.alerts.wording import write
from property_alert_notification.homes.criteria.expression import Expression, from_json
from property_alert_notification.homes.criteria.sentence import sentence
from property_alert_notification.homes.listings.models import Listing, ListingChange, ListingVersion
from property_alert_notification.homes.properties.ids.queries import is_same_home
from property_alert_notification.homes.properties.models import Property
from property_alert_notification.notifications.models import Notification

_OUT = (DeliveryState.SENDING, DeliveryState.UNKNOWN, DeliveryState.SENT, DeliveryState.DELIVERED)
"""The states of a delivery that goes out, or may have."""

_OPEN = (*WAITING, *COLLECTED)
"""The states of a delivery that will go out unless something changes."""

_alerts, _deliveries, _notifications = table_of(Alert), table_of(Delivery), table_of(Notification)
_listings, _versions = table_of(Listing), table_of(ListingVersion)
_told_changes = table_of(ListingChange)
_own = _listings.alias("own")
_home, _same = table_of(Property).alias("home"), table_of(Property).alias("same")
_newer = _alerts.alias("newer")
_is_newer = (
    (_newer.c.listing_id == _listings.c.id)
    & (_newer.c.person == _alerts.c.person)
    & (_newer.c.sequence > _alerts.c.sequence)
    & _newer.c.left_out.is_(None)
)
"""Under the same listing of the home: it is asked of each."""


_its_channel = (_deliveries.c.notification_id == _newer.c.notification_id) & (
    _deliveries.c.channel == bindparam("channel", type_=_deliveries.c.channel.type)
)
_looks_up = (
    (_notifications.c.id == _newer.c.notification_id)
    & _notifications.c.look_up_at.is_not(None)
    # One that is to be approved may never be sent.
    & _notifications.c.approval.is_distinct_from(Approval.WAITING)
    & (literal(" ") + _notifications.c.look_up + " ").like(bindparam("channel_word", type_=Text()))
)
"""The channels of these are not known yet."""


def _now_of(wanted: FromClause) -> Any:
    newer = select(_newer.c.sequence).where(_is_newer)
    is_out = _its_channel & _deliveries.c.state.in_(_OUT)
    goes_out = _its_channel & _deliveries.c.state.in_((*_OPEN, *_OUT))
    return (
        select(
            _alerts.c.notification_id,
            _alerts.c.listing_id,
            _alerts.c.left_out,
            _alerts.c.details,
            func.coalesce(_home.c.merged_into, _own.c.property_id),
            _listings.c.id == _own.c.id,
            (_listings.c.id == _own.c.id) & (_listings.c.modified_at == _told_changes.c.modified_at),
            _listings.c.modified_at,
            _listings.c.listing_key,
            _versions.c.record,
            or_(newer.join(_deliveries, goes_out).exists(), newer.join(_notifications, _looks_up).exists()),
            newer.join(_deliveries, is_out).exists(),
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
        .outerjoin(
            _versions,
            (_versions.c.listing_id == _listings.c.id) & (_versions.c.modified_at == _listings.c.modified_at),
        )
    )


_UNREADABLE = "alert.unreadable"
"""Logged for an alert whose row is damaged; it is sent as it was written."""

_NOW = BatchStatement(columns_of(_alerts, "notification_id"), _now_of)
_RECORD_NAMED = BatchStatement(
    columns_of(_alerts, "notification_id", "listing_id", "left_out"),
    lambda places: (
        update(_alerts)
        .where(_alerts.c.notification_id == places.c.notification_id, _alerts.c.listing_id == places.c.listing_id)
        .values(left_out=places.c.left_out)
    ),
)


class _Row(NamedTuple):
    """An alert with one of the listings of its home."""

    notification_id: UUID
    listing_id: UUID
    """Of the alert."""
    left_out: str | None
    details: str
    home: UUID | None
    is_own: bool | None
    """Whether this is the listing of the alert; None if no listing is known."""
    is_unchanged: bool | None
    said_at: datetime | None
    """The time of its newest record."""
    listing_key: str | None
    record: str | None
    has_newer: bool
    is_overtaken: bool


class _Known(NamedTuple):
    """An alert about one home, or one of the homes of a first alert, and what the store knows of the home now."""

    id: UUID
    """Of the notification."""
    listing_id: UUID
    left_out: str | None
    details: AlertDetails
    home: UUID | None
    own: Mapping[str, Any] | None
    """The listing of the alert; None if it is deleted."""
    others: Sequence[Mapping[str, Any]]
    """Other listings of the home, the one first whose record is the newest."""
    is_unchanged: bool
    """Whether the listing of the alert is as it was when it matched."""
    has_newer: bool
    is_overtaken: bool

    @property
    def is_in_first_alert(self) -> bool:
        """Whether the notification is a first alert."""
        return self.details.matched is not None


_Held: TypeAlias = tuple[_Known, AlertDetails | Reason]
"""With what an alert tells of its home now, or why it must not."""


class Moved(NamedTuple):
    """A home that a first alert names no longer, or names now."""

    notification_id: UUID
    listing_id: UUID
    left_out: str | None
    """Why it does not name it."""


class Refreshed(NamedTuple):
    """What alerts tell now."""

    now: Mapping[UUID, Reworded | Reason]
    """The text of each notification, or why it must not be sent."""
    moved: Sequence[Moved]
    """To be recorded when they are sent."""


def record_named(moved: Sequence[Moved]) -> Statement:
    """Record which homes first alerts name."""
    return Statement(_RECORD_NAMED, moved)


def refreshed(notifications: Sequence[UUID], channel: Channel) -> Script[Mapping[UUID, Reworded | Reason]]:
    """What those of these notifications tell now that are alerts, or why they must not be sent on this channel."""
    return (yield from refresh(notifications, channel)).now


def refresh(notifications: Sequence[UUID], channel: Channel) -> Script[Refreshed]:
    """What those of these notifications tell now that are alerts.

    A home that changed since is compared with the searches again, as they are now. A first alert names and counts the
    homes that still match.
    """
    its = {"channel": channel, "channel_word": f"% {channel} %"}
    rows = sorted(map(_Row._make, (yield Statement(_NOW, as_rows(notifications), its))), key=lambda row: row[:2])
    groups = [list(some) for _, some in groupby(rows, key=lambda row: row[:2])]
    known = list(readable(groups, _known, _UNREADABLE, lambda rows: rows[0].notification_id))
    asked = [search for one in known if not one.is_unchanged for search in one.details.searches]
    wanted = {search.number for search in asked if search.number is not None}
    stored = (yield Statement(EXPRESSIONS, as_rows(sorted(wanted)))) if wanted else ()
    expressions = dict(readable(stored, _read_expression, "search.unreadable", lambda row: row[0]))
    held = list(readable(known, lambda one: (one, _held(one, expressions)), _UNREADABLE, lambda one: one.id))
    now = {one.id: _reworded(its) for one, its in held if not one.is_in_first_alert}
    firsts = [_once(some) for _, some in groupby((each for each in held if each[0].is_in_first_alert), _id_of)]
    now |= {homes[0][0].id: _first_alert(homes, expressions) for homes in firsts}
    return Refreshed(now, [one for homes in firsts for one in _moved(homes)])


def _known(rows: Sequence[_Row]) -> _Known:
    """An alert with its home; a row for each listing."""
    first = rows[0]
    newest_first = sorted((row for row in rows if row.record is not None), key=_said_at, reverse=True)
    records = [(bool(row.is_own), json.loads(row.record or "")) for row in newest_first]
    return _Known(
        first.notification_id,
        first.listing_id,
        first.left_out,
        AlertDetails.read(first.details),
        first.home,
        next((record for is_own, record in records if is_own), None),
        [record for is_own, record in records if not is_own],
        any(row.is_unchanged for row in rows),
        any(row.has_newer for row in rows),
        any(row.is_overtaken for row in rows),
    )


def _said_at(row: _Row) -> tuple[datetime, str]:
    return row.said_at or EARLIEST, row.listing_key or ""


def _read_expression(row: Sequence[Any]) -> tuple[int, Expression]:
    return row[0], from_json(row[1])


def _reworded(held: AlertDetails | Reason) -> Reworded | Reason:
    return held if isinstance(held, Reason) else Reworded(*write(held))


def _held(one: _Known, expressions: Mapping[int, Expression]) -> AlertDetails | Reason:
    """What an alert tells of its home now, or why it must not."""
    if one.is_unchanged:
        details, now = one.details, one.own
    else:
        details, now = still_matches(one.details, one.own, one.others, expressions)
    if one.is_in_first_alert:
        # It tells what holds now, so that no newer alert says otherwise.
        return still_holds(details, now, has_newer=False, is_overtaken=False)
    return still_holds(details, now, has_newer=one.has_newer, is_overtaken=one.is_overtaken)


def _id_of(held: _Held) -> UUID:
    return held[0].id


def _once(homes: Iterable[_Held]) -> list[_Held]:
    """The homes of a first alert; of two that turned out to be one the first is named, and the other is not."""
    known: set[UUID | None] = set()
    found: list[_Held] = []
    for one, its in homes:
        is_again = one.home in known and not isinstance(its, Reason)
        found.append((one, COUNTED_ONLY if is_again else its))
        if not isinstance(its, Reason):
            known.add(one.home)
    return found


def _moved(homes: Sequence[_Held]) -> Iterator[Moved]:
    for (one, _), reason in zip(homes, places_in([its for _, its in homes]), strict=True):
        code = None if reason is None else reason.code.value
        if code != one.left_out:
            yield Moved(one.id, one.listing_id, code)


def _first_alert(homes: Sequence[_Held], expressions: Mapping[int, Expression]) -> Reworded | Reason:
    """What a first alert tells now."""
    kept = [its for _, its in homes if not isinstance(its, Reason)]
    if not kept:
        return next(its for _, its in homes if isinstance(its, Reason))
    first, search = kept[0], kept[0].searches[0]
    expression = expressions.get(search.number) if search.number is not None else None
    in_words = "" if expression is None else sentence(expression, first.language)
    return Reworded(*write_first_alert(FirstAlert(search.name, in_words, kept, first.matched or 0), first.language))
