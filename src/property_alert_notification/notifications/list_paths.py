"""The index along which a list of notifications is read, and the statements that read it."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Integer,
    ScalarSelect,
    Select,
    TextClause,
    bindparam,
    case,
    func,
    or_,
    select,
    text,
)

from property_alert_notification.base.vocabulary import Channel, DeliveryState, NotificationStatus
from property_alert_notification.database import BatchStatement, table_of
from property_alert_notification.deliveries.models import FULFILLED, OPEN, Delivery
from property_alert_notification.deliveries.states import BEST_FIRST, KEPT
from property_alert_notification.notifications.models import Notification
from property_alert_notification.notifications.schedules.models import Occurrence
from property_alert_notification.notifications.scripts import PLACES, RANK

_notifications = table_of(Notification)
_deliveries = table_of(Delivery)
_occurrences = table_of(Occurrence)
_limit = bindparam("limit", type_=Integer)


@dataclass(frozen=True, slots=True)
class Summary:
    """One notification of a list, without message and addresses."""

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
    reason_codes: str | None
    """The reason codes of its deliveries, separated by spaces; None if it has no deliveries."""


STATUS_AT: dict[int | None, NotificationStatus] = {None: NotificationStatus.SCHEDULED, 0: NotificationStatus.PENDING}
STATUS_AT |= {PLACES[state]: status for state, status in BEST_FIRST}


class ListPath:
    """How a list is read: along an index in the order of ids. Filters that it does not cover are checked row by row."""

    def __init__(
        self,
        id_: ColumnElement[UUID],
        along: Sequence[ColumnElement[bool] | TextClause],
        others: Sequence[ColumnElement[bool]],
    ) -> None:
        """`id_` is the id column of the index, `along` has its conditions, `others` the conditions to check."""
        self.filters_rows = bool(others)
        self.ids = BatchStatement({}, lambda _: _walked(id_, along).offset(_skipped).limit(1))
        """The last id that one page may check; empty if it may check all."""
        self.page = BatchStatement({}, lambda _: _page(id_, along, others))
        """The matching rows down to that id."""


def _walked(id_: ColumnElement[UUID], along: Sequence[ColumnElement[bool] | TextClause]) -> Select[Any]:
    walked = select(id_).where(*along, id_ < _before, id_ >= _from).order_by(id_.desc())
    return walked if id_ is _notifications.c.id else walked.distinct()


def _page(
    id_: ColumnElement[UUID],
    along: Sequence[ColumnElement[bool] | TextClause],
    others: Sequence[ColumnElement[bool]],
) -> Select[Any]:
    wanted = select(*_SUMMARISED, _rank_of, _reason_codes_of).order_by(_notifications.c.id.desc()).limit(_limit)
    # Wrapped so that no index matches them: the store must not choose another index, whose cost is not bounded.
    wanted = wanted.where(*[other.is_(True) for other in others])
    if id_ is _notifications.c.id:
        return wanted.where(*along, id_ < _before, id_ >= _floor)
    walked = _walked(id_, along).where(id_ >= _floor).limit(_along if others else _limit)
    return wanted.where(_notifications.c.id.in_(select(walked.subquery())))


def _named(name: str, like: ColumnElement[Any]) -> BindParameter[Any]:
    return bindparam(name, type_=like.type)


NOTIFICATION_OF = BatchStatement(
    {},
    lambda _: select(_deliveries.c.notification_id).where(_deliveries.c.id == _named("delivery", _deliveries.c.id)),
)


_before, _from, _floor = (_named(name, _notifications.c.id) for name in ("before", "from", "floor"))


_skipped, _along = bindparam("skipped", type_=Integer), bindparam("walked", type_=Integer)


EXACT = ("reference", "user_id", "category", "caller")
"""The filters by equality, the most selective first."""


@cache
def path_for(
    given: frozenset[str],
    status: NotificationStatus | None,
    channel: Channel | None,
    test: bool | None,
    has_reason: bool = False,
    *,
    of_schedule: bool = False,
) -> ListPath:
    """The path along the most selective index. The other conditions are checked row by row."""
    exact = [_notifications.c[name] == _named(name, _notifications.c[name]) for name in EXACT if name in given]
    if status in KEPT:
        exact.insert(len(given - _WIDE), _notifications.c.status == str(status))
    is_wide = given <= _WIDE
    reason = [_reason_of == 1] if has_reason else []
    if of_schedule:
        others = [*exact, *_is_meant_for(channel), *_has_rank(status), *_is_test(test), *reason]
        return ListPath(_occurrences.c.notification_id, [_is_of_schedule], others)
    if status in _ALONG_DELIVERIES and is_wide and not test and _is_few(status, given):
        # One open delivery makes a notification `pending`, even if another delivery was sent.
        rank = [] if status is NotificationStatus.PENDING else _has_rank(status)
        others = [*exact, *_is_meant_for(channel), *_is_test(test), *rank, *reason]
        return ListPath(_deliveries.c.notification_id, _ALONG_DELIVERIES[status], others)
    others = [*_is_meant_for(channel), *_has_rank(status), *reason]
    if test and is_wide:
        return ListPath(_notifications.c.id, [text("test")], [*exact, *others])
    return ListPath(_notifications.c.id, exact[:1], [*exact[1:], *others, *_is_test(test)])


_is_of_schedule = _occurrences.c.schedule_id == _named("schedule", _occurrences.c.schedule_id)


_WIDE = frozenset({"category", "caller"})
"""Conditions that very many notifications may meet."""


def _is_few(status: NotificationStatus | None, given: frozenset[str]) -> bool:
    """The notifications of one caller have their own index, which is not used if only open ones are listed."""
    return status is NotificationStatus.PENDING or "caller" not in given


def _is_test(test: bool | None) -> list[ColumnElement[bool]]:
    return [] if test is None else [_notifications.c.test.is_(test)]


# Each status that is derived from deliveries has an index of deliveries.
_ALONG_DELIVERIES: dict[NotificationStatus | None, list[ColumnElement[bool] | TextClause]] = {
    NotificationStatus.PENDING: [text(OPEN)],
    NotificationStatus.SENT: [text(FULFILLED), _deliveries.c.state == DeliveryState.SENT],
    NotificationStatus.DELIVERED: [text(FULFILLED), _deliveries.c.state == DeliveryState.DELIVERED],
}


_SUMMARISED = [_notifications.c[field.name] for field in fields(Summary) if field.name != "reason_codes"]


def _of_its_deliveries(value: ColumnElement[Any]) -> ScalarSelect[Any]:
    return select(value).where(_deliveries.c.notification_id == _notifications.c.id).scalar_subquery()


_rank_of = _of_its_deliveries(RANK)
_reason_codes_of = _of_its_deliveries(func.aggregate_strings(_deliveries.c.reason_code, " "))
# An aggregate, not EXISTS: PostgreSQL may answer that by reading every delivery with this code.
_reason_of = _of_its_deliveries(
    func.max(case((_deliveries.c.reason_code == _named("reason_code", _deliveries.c.reason_code), 1), else_=0))
)


def _is_meant_for(channel: Channel | None) -> list[ColumnElement[bool]]:
    if channel is None:
        return []
    words = " " + _notifications.c.channels + " "
    return [or_(_notifications.c.channels.is_(None), words.contains(f" {channel} "))]


def _has_rank(status: NotificationStatus | None) -> list[ColumnElement[bool]]:
    if status is None or status in KEPT:
        return []
    place = next(place for place, at_place in STATUS_AT.items() if at_place is status)
    return [_notifications.c.status.is_(None), _rank_of == place]
