"""Every statement about what is quarantined."""

from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    bindparam,
    func,
    or_,
    select,
    text,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.base.clock import time_of
from property_alert_notification.base.errors import UnreadableRow
from property_alert_notification.base.reasons import Reason
from property_alert_notification.base.vocabulary import DeliveryState
from property_alert_notification.database import is_row_fault, table_of, time_type
from property_alert_notification.deliveries.models import IS_ON_HOLD, IS_QUARANTINED, Attempt, Delivery
from property_alert_notification.notifications.models import EXPIRES_UNDECIDED, Notification

_deliveries = table_of(Delivery)
_attempts = table_of(Attempt)
_notifications = table_of(Notification)


@dataclass(frozen=True, slots=True)
class Case:
    """A delivery that an operator decides about, without address and content."""

    id: UUID
    notification_id: UUID
    user_id: int
    category: str
    reference: str | None
    channel: str
    urgent: bool
    test: bool
    state: str
    reason_code: str | None
    reason_parameters: str | None
    attempts: int
    """Made since it was last replayed, or at all."""
    changed_at: datetime

    @property
    def stored_reason(self) -> Reason:
        """Why it is in this state."""
        return Reason.read(self.reason_code, self.reason_parameters)

    @property
    def reason(self) -> str:
        """Why it is in this state, as a sentence."""
        return self.stored_reason.sentence(self.channel)


_OF_NOTIFICATION = ("user_id", "category", "reference")


_made: ColumnElement[int] = (
    select(func.count())
    .select_from(_attempts)
    .where(
        _attempts.c.delivery_id == _deliveries.c.id,
        or_(_deliveries.c.replayed_at.is_(None), _attempts.c.started_at >= _deliveries.c.replayed_at),
    )
    .correlate(_deliveries)
    .scalar_subquery()
)


def _shown(name: str) -> ColumnElement[Any]:
    if name == "attempts":
        return _made
    return (_notifications if name in _OF_NOTIFICATION else _deliveries).c[name]


_CASE: Select[Any] = select(*[_shown(field.name) for field in fields(Case)]).join_from(
    _deliveries, _notifications, _notifications.c.id == _deliveries.c.notification_id, isouter=True
)


async def newest(
    connection: AsyncConnection, *, before: UUID | None, limit: int, test: bool | None = None
) -> list[Case]:
    """Up to `limit` quarantined deliveries, the newest first; with `before` only those below that id.

    `test` narrows them to tests, or to what is live.
    """
    # The state in the words of the index.
    page = _CASE.where(text(IS_QUARANTINED)).order_by(_deliveries.c.id.desc()).limit(limit)
    if before is not None:
        page = page.where(_deliveries.c.id < before)
    if test is not None:
        page = page.where(_deliveries.c.test == test)
    try:
        return [_checked(Case(*row)) for row in await connection.execute(page)]
    except Exception as error:
        if not is_row_fault(error):
            raise
    ids = await connection.execute(page.with_only_columns(_deliveries.c.id, maintain_column_froms=True))
    return [case for id_ in ids.scalars().all() if (case := await find(connection, id_)) is not None]


async def find(connection: AsyncConnection, delivery_id: UUID) -> Case | None:
    """One delivery, in whatever state it is; or None."""
    try:
        row = (await connection.execute(_CASE.where(_deliveries.c.id == delivery_id))).one_or_none()
        return None if row is None else _checked(Case(*row))
    except Exception as error:
        if not is_row_fault(error):
            raise
    named = _NAMED[connection.dialect.name].where(_deliveries.c.id == delivery_id)
    row = (await connection.execute(named)).one_or_none()
    return None if row is None else _what_is_left(*row)


# Columns that name a delivery whose others cannot be read, or whose notification is missing. SQLite keeps anything in
# them; in hexadecimal it can be read whatever it is.
_NAMED = {
    "postgresql": select(_deliveries.c.id, _deliveries.c.notification_id, _deliveries.c.channel, _deliveries.c.state),
    "sqlite": select(
        _deliveries.c.id, func.hex(_deliveries.c.notification_id), func.hex(_deliveries.c.channel), _deliveries.c.state
    ),
}


def _what_is_left(id_: UUID, notification: UUID | str, channel: str, state: str) -> Case:
    if isinstance(notification, str):
        channel = _from_hex(channel)
        try:
            notification = UUID(_from_hex(notification))
        except ValueError:
            notification = UUID(int=0)
    return Case(id_, notification, 0, "", None, channel, False, False, state, None, None, 0, time_of(id_))


def _from_hex(digits: str) -> str:
    return bytes.fromhex(digits).decode(errors="replace")


def _checked(case: Case) -> Case:
    if type(case.user_id) is not int or type(case.category) is not str:
        raise UnreadableRow("a value is of another kind than its column")
    if type(case.channel) is not str:
        return replace(case, channel="")
    return case


class Stuck(NamedTuple):
    """A delivery that waits for a decision, with what tells whether it has expired."""

    id: UUID
    notification_id: UUID
    channel: str
    state: str
    reason_code: str | None
    reason_parameters: str | None

    @property
    def reason(self) -> Reason:
        """Why it waits."""
        return Reason.read(self.reason_code, self.reason_parameters)


_limit = bindparam("limit", type_=Integer)
_id = _deliveries.c.id.type
_stuck = select(*[_deliveries.c[name] for name in Stuck._fields])
_QUARANTINED = (
    # In the words of an index.
    _stuck.where(text(IS_QUARANTINED), _deliveries.c.id > bindparam("after", type_=_id))
    .order_by(_deliveries.c.id)
    .limit(_limit)
)


async def quarantined(connection: AsyncConnection, *, after: UUID, limit: int) -> list[Stuck]:
    """Up to `limit` quarantined deliveries above an id, the oldest first."""
    return [Stuck(*row) for row in await connection.execute(_QUARANTINED, {"after": after, "limit": limit})]


_ON_HOLD = (
    _stuck.where(
        text(IS_ON_HOLD),
        _deliveries.c.notification_id >= bindparam("start", type_=_id),
        _deliveries.c.notification_id < bindparam("end", type_=_id),
    )
    .order_by(_deliveries.c.notification_id)
    .limit(_limit)
)
_EXPIRED_ON_HOLD = (
    _stuck.join(_notifications, _notifications.c.id == _deliveries.c.notification_id)
    .where(
        text(EXPIRES_UNDECIDED),
        _notifications.c.expires_at <= bindparam("now", type_=time_type()),
        _deliveries.c.state == DeliveryState.ON_HOLD,
    )
    .order_by(_notifications.c.expires_at)
    .limit(_limit)
)


async def on_hold(connection: AsyncConnection, *, start: UUID, end: UUID, limit: int) -> list[Stuck]:
    """Up to `limit` deliveries on hold of the notifications from the id `start` to below `end`, the oldest first."""
    return [Stuck(*row) for row in await connection.execute(_ON_HOLD, {"start": start, "end": end, "limit": limit})]


async def expired_on_hold(connection: AsyncConnection, *, now: datetime, limit: int) -> list[Stuck]:
    """Up to `limit` deliveries on hold of notifications whose `expires_at` is over."""
    return [Stuck(*row) for row in await connection.execute(_EXPIRED_ON_HOLD, {"now": now, "limit": limit})]
