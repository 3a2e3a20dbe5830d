"""Every statement about deliveries and attempts. Each works on a batch; a batch of one is a batch.

Statements are built once and given values when they run: building one costs more than running it.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    Boolean,
    bindparam,
    delete,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.base.reasons import Reason, ReasonCode
from property_alert_notification.base.vocabulary import Channel, DeliveryState, Outcome
from property_alert_notification.database import (
    BatchStatement,
    Connection,
    as_rows,
    columns_of,
    models_from,
    run_within,
    table_of,
    time_type,
)
from property_alert_notification.deliveries import scripts
from property_alert_notification.deliveries.models import Attempt, Delivery
from property_alert_notification.deliveries.states import ENDED, LEASED, Event, movable_by

_deliveries = table_of(Delivery)
_attempts = table_of(Attempt)
_IDS = columns_of(_deliveries, "id")
REASON = {name: bindparam(name, type_=_deliveries.c[name].type) for name in ("reason_code", "reason_parameters")}
"""Sets the reason of a delivery or an attempt, from what `reason_values` gives."""


def reason_values(reason: Reason) -> dict[str, str | None]:
    """A reason as the parameters of a statement with `REASON`."""
    return {"reason_code": reason.code, "reason_parameters": reason.stored}


_now = bindparam("now", type_=time_type())
_leased_until = bindparam("leased_until", type_=time_type())


_CLOSE_OPEN_ATTEMPTS = BatchStatement(
    _IDS,
    lambda wanted: (
        update(_attempts)
        .where(_attempts.c.delivery_id.in_(select(wanted.c.id)), _attempts.c.ended_at.is_(None))
        .values(outcome=Outcome.UNKNOWN, **REASON, abandoned=bindparam("abandoned", type_=Boolean), ended_at=_now)
        .returning(_attempts.c.delivery_id, _attempts.c.provider)
    ),
)


async def close_open_attempts(
    connection: AsyncConnection,
    deliveries: Collection[UUID],
    *,
    reason: Reason,
    abandoned: bool = False,
    ended_at: datetime,
) -> dict[UUID, str]:
    """End open attempts with an unknown outcome; returns the provider of each delivery's.

    `abandoned` attempts are those whose worker stopped; `count_abandoned` counts them.
    """
    values = {**reason_values(reason), "abandoned": abandoned, "now": ended_at}
    closed = await _CLOSE_OPEN_ATTEMPTS.run(connection, as_rows(deliveries), **values)
    return {row.delivery_id: row.provider for row in closed}


_COUNT_ABANDONED = BatchStatement(
    _IDS,
    lambda wanted: (
        select(_attempts.c.delivery_id, func.count())
        .join(_deliveries, _deliveries.c.id == _attempts.c.delivery_id)
        .where(
            _attempts.c.delivery_id.in_(select(wanted.c.id)),
            _attempts.c.abandoned.is_(True),
            or_(_deliveries.c.replayed_at.is_(None), _attempts.c.started_at >= _deliveries.c.replayed_at),
        )
        .group_by(_attempts.c.delivery_id)
    ),
)


async def count_abandoned(connection: AsyncConnection, deliveries: Collection[UUID]) -> dict[UUID, int]:
    """How many attempts of each of these deliveries were abandoned since its last replay."""
    counted = await _COUNT_ABANDONED.run(connection, as_rows(deliveries))
    return {row[0]: row[1] for row in counted}


_OF_NOTIFICATIONS = BatchStatement(
    _IDS,
    lambda wanted: (
        select(_deliveries).where(_deliveries.c.notification_id.in_(select(wanted.c.id))).order_by(_deliveries.c.id)
    ),
)


async def of_notifications(connection: Connection, notifications: Collection[UUID]) -> list[Delivery]:
    """All deliveries of these notifications, in the order they were planned."""
    return models_from(Delivery, await _OF_NOTIFICATIONS.fetch(connection, as_rows(notifications)))


async def attempts_of(connection: Connection, deliveries: Collection[UUID]) -> list[Attempt]:
    """All attempts at these deliveries, in the order they were made."""
    return await run_within(connection, scripts.attempts_of(deliveries))


_STATES_OF = BatchStatement(
    _IDS,
    lambda wanted: (
        select(_deliveries.c.notification_id, _deliveries.c.channel, _deliveries.c.state)
        .where(_deliveries.c.notification_id.in_(select(wanted.c.id)))
        .order_by(_deliveries.c.id)
    ),
)


async def states_of(
    connection: AsyncConnection, notifications: Collection[UUID]
) -> dict[UUID, dict[str, DeliveryState]]:
    """The state of each channel's delivery, by notification; one without deliveries has none."""
    states: dict[UUID, dict[str, DeliveryState]] = {notification: {} for notification in notifications}
    for notification, channel, state in await _STATES_OF.run(connection, as_rows(notifications)):
        if channel not in _CHANNELS:
            continue
        # A word that this version does not know: the caller has to decide.
        states[notification][channel] = DeliveryState(state) if state in _STATES else DeliveryState.QUARANTINED
    return states


_STATES, _CHANNELS = frozenset[str](DeliveryState), frozenset[str](Channel)


_of_notification = _deliveries.c.notification_id == bindparam("notification", type_=_deliveries.c.notification_id.type)


_LOCK_OPEN = (
    select(_deliveries.c.id)
    .where(_of_notification, _deliveries.c.state.not_in(ENDED))
    .order_by(_deliveries.c.id)
    .with_for_update()
)


async def lock_open(connection: AsyncConnection, notification: UUID) -> set[UUID]:
    """Lock the open deliveries of a notification: no worker claims or settles them until the transaction ends."""
    return set((await connection.execute(_LOCK_OPEN, {"notification": notification})).scalars())


_OF_CHANNEL = (
    select(_deliveries.c.id)
    .where(_deliveries.c.channel == bindparam("of_channel"), _deliveries.c.due_at <= _now)
    .where(_deliveries.c.state.in_(movable_by(Event.UNUSED)))
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)


_SUPPRESS = (
    update(_deliveries)
    .where(_deliveries.c.id.in_(_OF_CHANNEL), _deliveries.c.state.in_(movable_by(Event.UNUSED)))
    .values(state=DeliveryState.SUPPRESSED, **REASON, held_by=None, due_at=None, published_at=None, changed_at=_now)
    .returning(_deliveries.c.id)
)


async def suppress(
    connection: AsyncConnection, channel: Channel, *, reason: Reason, most: int, now: datetime
) -> Sequence[UUID]:
    """Suppress some due deliveries of a channel that no provider carries; returns their ids."""
    values = {"of_channel": channel, **reason_values(reason), "most": most, "now": now}
    ended: Sequence[UUID] = (await connection.execute(_SUPPRESS, values)).scalars().all()
    return ended


_CANCEL = (
    update(_deliveries)
    # This includes states that this version does not know. Items of a digest are excluded: they end as the digest does.
    .where(
        _of_notification,
        _deliveries.c.state.not_in((*ENDED, *LEASED)),
        _deliveries.c.reason_code.is_distinct_from(ReasonCode.IN_DIGEST),
    )
    .values(state=DeliveryState.CANCELLED, **REASON, held_by=None, due_at=None, published_at=None, changed_at=_now)
)


async def cancel(connection: AsyncConnection, notification: UUID, *, reason: Reason, now: datetime) -> int:
    """Cancel the open deliveries of a notification, except those at a provider; returns how many were cancelled."""
    values = {"notification": notification, **reason_values(reason), "now": now}
    return (await connection.execute(_CANCEL, values)).rowcount


_REMOVE = delete(_deliveries).where(_of_notification)


async def remove(connection: AsyncConnection, notification: UUID) -> None:
    """Delete the deliveries of a notification; the caller has locked them and knows that none was ever claimed."""
    await connection.execute(_REMOVE, {"notification": notification})
