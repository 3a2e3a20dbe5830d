"""Every statement that puts a delivery into quarantine, or takes it out."""

from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Integer,
    Text,
    TextClause,
    Update,
    bindparam,
    case,
    delete,
    false,
    func,
    insert,
    literal,
    or_,
    select,
    text,
    true,
    type_coerce,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.base.errors import UnreadableRow
from property_alert_notification.base.reasons import Reason, ReasonCode
from property_alert_notification.base.vocabulary import Channel, DeliveryState, NotificationStatus, Outcome
from property_alert_notification.database import BatchStatement, columns_of, table_of, time_type, true_of_many
from property_alert_notification.deliveries.models import HAS_HOLDER, IS_QUARANTINED, Attempt, Delivery
from property_alert_notification.deliveries.queries import REASON, reason_values
from property_alert_notification.deliveries.states import COLLECTED, Event, after, movable_by, movable_unleased
from property_alert_notification.deliveries.windows.keys import PREFIX
from property_alert_notification.deliveries.windows.models import IS_DUE
from property_alert_notification.deliveries.windows.scripts import windows
from property_alert_notification.notifications.models import Notification
from property_alert_notification.notifications.schedules.models import Schedule
from property_alert_notification.notifications.schedules.states import ScheduleState
from property_alert_notification.notifications.stored_addresses import read_addresses
from property_alert_notification.operators.quarantine.queries import Stuck

_deliveries = table_of(Delivery)
_attempts = table_of(Attempt)
_notifications = table_of(Notification)
_schedules = table_of(Schedule)


def _decide(event: Event) -> Update:
    return (
        update(_deliveries)
        .where(
            _deliveries.c.id == bindparam("delivery", type_=_deliveries.c.id.type),
            _deliveries.c.state.in_(movable_by(event)),
        )
        .values(
            state=after(DeliveryState.QUARANTINED, event),
            changed_at=bindparam("now", type_=time_type()),
        )
    )


_REPLAY = _decide(Event.REPLAYED).values(
    **REASON,
    due_at=bindparam("now", type_=time_type()),
    replayed_at=bindparam("now", type_=time_type()),
    published_at=None,
    attempts=0,
)


_DISCARD = _decide(Event.DISCARDED).values(**REASON)


_EXPIRING = [literal(state.value) for state in movable_unleased(Event.TOO_LATE)]
_EXPIRE = BatchStatement(
    columns_of(_deliveries, "id", "reason_code", "reason_parameters"),
    lambda late: (
        update(_deliveries)
        .where(_deliveries.c.id == late.c.id, true_of_many(_deliveries.c.state.in_(_EXPIRING)))
        .values(
            state=after(DeliveryState.QUARANTINED, Event.TOO_LATE),
            reason_code=late.c.reason_code,
            reason_parameters=late.c.reason_parameters,
            held_by=None,
            changed_at=bindparam("now", type_=time_type()),
        )
        .returning(_deliveries.c.id)
    ),
)


async def expire(connection: AsyncConnection, late: Collection[Stuck], *, now: datetime) -> set[UUID]:
    """End those of these about which nothing was decided yet, since they are of no use any more; returns which."""
    reasons = {one.id: one.reason.behind(ReasonCode.NOT_DECIDED) for one in late}
    rows = [(id_, reason.code, reason.stored) for id_, reason in reasons.items()]
    ended = await _EXPIRE.run(connection, rows, now=now)
    return set(ended.scalars())


async def replay(connection: AsyncConnection, delivery_id: UUID, *, reason: Reason, now: datetime) -> bool:
    """Make it due again, with its attempts counted anew; returns False when it is not quarantined."""
    values = {"delivery": delivery_id, **reason_values(reason), "now": now}
    return bool((await connection.execute(_REPLAY, values)).rowcount)


async def discard(connection: AsyncConnection, delivery_id: UUID, *, reason: Reason, now: datetime) -> bool:
    """End it as failed; returns False when it is not quarantined."""
    values = {"delivery": delivery_id, **reason_values(reason), "now": now}
    return bool((await connection.execute(_DISCARD, values)).rowcount)


_delivery = bindparam("delivery", type_=_deliveries.c.id.type)
_fence = bindparam("held_fence", type_=Integer)


_QUARANTINE = (
    update(_deliveries)
    .where(
        _deliveries.c.id == _delivery,
        _deliveries.c.state.in_(movable_by(Event.BROKE)),
        or_(_fence.is_(None), _deliveries.c.fence == _fence),
    )
    .values(
        state=DeliveryState.QUARANTINED,
        **REASON,
        held_by=None,
        due_at=None,
        published_at=None,
        changed_at=bindparam("now", type_=time_type()),
    )
)


_QUARANTINE_BY_STATE_ONLY = (
    update(_deliveries).where(_deliveries.c.id == _delivery).values(state=DeliveryState.QUARANTINED, due_at=None)
)


async def quarantine(
    connection: AsyncConnection, delivery_id: UUID, *, fence: int | None, reason: Reason, now: datetime
) -> bool:
    """Quarantine a delivery that is open, and under this fence if one is given; returns False when it is not."""
    values = {"delivery": delivery_id, "held_fence": fence, **reason_values(reason), "now": now}
    return bool((await connection.execute(_QUARANTINE, values)).rowcount)


_END_OPEN_ATTEMPT = (
    update(_attempts)
    .where(_attempts.c.delivery_id == bindparam("delivery", type_=_attempts.c.delivery_id.type))
    .where(_attempts.c.ended_at.is_(None))
    .values(outcome=bindparam("came"), **REASON, ended_at=bindparam("now", type_=time_type()))
)


_MOST_UNKNOWNS = 1_000
"""Counted no further: the column has an end, and what broke the delivery may be that it was reached."""


_COUNT_UNKNOWN = (
    update(_deliveries)
    .where(_deliveries.c.id == _delivery, _deliveries.c.unknowns < _MOST_UNKNOWNS)
    .values(unknowns=_deliveries.c.unknowns + 1)
)


async def end_open_attempt(
    connection: AsyncConnection, delivery_id: UUID, *, outcome: Outcome, reason: Reason, now: datetime
) -> None:
    """Write the outcome of the attempt during which a delivery was quarantined, and count it if it is unknown."""
    values = {"delivery": delivery_id, "came": str(outcome), **reason_values(reason), "now": now}
    await connection.execute(_END_OPEN_ATTEMPT, values)
    if outcome is Outcome.UNKNOWN:
        await connection.execute(_COUNT_UNKNOWN, {"delivery": delivery_id})


async def quarantine_by_state_only(connection: AsyncConnection, delivery_id: UUID) -> bool:
    """The same by as few columns as possible, for a row of which others cannot be written."""
    return bool((await connection.execute(_QUARANTINE_BY_STATE_ONLY, {"delivery": delivery_id})).rowcount)


async def quarantine_notification(
    connection: AsyncConnection, notification_id: UUID, *, reason: Reason, now: datetime, new_id: Callable[[], UUID]
) -> bool:
    """Give a scheduled notification a quarantined delivery for each address; without any it has failed.

    Returns False when it is not scheduled any more: another worker was first.
    """
    is_it = (_notifications.c.id == notification_id, _notifications.c.status == NotificationStatus.SCHEDULED)
    held = select(_notifications.c.addresses).where(*is_it).with_for_update(key_share=True)
    if (found := (await connection.execute(held)).one_or_none()) is None:
        return False
    added = 0
    for channel, address in _readable(found.addresses).items():
        row = select(
            *(literal(value, _deliveries.c[name].type) for name, value in _unsendable(new_id(), channel, reason, now)),
            _notifications.c.id,
            literal(address, _deliveries.c.address.type),
            # Computed: SQLite keeps anything in a column. A test stays one, also when it is replayed.
            case((_notifications.c.test, true()), else_=false()),
            case((_notifications.c.urgent, true()), else_=false()),
        ).where(_notifications.c.id == notification_id)
        names = [name for name, _ in _unsendable(new_id(), channel, reason, now)]
        statement = insert(_deliveries).from_select([*names, "notification_id", "address", "test", "urgent"], row)
        added += (await connection.execute(statement)).rowcount
    status = None if added else str(NotificationStatus.FAILED)
    await connection.execute(update(_notifications).where(*is_it).values(status=status, look_up_at=None, parked=None))
    return True


def _readable(addresses: object) -> dict[Channel, str]:
    """The addresses as the row has them. If they cannot be read, each channel is shown without one."""
    try:
        return read_addresses(addresses)
    except UnreadableRow:
        return dict.fromkeys(Channel, "")


def _unsendable(id_: UUID, channel: Channel, reason: Reason, now: datetime) -> list[tuple[str, Any]]:
    return [
        ("id", id_),
        ("channel", str(channel)),
        ("state", str(DeliveryState.QUARANTINED)),
        *reason_values(reason).items(),
        ("fence", 0),
        ("attempts", 0),
        ("unknowns", 0),
        ("changed_at", now),
    ]


_UNREADABLE_ID = text("(typeof(id) <> 'text' OR length(id) <> 32 OR id GLOB '*[^0-9a-f]*')")
_NEITHER_BREAKS_NOR_IS_DISCARDED = [
    state for state in DeliveryState if state not in (*movable_by(Event.BROKE), *movable_by(Event.DISCARDED))
]


def _fail(*conditions: ColumnElement[bool] | TextClause) -> Update:
    return (
        update(_deliveries)
        .where(*conditions, _UNREADABLE_ID)
        .values(
            state=after(DeliveryState.QUARANTINED, Event.DISCARDED),
            due_at=None,
            reason_code=ReasonCode.ID_UNREADABLE,
            reason_parameters=None,
        )
    )


# No parameter can name such a row, so it is ended in one step that breaks and discards it. A state that is none counts
# as open. The conditions begin in the words of indexes.
_END_UNREADABLE = [
    _fail(text("due_at IS NOT NULL"), _deliveries.c.state.not_in(_NEITHER_BREAKS_NOR_IS_DISCARDED)),
    _fail(text(IS_QUARANTINED)),
    update(_notifications)
    .where(_notifications.c.status == NotificationStatus.SCHEDULED, _UNREADABLE_ID)
    .values(status=NotificationStatus.FAILED, look_up_at=None, parked=None),
    update(_schedules)
    .where(_schedules.c.state == ScheduleState.ACTIVE.value, _UNREADABLE_ID)
    .values(state=ScheduleState.QUARANTINED.value, next_at=None, **reason_values(Reason(ReasonCode.ID_UNREADABLE))),
    delete(windows).where(text(IS_DUE), _UNREADABLE_ID),
]

# In the form in which SQLite keeps ids.
_its_window = func.replace(func.substr(_deliveries.c.held_by, len(PREFIX) + 1), "-", "")
_RELEASE_ORPHANS = (
    update(_deliveries)
    .where(
        text(HAS_HOLDER),
        _deliveries.c.held_by.startswith(PREFIX, autoescape=True),
        or_(*[_deliveries.c.state == state for state in COLLECTED]),
        _deliveries.c.reason_code.is_distinct_from(ReasonCode.IN_DIGEST),
        ~select(windows.c.id).where(type_coerce(windows.c.id, Text) == _its_window).exists(),
    )
    .values(
        state=after(DeliveryState.COLLECTED, Event.RELEASED),
        held_by=None,
        due_at=bindparam("now", type_=time_type()),
        changed_at=bindparam("now", type_=time_type()),
        **REASON,
    )
)


async def end_unreadable(connection: AsyncConnection, *, reason: Reason, now: datetime) -> int:
    """End what is open in SQLite and has an id that is none; returns how many those were.

    What digest windows with such ids had collected becomes due for this reason.
    """
    ended = sum([(await connection.execute(statement)).rowcount for statement in _END_UNREADABLE])
    await connection.execute(_RELEASE_ORPHANS, {**reason_values(reason), "now": now})
    return ended
