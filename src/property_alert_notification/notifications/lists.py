"""Every statement that lists notifications: the newest first, narrowed to what somebody asks for, at a bounded cost."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from functools import cache
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import BindParameter, ColumnElement, Integer, Select, TextClause, bindparam, or_, select, text

from property_alert_notification.base.clock import first_id_from
from property_alert_notification.base.vocabulary import Channel, DeliveryState, NotificationStatus
from property_alert_notification.database import BatchStatement, Connection, Database, is_row_fault, table_of
from property_alert_notification.deliveries.models import FULFILLED, OPEN, Delivery
from property_alert_notification.deliveries.states import BEST_FIRST, KEPT
from property_alert_notification.notifications.mended import known_channels, mended
from property_alert_notification.notifications.models import Notification
from property_alert_notification.notifications.scripts import PLACES, STANDS

_notifications = table_of(Notification)
_deliveries = table_of(Delivery)
_limit = bindparam("limit", type_=Integer)


Asked = TypeVar("Asked")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list is narrowed to; None narrows nothing."""

    user_id: int | None = None
    status: NotificationStatus | None = None
    category: str | None = None
    reference: str | None = None
    channel: Channel | None = None
    accepted_after: datetime | None = None
    """This moment is the first."""
    accepted_before: datetime | None = None
    """This moment is no longer."""
    id: UUID | None = None
    delivery_id: UUID | None = None
    """The one that this delivery belongs to."""
    message_id: UUID | None = None
    """The same, for the delivery that an email's Message-ID names."""
    caller: str | None = None
    """Who handed it over."""
    test: bool | None = None
    """Handed over with a test key, or not."""


FIRST_WALKED = 3
"""Times the wanted are looked at first: most lists find their page among them."""

NO_ID = UUID(int=0)
"""Of nothing."""

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


async def look(
    database: Database,
    filters: Filters,
    *,
    before: UUID | None,
    limit: int,
    read: Callable[[Found], Result],
) -> Result:
    """What `read` makes of a page; if a row cannot be read as it is, of a page on which it is shown as far as it can.

    Raises:
        StoreUnavailable: the store cannot be reached.
    """
    return await mending(
        database,
        lambda connection, mend: find(connection, filters, before=before, limit=limit, mend=mend),
        read,
    )


async def mending(
    database: Database, find: Callable[[Connection, bool], Awaitable[Asked]], read: Callable[[Asked], Result]
) -> Result:
    """What `read` makes of what `find` finds; if a row cannot be read as it is, of what it finds when it mends.

    Raises:
        StoreUnavailable: the store cannot be reached.
    """
    try:
        async with database.quick_reading() as connection:
            found = await find(connection, False)
        return read(found)
    except Exception as error:
        if not is_row_fault(error):
            raise
        async with database.quick_reading(mend=True) as connection:
            found = await find(connection, True)
        return read(found)


async def find(
    connection: Connection, filters: Filters, *, before: UUID | None, limit: int, mend: bool = False
) -> Found:
    """Up to `limit` notifications, newest first; with `before` only those below that id.

    It is bounded: when `MOST_WALKED` were looked at, the page ends although more may follow. With `mend` rows that
    cannot be read as they are are shown as far as they can.
    """
    given = {name: getattr(filters, name) for name in _EXACT if getattr(filters, name) is not None}
    way = _way(frozenset(given), filters.status, filters.channel, filters.test)
    given |= _bounds(filters, before)
    for delivery in filter(None, (filters.delivery_id, filters.message_id)):
        for (id_,) in await _NOTIFICATION_OF.fetch(connection, delivery=delivery):
            given |= _only(id_, given)
            break
        else:
            return Found([], None)
    if filters.id is not None:
        given |= _only(filters.id, given)
    found = await _look(connection, way, given, limit, along=limit * FIRST_WALKED, mend=mend)
    if found.next is not None and len(found.items) < limit:
        found = await _look(connection, way, given, limit, along=MOST_WALKED, mend=mend)
    return found


async def _look(
    connection: Connection, way: "_Way", given: Mapping[str, Any], limit: int, *, along: int, mend: bool
) -> Found:
    floor = None
    if way.looks_at_each:
        for (last,) in await way.ids.fetch(connection, **given, skipped=along - 1):
            floor = last
    rows = await way.page.fetch(connection, **given, floor=floor or given["from"], limit=limit + 1, walked=along)
    tell = _mended_summary if mend else _summary
    items = [tell(row) for row in rows[:limit]]
    return Found(items, items[-1].id if len(rows) > limit else floor)


def _summary(row: Sequence[Any]) -> Summary:
    *shown, kept, stands = row
    return Summary(*[*shown, _status(kept, stands)])


def _mended_summary(row: Sequence[Any]) -> Summary:
    *shown, kept, stands = row
    status = _status(kept if kept in list(NotificationStatus) else None, stands)
    summary = mended(Summary(*[*shown, status]))
    return replace(summary, channels=known_channels(summary.channels))


def _bounds(filters: Filters, before: UUID | None) -> dict[str, UUID]:
    """`accepted_at` is the millisecond of the id, so bounds of the one are bounds of the other."""
    ends = [end for end in (before, filters.accepted_before and first_id_from(filters.accepted_before)) if end]
    begin = NO_ID if filters.accepted_after is None else first_id_from(filters.accepted_after)
    return {"from": begin, "before": min(ends, default=_LAST_ID)}


def _only(id_: UUID, bounds: Mapping[str, Any]) -> dict[str, UUID]:
    """Bounds that leave this one id, if they did not exclude it already: every index here ends with the id."""
    return {"from": max(bounds["from"], id_), "before": min(bounds["before"], UUID(int=id_.int + 1))}


_LAST_ID = UUID(int=2**128 - 1)


def _status(kept: str | None, stands: int | None) -> NotificationStatus:
    return NotificationStatus(kept) if kept is not None else _STATUS_AT[stands]


_STATUS_AT: dict[int | None, NotificationStatus] = {None: NotificationStatus.SCHEDULED, 0: NotificationStatus.PENDING}
_STATUS_AT |= {PLACES[state]: status for state, status in BEST_FIRST}


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


_NOTIFICATION_OF = BatchStatement(
    {},
    lambda _: select(_deliveries.c.notification_id).where(_deliveries.c.id == _named("delivery", _deliveries.c.id)),
)
_before, _from, _floor = (_named(name, _notifications.c.id) for name in ("before", "from", "floor"))
_skipped, _along = bindparam("skipped", type_=Integer), bindparam("walked", type_=Integer)

_EXACT = ("reference", "user_id", "category", "caller")
"""What a list is narrowed to by equality, the most selective first."""


@cache
def _way(given: frozenset[str], status: NotificationStatus | None, channel: Channel | None, test: bool | None) -> _Way:
    """The most selective index first; its condition leads, the others are looked at."""
    exact = [_notifications.c[name] == _named(name, _notifications.c[name]) for name in _EXACT if name in given]
    if status in KEPT:
        exact.insert(len(given - _WIDE), _notifications.c.status == str(status))
    is_wide = given <= _WIDE
    if status in _ALONG_DELIVERIES and is_wide and not test and _is_few(status, given):
        # One open delivery says all; beside one that was sent, another may still be open.
        stands = [] if status is NotificationStatus.PENDING else _stands_as(status)
        others = [*exact, *_is_meant_for(channel), *_is_test(test), *stands]
        return _Way(_deliveries.c.notification_id, _ALONG_DELIVERIES[status], others)
    others = [*_is_meant_for(channel), *_stands_as(status)]
    if test and is_wide:
        return _Way(_notifications.c.id, [text("test")], [*exact, *others])
    return _Way(_notifications.c.id, exact[:1], [*exact[1:], *others, *_is_test(test)])


_WIDE = frozenset({"category", "caller"})
"""Conditions that very many notifications may meet."""


def _is_few(status: NotificationStatus | None, given: frozenset[str]) -> bool:
    """What one caller handed over is found along its own index, unless it is what is open."""
    return status is NotificationStatus.PENDING or "caller" not in given


def _is_test(test: bool | None) -> list[ColumnElement[bool]]:
    return [] if test is None else [_notifications.c.test.is_(test)]


# Statuses that deliveries tell have an index of deliveries each.
_ALONG_DELIVERIES: dict[NotificationStatus | None, list[ColumnElement[bool] | TextClause]] = {
    NotificationStatus.PENDING: [text(OPEN)],
    NotificationStatus.SENT: [text(FULFILLED), _deliveries.c.state == DeliveryState.SENT],
    NotificationStatus.DELIVERED: [text(FULFILLED), _deliveries.c.state == DeliveryState.DELIVERED],
}


_SUMMARISED = [_notifications.c[field.name] for field in fields(Summary)]
_its_stand = select(STANDS).where(_deliveries.c.notification_id == _notifications.c.id).scalar_subquery()


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
