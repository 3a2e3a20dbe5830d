"""Every statement about deliveries and attempts. Each works on a batch; a batch of one is a batch."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, SmallInteger, case, func, insert, literal, select, union_all, update
from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.broker.base import Lane
from property_alert_notification.database import batch, columns_of, table_of
from property_alert_notification.deliveries.models import Attempt, Delivery
from property_alert_notification.deliveries.states import WAITING
from property_alert_notification.vocabulary import Channel, DeliveryState, Outcome

_deliveries = table_of(Delivery)
_attempts = table_of(Attempt)


@dataclass(frozen=True, slots=True)
class NewDelivery:
    """A delivery as planned."""

    id: UUID
    notification_id: UUID
    channel: Channel
    address: str
    urgent: bool
    state: DeliveryState
    reason: str
    due_at: datetime | None
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to send one delivery, until the lease ends or somebody raises the fence."""

    delivery_id: UUID
    notification_id: UUID
    address: str
    fence: int
    attempts: int
    """Attempts made, this one included."""
    unknowns: int


@dataclass(frozen=True, slots=True)
class Settlement:
    """What came of a claim: where the delivery goes from here, and how its attempt ended."""

    delivery_id: UUID
    fence: int
    state: DeliveryState
    reason: str
    due_at: datetime | None
    outcome: Outcome | None
    """None when no attempt was made."""
    settled_at: datetime
    provider_message_id: str | None = None


_NEW = ("id", "notification_id", "channel", "address", "urgent", "state", "reason", "due_at", "changed_at")


async def add(connection: AsyncConnection, deliveries: Sequence[NewDelivery]) -> None:
    """Insert planned deliveries."""
    rows = batch(
        connection,
        columns_of(_deliveries, *_NEW),
        [tuple(getattr(delivery, name) for name in _NEW) for delivery in deliveries],
    )
    zero = literal(0, SmallInteger)
    await connection.execute(
        insert(_deliveries).from_select([*_NEW, "fence", "attempts", "unknowns"], select(*rows.c, zero, zero, zero))
    )


def _due(lane: Lane, now: datetime, limit: int) -> Select[tuple[UUID]]:
    """What may be claimed in a lane, longest due first."""
    return (
        select(_deliveries.c.id)
        .where(
            _deliveries.c.channel == lane.channel,
            _deliveries.c.urgent.is_(lane.urgent),
            _deliveries.c.due_at <= now,
            _deliveries.c.state.in_(WAITING),
        )
        .order_by(_deliveries.c.due_at)
        .limit(limit)
    )


async def due(connection: AsyncConnection, channel: Channel, *, now: datetime, limit: int) -> Sequence[UUID]:
    """Up to `limit` deliveries of a channel that may be claimed, urgent ones first, then by time."""
    # Two ranges of one index; sorting by (urgent, due_at) instead would walk over everything that is due later.
    lanes = [_due(Lane(channel, urgent), now, limit).subquery() for urgent in (True, False)]
    both = union_all(*[select(lane.c.id) for lane in lanes]).limit(limit)
    return [delivery for (delivery,) in await connection.execute(both)]


async def take_due(connection: AsyncConnection, lane: Lane, *, now: datetime, limit: int) -> Sequence[UUID]:
    """Mark up to `limit` due deliveries of a lane as rung and return them, each to one caller only."""
    candidates = _due(lane, now, limit).where(_deliveries.c.rung_at.is_(None)).with_for_update(skip_locked=True)
    statement = (
        update(_deliveries)
        .where(_deliveries.c.id.in_(candidates.scalar_subquery()))
        .values(rung_at=now)
        .returning(_deliveries.c.id)
    )
    return [delivery for (delivery,) in await connection.execute(statement)]


async def busy_lanes(connection: AsyncConnection, lanes: Sequence[Lane], *, now: datetime) -> list[Lane]:
    """The lanes in which something is due that nobody has rung for."""
    questions = [select(_due(lane, now, 1).where(_deliveries.c.rung_at.is_(None)).exists()) for lane in lanes]
    answers = (await connection.execute(select(*[question.scalar_subquery() for question in questions]))).one()
    return [lane for lane, busy in zip(lanes, answers, strict=True) if busy]


async def unring(connection: AsyncConnection, deliveries: Collection[UUID]) -> None:
    """Take back the mark of doorbells that the broker did not confirm."""
    wanted = batch(connection, columns_of(_deliveries, "id"), [(delivery,) for delivery in deliveries])
    await connection.execute(update(_deliveries).where(_deliveries.c.id.in_(select(wanted.c.id))).values(rung_at=None))


async def forget_lost_bells(
    connection: AsyncConnection, lane: Lane, *, now: datetime, rung_before: datetime, limit: int
) -> int:
    """Unmark deliveries whose doorbell was rung before a time and brought nobody; returns how many."""
    lost = _due(lane, now, limit).where(_deliveries.c.rung_at < rung_before).with_for_update(skip_locked=True)
    result = await connection.execute(
        update(_deliveries).where(_deliveries.c.id.in_(lost.scalar_subquery())).values(rung_at=None)
    )
    return result.rowcount


async def claim(
    connection: AsyncConnection, deliveries: Collection[UUID], *, now: datetime, leased_until: datetime
) -> list[Claim]:
    """Claim what is still claimable of these; each delivery goes to one caller, under a new fence."""
    wanted = batch(connection, columns_of(_deliveries, "id"), [(delivery,) for delivery in deliveries])
    claimable = (
        select(_deliveries.c.id)
        .where(
            _deliveries.c.id.in_(select(wanted.c.id)),
            _deliveries.c.state.in_(WAITING),
            _deliveries.c.due_at <= now,
        )
        .with_for_update(skip_locked=True)
    )
    statement = (
        update(_deliveries)
        .where(_deliveries.c.id.in_(claimable.scalar_subquery()))
        .values(
            state=DeliveryState.SENDING,
            fence=_deliveries.c.fence + 1,
            attempts=_deliveries.c.attempts + 1,
            due_at=leased_until,
            rung_at=None,
            changed_at=now,
        )
        .returning(
            *(_deliveries.c[name] for name in ("id", "notification_id", "address", "fence", "attempts", "unknowns"))
        )
    )
    return [Claim(*row) for row in await connection.execute(statement)]


async def open_attempts(
    connection: AsyncConnection, claims: Sequence[Claim], *, provider: str, started_at: datetime
) -> None:
    """Write down that these are about to be tried; commit before calling the provider."""
    names = ("delivery_id", "fence", "provider", "started_at")
    rows = batch(
        connection,
        columns_of(_attempts, *names),
        [(claim.delivery_id, claim.fence, provider, started_at) for claim in claims],
    )
    await connection.execute(insert(_attempts).from_select(names, select(*rows.c)))


async def settle(connection: AsyncConnection, settlements: Sequence[Settlement]) -> set[UUID]:
    """Move deliveries on whose fence is still ours, and end all their attempts; returns those that moved.

    An attempt ends as it truly ended even when its worker was fenced off in the meantime: the log says what
    happened, the state belongs to whoever holds the fence.
    """
    columns = columns_of(_deliveries, "id", "fence", "state", "reason", "due_at", "changed_at")
    columns |= columns_of(_attempts, "outcome", "provider_message_id")
    rows = batch(
        connection,
        columns,
        [
            (s.delivery_id, s.fence, s.state, s.reason, s.due_at, s.settled_at, s.outcome, s.provider_message_id)
            for s in settlements
        ],
    )
    moved = await connection.execute(
        update(_deliveries)
        .where(
            _deliveries.c.id == rows.c.id,
            _deliveries.c.fence == rows.c.fence,
            _deliveries.c.state == DeliveryState.SENDING,
        )
        .values(
            state=rows.c.state,
            reason=rows.c.reason,
            due_at=rows.c.due_at,
            changed_at=rows.c.changed_at,
            unknowns=_deliveries.c.unknowns + case((rows.c.outcome == Outcome.UNKNOWN, 1), else_=0),
        )
        .returning(_deliveries.c.id)
    )
    await connection.execute(
        update(_attempts)
        .where(_attempts.c.delivery_id == rows.c.id, _attempts.c.fence == rows.c.fence)
        .values(
            outcome=rows.c.outcome,
            reason=rows.c.reason,
            ended_at=rows.c.changed_at,
            provider_message_id=rows.c.provider_message_id,
        )
    )
    return set(moved.scalars())


async def renew(connection: AsyncConnection, held: Mapping[UUID, int], *, leased_until: datetime) -> set[UUID]:
    """Prolong the leases of these deliveries (id → fence); returns those that are still ours."""
    rows = batch(connection, columns_of(_deliveries, "id", "fence"), list(held.items()))
    statement = (
        update(_deliveries)
        .where(
            _deliveries.c.id == rows.c.id,
            _deliveries.c.fence == rows.c.fence,
            _deliveries.c.state == DeliveryState.SENDING,
        )
        .values(due_at=leased_until)
        .returning(_deliveries.c.id)
    )
    return set((await connection.execute(statement)).scalars())


async def seize_abandoned(
    connection: AsyncConnection, *, now: datetime, leased_until: datetime, limit: int
) -> list[Claim]:
    """Take over deliveries whose lease ran out; the raised fence shuts their worker out."""
    abandoned = (
        select(_deliveries.c.id)
        .where(_deliveries.c.state == DeliveryState.SENDING, _deliveries.c.due_at <= now)
        .order_by(_deliveries.c.due_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    statement = (
        update(_deliveries)
        .where(_deliveries.c.id.in_(abandoned.scalar_subquery()))
        .values(fence=_deliveries.c.fence + 1, due_at=leased_until)
        .returning(
            *(_deliveries.c[name] for name in ("id", "notification_id", "address", "fence", "attempts", "unknowns"))
        )
    )
    return [Claim(*row) for row in await connection.execute(statement)]


async def close_open_attempts(
    connection: AsyncConnection, deliveries: Collection[UUID], *, reason: str, ended_at: datetime
) -> None:
    """End the attempts of which nobody will ever tell the outcome."""
    wanted = batch(connection, columns_of(_deliveries, "id"), [(delivery,) for delivery in deliveries])
    await connection.execute(
        update(_attempts)
        .where(_attempts.c.delivery_id.in_(select(wanted.c.id)), _attempts.c.ended_at.is_(None))
        .values(outcome=Outcome.UNKNOWN, reason=reason, ended_at=ended_at)
    )


async def of_notifications(connection: AsyncConnection, notifications: Collection[UUID]) -> list[Delivery]:
    """All deliveries of these notifications, in the order they were planned."""
    wanted = batch(connection, columns_of(_deliveries, "id"), [(notification,) for notification in notifications])
    statement = (
        select(_deliveries).where(_deliveries.c.notification_id.in_(select(wanted.c.id))).order_by(_deliveries.c.id)
    )
    return [Delivery(**row) for row in (await connection.execute(statement)).mappings()]


async def attempts_of(connection: AsyncConnection, deliveries: Collection[UUID]) -> list[Attempt]:
    """All attempts at these deliveries, in the order they were made."""
    wanted = batch(connection, columns_of(_deliveries, "id"), [(delivery,) for delivery in deliveries])
    statement = (
        select(_attempts)
        .where(_attempts.c.delivery_id.in_(select(wanted.c.id)))
        .order_by(_attempts.c.delivery_id, _attempts.c.fence)
    )
    return [Attempt(**row) for row in (await connection.execute(statement)).mappings()]


async def oldest_due(connection: AsyncConnection, channel: Channel, *, now: datetime) -> datetime | None:
    """Since when the longest waiting delivery of a channel has been due; None when nothing is."""
    oldest = [
        select(func.min(_deliveries.c.due_at)).where(
            _deliveries.c.channel == channel,
            _deliveries.c.urgent.is_(urgent),
            _deliveries.c.due_at <= now,
            _deliveries.c.state.in_(WAITING),
        )
        for urgent in (True, False)
    ]
    answers = [value for value in (await connection.execute(union_all(*oldest))).scalars() if value is not None]
    return min(answers, default=None)
