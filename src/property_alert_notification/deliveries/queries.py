"""Every statement about deliveries and attempts. Each works on a batch; a batch of one is a batch.

Statements are built once and given values when they run: building one costs more than running it.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Integer,
    SmallInteger,
    Update,
    and_,
    bindparam,
    case,
    delete,
    func,
    insert,
    literal,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.base.errors import UnreadableRow
from property_alert_notification.base.vocabulary import Channel, DeliveryState, Outcome
from property_alert_notification.database import (
    BatchStatement,
    Script,
    Statement,
    among,
    columns_of,
    table_of,
    time_type,
)
from property_alert_notification.deliveries.models import Attempt, Delivery
from property_alert_notification.deliveries.queues import is_claimable
from property_alert_notification.deliveries.states import ENDED, Event, movable_by

_deliveries = table_of(Delivery)
_attempts = table_of(Attempt)


class NewDelivery(NamedTuple):
    """A delivery as planned: a row to insert."""

    id: UUID
    notification_id: UUID
    channel: Channel
    address: str
    urgent: bool
    test: bool
    state: DeliveryState
    reason: str
    due_at: datetime | None
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to send one delivery, until the lease ends or somebody raises the fence."""

    delivery_id: UUID
    notification_id: UUID
    channel: str
    address: str
    fence: int
    attempts: int
    """Attempts made and counted, this one included."""
    unknowns: int
    test: bool
    """Goes to the simulator, never to a real provider."""


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
    counted: bool = True
    """Whether the claim used up one of the attempts that the delivery has."""
    begun: bool = True
    """False when its attempt never came to the provider, and so was none."""


_NEW = NewDelivery._fields
_CLAIMED = tuple(
    _deliveries.c[name]
    for name in ("id", "notification_id", "channel", "address", "fence", "attempts", "unknowns", "test")
)
_IDS = columns_of(_deliveries, "id")

_now = bindparam("now", type_=time_type())
_leased_until = bindparam("leased_until", type_=time_type())


_zero = literal(0, SmallInteger)
_ADD = BatchStatement(
    columns_of(_deliveries, *_NEW),
    lambda new: insert(_deliveries).from_select(
        [*_NEW, "fence", "attempts", "unknowns"], select(*new.c, _zero, _zero, _zero)
    ),
)


def add(deliveries: Sequence[NewDelivery]) -> Statement:
    """Insert planned deliveries."""
    return Statement(_ADD, deliveries)


def _claim_these(wanted: FromClause) -> Update:
    claimable = (
        select(_deliveries.c.id)
        .where(
            _deliveries.c.id.in_(select(wanted.c.id)),
            is_claimable(),
        )
        .with_for_update(skip_locked=True)
    )
    return (
        update(_deliveries)
        .where(_deliveries.c.id.in_(claimable.scalar_subquery()))
        .values(
            state=DeliveryState.SENDING,
            fence=_deliveries.c.fence + 1,
            attempts=_deliveries.c.attempts + 1,
            due_at=_leased_until,
            rung_at=None,
            changed_at=_now,
        )
        .returning(*_CLAIMED)
    )


_CLAIM = BatchStatement(_IDS, _claim_these)


def claim(deliveries: Collection[UUID], *, now: datetime, leased_until: datetime) -> Script[list[Claim]]:
    """Claim what is still claimable of these; each delivery goes to one caller, under a new fence."""
    claimed = yield Statement(_CLAIM, _each(deliveries), {"now": now, "leased_until": leased_until})
    return [_checked(Claim(*row)) for row in claimed]


def _checked(claim: Claim) -> Claim:
    """SQLite keeps any kind of value in any column: what is no number breaks whoever counts with it.

    Raises:
        UnreadableRow: a value is of another kind than its column.
    """
    for column, kind in _KINDS:
        if type(getattr(claim, column)) is not kind:
            raise UnreadableRow(f"{column} is not {kind.__name__}")
    return claim


_KINDS = (("address", str), ("fence", int), ("attempts", int), ("unknowns", int))


_ATTEMPT = ("delivery_id", "fence", "provider", "started_at")
_OPEN_ATTEMPTS = BatchStatement(
    columns_of(_attempts, *_ATTEMPT), lambda new: insert(_attempts).from_select(_ATTEMPT, select(*new.c))
)


def open_attempts(claims: Iterable[tuple[Claim, str]], *, started_at: datetime) -> Statement:
    """Write down by which provider each is about to be tried; commit before calling it."""
    rows = [(claim.delivery_id, claim.fence, provider, started_at) for claim, provider in claims]
    return Statement(_OPEN_ATTEMPTS, rows)


_SETTLED = columns_of(_deliveries, "id", "fence", "state", "reason", "due_at", "changed_at")
_ENDED = {"id": _deliveries.c.id.type, "fence": _deliveries.c.fence.type} | columns_of(
    _attempts, "outcome", "reason", "ended_at", "provider_message_id"
)
_MOVE = BatchStatement(
    _SETTLED | columns_of(_attempts, "outcome") | {"uncounted": SmallInteger()},
    lambda settled: (
        update(_deliveries)
        .where(_is_ours(settled))
        .values(
            state=settled.c.state,
            reason=settled.c.reason,
            due_at=settled.c.due_at,
            changed_at=settled.c.changed_at,
            attempts=_deliveries.c.attempts - settled.c.uncounted,
            unknowns=_deliveries.c.unknowns + case((settled.c.outcome == Outcome.UNKNOWN, 1), else_=0),
        )
        .returning(_deliveries.c.id)
    ),
)
_END_ATTEMPTS = BatchStatement(
    _ENDED,
    lambda ended: (
        update(_attempts)
        .where(_attempts.c.delivery_id == ended.c.id, _attempts.c.fence == ended.c.fence)
        .values(
            outcome=ended.c.outcome,
            reason=ended.c.reason,
            ended_at=ended.c.ended_at,
            provider_message_id=ended.c.provider_message_id,
        )
    ),
)


_WITHDRAW_ATTEMPTS = BatchStatement(
    columns_of(_attempts, "delivery_id", "fence"),
    lambda unbegun: delete(_attempts).where(
        tuple_(_attempts.c.delivery_id, _attempts.c.fence).in_(select(*unbegun.c)), _attempts.c.ended_at.is_(None)
    ),
)


def settle(settlements: Sequence[Settlement]) -> list[Statement]:
    """Move deliveries on whose fence is still ours, and end all their attempts; the last finds those that moved.

    An attempt ends as it truly ended even when its worker was fenced off in the meantime: the log says what
    happened, the state belongs to whoever holds the fence.
    """
    ended = [
        (s.delivery_id, s.fence, s.outcome, s.reason, s.settled_at, s.provider_message_id)
        for s in settlements
        if s.outcome is not None
    ]
    unbegun = [(s.delivery_id, s.fence) for s in settlements if not s.begun]
    moved = [
        (s.delivery_id, s.fence, s.state, s.reason, s.due_at, s.settled_at, s.outcome, 0 if s.counted else 1)
        for s in settlements
    ]
    asks = [Statement(_END_ATTEMPTS, ended), Statement(_WITHDRAW_ATTEMPTS, unbegun), Statement(_MOVE, moved)]
    return [ask for ask in asks if ask.rows]


def _is_ours(held: FromClause) -> ColumnElement[bool]:
    """The delivery is being sent, and under the fence that the caller holds."""
    return and_(
        _deliveries.c.id == held.c.id,
        _deliveries.c.fence == held.c.fence,
        _deliveries.c.state == DeliveryState.SENDING,
    )


_HELD = columns_of(_deliveries, "id", "fence")


def _renew_these(held: FromClause) -> Update:
    free = select(_deliveries.c.id).where(_is_ours(held)).with_for_update(of=_deliveries, skip_locked=True)
    return (
        update(_deliveries)
        .where(_deliveries.c.id.in_(free.correlate(None).scalar_subquery()))
        .values(due_at=_leased_until)
        .returning(_deliveries.c.id, _deliveries.c.fence)
    )


_RENEW = BatchStatement(_HELD, _renew_these)
_STILL_OURS = BatchStatement(_HELD, lambda held: select(_deliveries.c.id, _deliveries.c.fence).where(_is_ours(held)))


@dataclass(frozen=True, slots=True)
class Renewal:
    """What came of prolonging leases, by id and fence. What is in neither was locked by somebody, and is as it was."""

    renewed: set[tuple[UUID, int]]
    lost: set[tuple[UUID, int]]
    """These are not ours any more."""


async def renew(connection: AsyncConnection, held: Collection[tuple[UUID, int]], *, leased_until: datetime) -> Renewal:
    """Prolong the leases of these deliveries (id and fence), as far as nobody else holds up their rows."""
    renewed = {(id_, fence) for id_, fence in await _RENEW.run(connection, held, leased_until=leased_until)}
    missed = set(held) - renewed
    if not missed:
        return Renewal(renewed, missed)
    return Renewal(renewed, missed - {(id_, fence) for id_, fence in await _STILL_OURS.run(connection, list(missed))})


_SEIZE_ABANDONED = (
    update(_deliveries)
    .where(
        among(
            _deliveries.c.id,
            select(_deliveries.c.id)
            .where(
                _deliveries.c.state == DeliveryState.SENDING,
                _deliveries.c.due_at <= bindparam("ran_out_by", type_=time_type()),
            )
            .order_by(_deliveries.c.due_at)
            .limit(bindparam("limit", type_=Integer)),
        )
    )
    .values(fence=_deliveries.c.fence + 1, due_at=_leased_until)
    .returning(*_CLAIMED)
)


async def seize_abandoned(
    connection: AsyncConnection, *, ran_out_by: datetime, leased_until: datetime, limit: int
) -> list[Claim]:
    """Take over deliveries whose lease ran out by then; the raised fence shuts their worker out."""
    values = {"ran_out_by": ran_out_by, "leased_until": leased_until, "limit": limit}
    return [_checked(Claim(*row)) for row in await connection.execute(_SEIZE_ABANDONED, values)]


_ran_out_by = bindparam("ran_out_by", type_=time_type())
_ABANDONED = (
    select(_deliveries.c.id)
    .where(_deliveries.c.state == DeliveryState.SENDING, _deliveries.c.due_at <= _ran_out_by)
    .order_by(_deliveries.c.due_at)
    .limit(bindparam("limit", type_=Integer))
)


async def abandoned(connection: AsyncConnection, *, ran_out_by: datetime, limit: int) -> list[UUID]:
    """Up to `limit` deliveries whose lease ran out by then."""
    values = {"ran_out_by": ran_out_by, "limit": limit}
    return list((await connection.execute(_ABANDONED, values)).scalars())


_SEIZE_THESE = BatchStatement(
    _IDS,
    lambda wanted: (
        update(_deliveries)
        .where(
            _deliveries.c.id.in_(
                select(_deliveries.c.id)
                .where(
                    _deliveries.c.id.in_(select(wanted.c.id)),
                    _deliveries.c.state == DeliveryState.SENDING,
                    _deliveries.c.due_at <= _ran_out_by,
                )
                .with_for_update(skip_locked=True)
                .scalar_subquery()
            )
        )
        .values(fence=_deliveries.c.fence + 1, due_at=_leased_until)
        .returning(*_CLAIMED)
    ),
)


async def seize_these(
    connection: AsyncConnection, wanted: Collection[UUID], *, ran_out_by: datetime, leased_until: datetime
) -> list[Claim]:
    """Take over those of these deliveries whose lease ran out by then."""
    seized = await _SEIZE_THESE.run(connection, _each(wanted), ran_out_by=ran_out_by, leased_until=leased_until)
    return [_checked(Claim(*row)) for row in seized]


_CLOSE_OPEN_ATTEMPTS = BatchStatement(
    _IDS,
    lambda wanted: (
        update(_attempts)
        .where(_attempts.c.delivery_id.in_(select(wanted.c.id)), _attempts.c.ended_at.is_(None))
        .values(outcome=Outcome.UNKNOWN, reason=bindparam("why"), ended_at=_now)
        .returning(_attempts.c.delivery_id, _attempts.c.provider)
    ),
)


async def close_open_attempts(
    connection: AsyncConnection, deliveries: Collection[UUID], *, reason: str, ended_at: datetime
) -> dict[UUID, str]:
    """End the attempts of which nobody will ever tell the outcome; returns the provider of each delivery's."""
    closed = await _CLOSE_OPEN_ATTEMPTS.run(connection, _each(deliveries), why=reason, now=ended_at)
    return {row.delivery_id: row.provider for row in closed}


_COUNT_ATTEMPTS = BatchStatement(
    _IDS,
    lambda wanted: (
        select(_attempts.c.delivery_id, func.count())
        .join(_deliveries, _deliveries.c.id == _attempts.c.delivery_id)
        .where(
            _attempts.c.delivery_id.in_(select(wanted.c.id)),
            _attempts.c.reason == bindparam("why"),
            or_(_deliveries.c.replayed_at.is_(None), _attempts.c.started_at >= _deliveries.c.replayed_at),
        )
        .group_by(_attempts.c.delivery_id)
    ),
)


async def count_attempts(connection: AsyncConnection, deliveries: Collection[UUID], *, reason: str) -> dict[UUID, int]:
    """How many attempts at each of these deliveries ended for this reason, since it was last replayed."""
    counted = await _COUNT_ATTEMPTS.run(connection, _each(deliveries), why=reason)
    return {row[0]: row[1] for row in counted}


_OF_NOTIFICATIONS = BatchStatement(
    _IDS,
    lambda wanted: (
        select(_deliveries).where(_deliveries.c.notification_id.in_(select(wanted.c.id))).order_by(_deliveries.c.id)
    ),
)


def of_notifications(notifications: Collection[UUID]) -> Script[list[Delivery]]:
    """All deliveries of these notifications, in the order they were planned."""
    found = yield Statement(_OF_NOTIFICATIONS, _each(notifications))
    return [Delivery(**dict(zip(_deliveries.c.keys(), row, strict=True))) for row in found]


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
    for notification, channel, state in await _STATES_OF.run(connection, _each(notifications)):
        if channel not in _CHANNELS:
            continue
        # A word that this version does not know: whoever looks has to decide.
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
    """Hold the open deliveries of a notification until the transaction ends; nobody claims or settles them then."""
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
    .values(state=DeliveryState.SUPPRESSED, reason=bindparam("why"), due_at=None, rung_at=None, changed_at=_now)
    .returning(_deliveries.c.id)
)


async def suppress(
    connection: AsyncConnection, channel: Channel, *, reason: str, most: int, now: datetime
) -> Sequence[UUID]:
    """End some of what is due on a channel that no provider carries; returns which those were."""
    values = {"of_channel": channel, "why": reason, "most": most, "now": now}
    ended: Sequence[UUID] = (await connection.execute(_SUPPRESS, values)).scalars().all()
    return ended


_CANCEL = (
    update(_deliveries)
    .where(_of_notification, _deliveries.c.state.not_in((*ENDED, DeliveryState.SENDING)))
    .values(state=DeliveryState.CANCELLED, reason=bindparam("why"), due_at=None, rung_at=None, changed_at=_now)
)


async def cancel(connection: AsyncConnection, notification: UUID, *, reason: str, now: datetime) -> int:
    """End what is open of a notification, but for what some worker has on the wire; returns how many those were."""
    return (await connection.execute(_CANCEL, {"notification": notification, "why": reason, "now": now})).rowcount


_REMOVE = delete(_deliveries).where(_of_notification)


async def remove(connection: AsyncConnection, notification: UUID) -> None:
    """Forget the deliveries of a notification; the caller holds them, and knows that none was ever claimed."""
    await connection.execute(_REMOVE, {"notification": notification})


_ATTEMPTS_OF = BatchStatement(
    _IDS,
    lambda wanted: (
        select(_attempts)
        .where(_attempts.c.delivery_id.in_(select(wanted.c.id)))
        .order_by(_attempts.c.delivery_id, _attempts.c.fence)
    ),
)


def attempts_of(deliveries: Collection[UUID]) -> Script[list[Attempt]]:
    """All attempts at these deliveries, in the order they were made."""
    found = yield Statement(_ATTEMPTS_OF, _each(deliveries))
    return [Attempt(**dict(zip(_attempts.c.keys(), row, strict=True))) for row in found]


def _each(ids: Collection[UUID]) -> Iterable[tuple[UUID]]:
    """Ids as rows of one column."""
    return zip(ids, strict=True)
