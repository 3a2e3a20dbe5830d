"""Every statement about notifications."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
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

from property_alert_notification.clock import first_id_of
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


async def contents(connection: AsyncConnection, notifications: Collection[UUID]) -> dict[UUID, Content]:
    """What is to be told, by notification."""
    return {row[0]: Content(*row) for row in await _CONTENTS.run(connection, _each(notifications))}


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


async def conclude(connection: AsyncConnection, ended: Collection[UUID]) -> None:
    """Bring the statuses up to date of the notifications whose deliveries these are, since they ended unfulfilled.

    Two deliveries of one notification may end at the same moment. Whoever comes second waits for its row, and then
    sees how the other one ended. The caller holds the deliveries already: everybody takes these two in that order.
    """
    theirs = (await _LOCK_THEIRS.run(connection, _each(ended))).scalars().all()
    await _CONCLUDE.run(connection, _each(theirs))


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


FIRST_WALKED = 200
"""Notifications looked at first: most lists find their page among them."""

MOST_WALKED = 5_000
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


async def find(connection: AsyncConnection, filters: Filters, *, before: UUID | None, limit: int) -> Found:
    """Up to `limit` notifications, newest first; with `before` only those below that id.

    It is bounded: when `MOST_WALKED` were looked at, the page ends although more may follow.
    """
    way = _way(filters, before)
    found = await _look(connection, way, limit, along=FIRST_WALKED)
    if found.next is not None and len(found.items) < limit:
        found = await _look(connection, way, limit, along=MOST_WALKED)
    return found


async def _look(connection: AsyncConnection, way: "_Way", limit: int, *, along: int) -> Found:
    floor = await _floor(connection, way, along) if way.others else None
    rows = (await connection.execute(way.page(floor, limit + 1))).all()
    items = [Summary(*[*shown, _status(kept, stands)]) for *shown, kept, stands in rows[:limit]]
    return Found(items, items[-1].id if len(rows) > limit else floor)


async def _floor(connection: AsyncConnection, way: "_Way", along: int) -> UUID | None:
    """The last id that one page may look at, or None when it may look at all."""
    floor = await connection.execute(way.ids().offset(along - 1).limit(1))
    return next((id_ for (id_,) in floor), None)


def _status(kept: str | None, stands: int | None) -> NotificationStatus:
    return NotificationStatus(kept) if kept is not None else _STATUS_AT[stands]


_STATUS_AT: dict[int | None, NotificationStatus] = {None: NotificationStatus.SCHEDULED, 0: NotificationStatus.PENDING}
_STATUS_AT |= {_PLACES[state]: status for state, status in BEST_FIRST}


@dataclass(frozen=True, slots=True)
class _Way:
    """How a list is walked: along an index in the order of ids, looking at each for all that the index leaves open."""

    id: ColumnElement[UUID]
    """The ids in the index."""
    along: Sequence[ColumnElement[bool] | TextClause]
    """What the index leads to."""
    others: Sequence[ColumnElement[bool]]
    """What is left to look at."""

    def ids(self, floor: UUID | None = None) -> Select[Any]:
        """All that is walked, newest first, down to `floor`."""
        walked = select(self.id).where(*self.along).order_by(self.id.desc())
        walked = walked.where(self.id >= floor) if floor else walked
        return walked if self.id is _notifications.c.id else walked.distinct()

    def page(self, floor: UUID | None, limit: int) -> Select[Any]:
        """What is wanted of that, newest first."""
        wanted = select(*_SUMMARISED, _its_stand).order_by(_notifications.c.id.desc()).limit(limit)
        # As plain truth values these lead to no index: the store must not walk another way, which is not bounded.
        wanted = wanted.where(*[other.is_(True) for other in self.others])
        if self.id is not _notifications.c.id:
            walked = self.ids(floor).limit(MOST_WALKED if self.others else limit)
            return wanted.where(_notifications.c.id.in_(select(walked.subquery())))
        wanted = wanted.where(*self.along)
        return wanted.where(self.id >= floor) if floor else wanted


def _way(filters: Filters, before: UUID | None) -> _Way:
    """The most selective index first; its condition leads, the others are looked at."""
    exact = [
        column == value
        for column, value in (
            (_notifications.c.reference, filters.reference),
            (_notifications.c.user_id, filters.user_id),
            (_notifications.c.status, filters.status if filters.status in KEPT else None),
            (_notifications.c.category, filters.category),
        )
        if value is not None
    ]
    channel = _is_meant_for(filters.channel)
    if filters.status in _ALONG_DELIVERIES and filters.reference is None and filters.user_id is None:
        id_ = _deliveries.c.notification_id
        along = [*_ALONG_DELIVERIES[filters.status], *_between(id_, filters, before)]
        # One open delivery says all; beside one that was sent, another may still be open.
        stands = [] if filters.status is NotificationStatus.PENDING else _stands_as(filters.status)
        return _Way(id_, along, [*exact, *channel, *stands])
    id_ = _notifications.c.id
    others = [*exact[1:], *channel, *_stands_as(filters.status)]
    return _Way(id_, [*exact[:1], *_between(id_, filters, before)], others)


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


def _between(id_: ColumnElement[UUID], filters: Filters, before: UUID | None) -> list[ColumnElement[bool]]:
    """An id carries the millisecond at which it was accepted."""
    ends = [before] if before else []
    if filters.accepted_before is not None:
        ends.append(first_id_of(filters.accepted_before))
    bounds = [id_ < min(ends)] if ends else []
    if filters.accepted_after is not None:
        bounds.append(id_ >= first_id_of(filters.accepted_after))
    return bounds


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
