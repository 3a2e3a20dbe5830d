"""Every statement about notifications."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    FromClause,
    Integer,
    Select,
    TextClause,
    Update,
    bindparam,
    case,
    delete,
    func,
    insert,
    null,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.clock import first_id_of, time_of
from property_alert_notification.database import Ask, BatchStatement, Script, columns_of, table_of, time_type
from property_alert_notification.deliveries.models import FULFILLED, OPEN, Delivery
from property_alert_notification.deliveries.states import BEST_FIRST, ENDED, KEPT, UNFULFILLED
from property_alert_notification.notifications.models import Notification
from property_alert_notification.vocabulary import Channel, DeliveryState, NotificationStatus

_notifications = table_of(Notification)
_deliveries = table_of(Delivery)
_IDS = columns_of(_notifications, "id")

_now = bindparam("now", type_=time_type())
_limit = bindparam("limit", type_=Integer)


class NewNotification(NamedTuple):
    """A notification as accepted: a row to insert."""

    id: UUID
    user_id: int
    category: str
    reference: str | None
    title: str
    message: str
    urgent: bool
    channels: str | None
    accepted_at: datetime
    expires_at: datetime | None
    caller: str | None
    test: bool
    status: NotificationStatus | None
    send_at: datetime | None
    user_email: str | None
    user_phone_number: str | None


@dataclass(frozen=True, slots=True)
class Content:
    """What a worker needs to know about a notification to send it."""

    id: UUID
    user_id: int
    category: str
    title: str
    message: str
    expires_at: datetime | None
    cancelled_at: datetime | None = None
    send_at: datetime | None = None

    @property
    def wanted_at(self) -> datetime:
        """When its user should have it at the earliest."""
        return self.send_at or time_of(self.id)


_NEW = NewNotification._fields
_ADD = BatchStatement(
    columns_of(_notifications, *_NEW), lambda new: insert(_notifications).from_select(_NEW, select(*new.c))
)


def add(notifications: Sequence[NewNotification]) -> Ask:
    """Insert accepted notifications."""
    return Ask(_ADD, notifications)


_GET = BatchStatement(_IDS, lambda wanted: select(_notifications).where(_notifications.c.id.in_(select(wanted.c.id))))


def get(notification_id: UUID) -> Script[Notification | None]:
    """One notification, or None."""
    for row in (yield Ask(_GET, [(notification_id,)])):
        return Notification(**dict(zip(_notifications.c.keys(), row, strict=True)))
    return None


_CONTENTS = BatchStatement(
    _IDS,
    lambda wanted: select(*(_notifications.c[field.name] for field in fields(Content))).where(
        _notifications.c.id.in_(select(wanted.c.id))
    ),
)


def contents(notifications: Collection[UUID]) -> Script[dict[UUID, Content]]:
    """What is to be told, by notification."""
    return {row[0]: Content(*row) for row in (yield Ask(_CONTENTS, _each(notifications)))}


_one = _notifications.c.id == bindparam("notification", type_=_notifications.c.id.type)
# Not the strongest lock: whoever settles what it has just claimed makes PostgreSQL look up the foreign key again,
# and shares that look with others. Two of them would never get past each other to a lock that suffers no sharing.
_LOCK = select(_notifications).where(_one).with_for_update(key_share=True)


async def lock(connection: AsyncConnection, notification_id: UUID) -> Notification | None:
    """One notification, or None; nobody else changes it until the transaction ends."""
    row = (await connection.execute(_LOCK, {"notification": notification_id})).mappings().one_or_none()
    return None if row is None else Notification(**row)


async def change(connection: AsyncConnection, notification_id: UUID, **values: Any) -> None:
    """Set these columns of one notification."""
    await connection.execute(update(_notifications).where(_one).values(**values), {"notification": notification_id})


# How its deliveries stand, as one number: 0 while any is open, else the place of the best end (1 is the best).
_PLACES = {state: place for place, (state, _) in enumerate(BEST_FIRST, start=1)}
_stands = func.min(case(_PLACES, value=_deliveries.c.state, else_=0))

_LOCK_THEIRS = BatchStatement(
    _IDS,
    lambda ended: (
        select(_notifications.c.id)
        .where(
            _notifications.c.id.in_(
                select(_deliveries.c.notification_id).where(_deliveries.c.id.in_(select(ended.c.id)))
            )
        )
        .order_by(_notifications.c.id)
        .with_for_update(key_share=True)
    ),
)


def _conclude_these(wanted: FromClause) -> Update:
    ends = (
        select(_deliveries.c.notification_id.label("id"), _stands.label("stands"))
        .where(_deliveries.c.notification_id.in_(select(wanted.c.id)))
        .group_by(_deliveries.c.notification_id)
        .subquery("ends")
    )
    kept = case(
        *[(ends.c.stands == _PLACES[state], str(status)) for state, status in BEST_FIRST if state in UNFULFILLED],
        else_=null(),
    )
    return (
        update(_notifications)
        .where(_notifications.c.id == ends.c.id, _notifications.c.status.is_distinct_from(kept))
        .values(status=kept)
    )


_CONCLUDE = BatchStatement(_IDS, _conclude_these)


def conclude(ended: Collection[UUID]) -> Script[None]:
    """Bring the statuses up to date of the notifications whose deliveries these are, since they ended unfulfilled.

    Two deliveries of one notification may end at the same moment. Whoever comes second waits for its row, and then
    sees how the other one ended. The caller holds the deliveries already: everybody takes these two in that order.
    """
    theirs = yield Ask(_LOCK_THEIRS, _each(ended))
    yield Ask(_CONCLUDE, theirs)


# Said in the words of the index: a parameter instead could not be matched with its condition.
_scheduled = text("status = 'scheduled'")
_due = (_scheduled, _notifications.c.send_at <= _now)
_ANY_DUE = select(select(_notifications.c.id).where(*_due).exists())
_TAKE_DUE = (
    select(_notifications)
    .where(*_due)
    .order_by(_notifications.c.send_at)
    .limit(_limit)
    .with_for_update(key_share=True, skip_locked=True)
)


async def is_any_due(connection: AsyncConnection, *, now: datetime) -> bool:
    """Whether a scheduled notification's time has come."""
    return bool((await connection.execute(_ANY_DUE, {"now": now})).scalar_one())


async def take_due(connection: AsyncConnection, *, now: datetime, limit: int) -> list[Notification]:
    """Up to `limit` scheduled notifications whose time has come, each to one caller, until its transaction ends."""
    found = await connection.execute(_TAKE_DUE, {"now": now, "limit": limit})
    return [Notification(**row) for row in found.mappings()]


_PLANNED = BatchStatement(
    columns_of(_notifications, "id", "status"),
    lambda planned: (
        update(_notifications)
        .where(_notifications.c.id == planned.c.id)
        .values(status=planned.c.status, user_email=None, user_phone_number=None)
    ),
)


def planned(statuses: Iterable[tuple[UUID, NotificationStatus | None]]) -> Ask:
    """These have deliveries now, which hold their addresses from here on; a status where they reached nobody."""
    return Ask(_PLANNED, statuses)


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list is narrowed to; None narrows nothing."""

    user_id: int | None = None
    status: NotificationStatus | None = None
    category: str | None = None
    reference: str | None = None
    channel: Channel | None = None
    accepted_after: datetime | None = None
    """This millisecond is the first."""
    accepted_before: datetime | None = None
    """This millisecond is no longer."""


FIRST_WALKED = 3
"""Times the wanted are looked at first: most lists find their page among them."""

MOST_WALKED = 2_000
"""Notifications that one page looks at, when no index leads to exactly those that are wanted."""


@dataclass(frozen=True, slots=True)
class Summary:
    """One notification of a list: no message, no address."""

    id: UUID
    user_id: int
    category: str
    reference: str | None
    title: str
    urgent: bool
    channels: str | None
    accepted_at: datetime
    send_at: datetime | None
    expires_at: datetime | None
    caller: str | None
    test: bool
    status: NotificationStatus


@dataclass(frozen=True, slots=True)
class Found:
    """One page of a list, and where the next one begins."""

    items: list[Summary]
    next: UUID | None
    """Everything below this id is still to come; None when that is nothing."""


def find(filters: Filters, *, before: UUID | None, limit: int) -> Script[Found]:
    """Up to `limit` notifications, newest first; with `before` only those below that id.

    It is bounded: when `MOST_WALKED` were looked at, the page ends although more may follow.
    """
    given = {name: getattr(filters, name) for name in _EXACT if getattr(filters, name) is not None}
    way = _way(frozenset(given), filters.status, filters.channel)
    given |= _bounds(filters, before)
    found = yield from _look(way, given, limit, along=limit * FIRST_WALKED)
    if found.next is not None and len(found.items) < limit:
        found = yield from _look(way, given, limit, along=MOST_WALKED)
    return found


def _look(way: "_Way", given: Mapping[str, Any], limit: int, *, along: int) -> Script[Found]:
    floor = None
    if way.looks_at_each:
        for (last,) in (yield Ask(way.ids, (), {**given, "skipped": along - 1})):
            floor = last
    rows = yield Ask(way.page, (), {**given, "floor": floor or given["from"], "limit": limit + 1, "walked": along})
    items = [Summary(*[*shown, _status(kept, stands)]) for *shown, kept, stands in rows[:limit]]
    return Found(items, items[-1].id if len(rows) > limit else floor)


def _bounds(filters: Filters, before: UUID | None) -> dict[str, UUID]:
    """An id carries the millisecond at which it was accepted."""
    ends = [end for end in (before, filters.accepted_before and first_id_of(filters.accepted_before)) if end]
    begin = _FIRST_ID if filters.accepted_after is None else first_id_of(filters.accepted_after)
    return {"from": begin, "before": min(ends, default=_LAST_ID)}


_FIRST_ID, _LAST_ID = UUID(int=0), UUID(int=2**128 - 1)


def _status(kept: str | None, stands: int | None) -> NotificationStatus:
    return NotificationStatus(kept) if kept is not None else _STATUS_AT[stands]


_STATUS_AT: dict[int | None, NotificationStatus] = {None: NotificationStatus.SCHEDULED, 0: NotificationStatus.PENDING}
_STATUS_AT |= {_PLACES[state]: status for state, status in BEST_FIRST}


class _Way:
    """How a list is walked: along an index in the order of ids, looking at each for all that the index leaves open."""

    def __init__(
        self,
        id_: ColumnElement[UUID],
        along: Sequence[ColumnElement[bool] | TextClause],
        others: Sequence[ColumnElement[bool]],
    ) -> None:
        """`id_` are the ids in the index, `along` is what it leads to, and `others` what is left to look at."""
        self.looks_at_each = bool(others)
        self.ids = BatchStatement({}, lambda _: _walked(id_, along).offset(_skipped).limit(1))
        """The last id of those that one page may look at; none when it may look at all."""
        self.page = BatchStatement({}, lambda _: _page(id_, along, others))
        """What is wanted of those down to that id."""


def _walked(id_: ColumnElement[UUID], along: Sequence[ColumnElement[bool] | TextClause]) -> Select[Any]:
    walked = select(id_).where(*along, id_ < _before, id_ >= _from).order_by(id_.desc())
    return walked if id_ is _notifications.c.id else walked.distinct()


def _page(
    id_: ColumnElement[UUID],
    along: Sequence[ColumnElement[bool] | TextClause],
    others: Sequence[ColumnElement[bool]],
) -> Select[Any]:
    wanted = select(*_SUMMARISED, _its_stand).order_by(_notifications.c.id.desc()).limit(_limit)
    # As plain truth values these lead to no index: the store must not walk another way, which is not bounded.
    wanted = wanted.where(*[other.is_(True) for other in others])
    if id_ is _notifications.c.id:
        return wanted.where(*along, id_ < _before, id_ >= _floor)
    walked = _walked(id_, along).where(id_ >= _floor).limit(_along if others else _limit)
    return wanted.where(_notifications.c.id.in_(select(walked.subquery())))


def _named(name: str, like: ColumnElement[Any]) -> BindParameter[Any]:
    return bindparam(name, type_=like.type)


_before, _from, _floor = (_named(name, _notifications.c.id) for name in ("before", "from", "floor"))
_skipped, _along = bindparam("skipped", type_=Integer), bindparam("walked", type_=Integer)

_EXACT = ("reference", "user_id", "category")
"""What a list is narrowed to by equality, the most selective first."""


@cache
def _way(given: frozenset[str], status: NotificationStatus | None, channel: Channel | None) -> _Way:
    """The most selective index first; its condition leads, the others are looked at."""
    exact = [_notifications.c[name] == _named(name, _notifications.c[name]) for name in _EXACT if name in given]
    if status in KEPT:
        exact.insert(len(given - {"category"}), _notifications.c.status == str(status))
    if status in _ALONG_DELIVERIES and given <= {"category"}:
        # One open delivery says all; beside one that was sent, another may still be open.
        stands = [] if status is NotificationStatus.PENDING else _stands_as(status)
        others = [*exact, *_is_meant_for(channel), *stands]
        return _Way(_deliveries.c.notification_id, _ALONG_DELIVERIES[status], others)
    others = [*exact[1:], *_is_meant_for(channel), *_stands_as(status)]
    return _Way(_notifications.c.id, exact[:1], others)


# Statuses that deliveries tell have an index of deliveries each.
_ALONG_DELIVERIES: dict[NotificationStatus | None, list[ColumnElement[bool] | TextClause]] = {
    NotificationStatus.PENDING: [text(OPEN)],
    NotificationStatus.SENT: [text(FULFILLED), _deliveries.c.state == DeliveryState.SENT],
    NotificationStatus.DELIVERED: [text(FULFILLED), _deliveries.c.state == DeliveryState.DELIVERED],
}


_SUMMARISED = [_notifications.c[field.name] for field in fields(Summary)]
_its_stand = select(_stands).where(_deliveries.c.notification_id == _notifications.c.id).scalar_subquery()


def _is_meant_for(channel: Channel | None) -> list[ColumnElement[bool]]:
    if channel is None:
        return []
    words = " " + _notifications.c.channels + " "
    return [or_(_notifications.c.channels.is_(None), words.contains(f" {channel} "))]


def _stands_as(status: NotificationStatus | None) -> list[ColumnElement[bool]]:
    if status is None or status in KEPT:
        return []
    place = next(place for place, at_place in _STATUS_AT.items() if at_place is status)
    return [_notifications.c.status.is_(None), _its_stand == place]


_OLDEST = (
    select(_notifications.c.id)
    .where(
        _notifications.c.id > bindparam("after", type_=_notifications.c.id.type),
        _notifications.c.id < bindparam("before", type_=_notifications.c.id.type),
    )
    .order_by(_notifications.c.id)
    .limit(_limit)
)


async def oldest(connection: AsyncConnection, *, after: UUID, before: UUID, limit: int) -> Sequence[UUID]:
    """Up to `limit` ids between two, oldest first."""
    found = await connection.execute(_OLDEST, {"after": after, "before": before, "limit": limit})
    return found.scalars().all()


_until = bindparam("until", type_=time_type())
_REMOVE_ENDED = BatchStatement(
    _IDS,
    lambda wanted: delete(_notifications).where(
        _notifications.c.id.in_(
            select(_notifications.c.id)
            .where(
                _notifications.c.id.in_(select(wanted.c.id)),
                _notifications.c.status.is_distinct_from(NotificationStatus.SCHEDULED),
                or_(_notifications.c.cancelled_at.is_(None), _notifications.c.cancelled_at < _until),
                ~select(_deliveries.c.id)
                .where(
                    _deliveries.c.notification_id == _notifications.c.id,
                    or_(_deliveries.c.state.not_in(ENDED), _deliveries.c.changed_at >= _until),
                )
                .exists(),
            )
            .with_for_update(skip_locked=True, of=_notifications)
        )
    ),
)


async def remove_ended(connection: AsyncConnection, notifications: Collection[UUID], *, until: datetime) -> int:
    """Delete those of these that ended, and last changed before `until`, with all they have; returns how many."""
    return (await _REMOVE_ENDED.run(connection, _each(notifications), until=until)).rowcount


def _each(ids: Collection[UUID]) -> Iterable[tuple[UUID]]:
    """Ids as rows of one column."""
    return zip(ids, strict=True)
