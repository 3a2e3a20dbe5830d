"""Steps of the scripts that accept, claim and settle: statements about deliveries and attempts, each on a batch.

Statements are built once and given values when they run: building one costs more than running it.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    FromClause,
    SmallInteger,
    Update,
    and_,
    bindparam,
    case,
    delete,
    literal,
    null,
    or_,
    select,
    tuple_,
    update,
)

from property_alert_notification.base.reasons import ReasonCode
from property_alert_notification.base.vocabulary import DeliveryState, Outcome
from property_alert_notification.database import (
    BatchStatement,
    Script,
    Statement,
    as_rows,
    columns_of,
    insert_rows,
    models_from,
    of_kinds,
    table_of,
    time_type,
    true_of_many,
)
from property_alert_notification.deliveries.models import Attempt, Delivery
from property_alert_notification.deliveries.queues import is_claimable
from property_alert_notification.deliveries.records import Claim, NewDelivery, Settlement, Submission
from property_alert_notification.deliveries.states import LEASED, Event, after
from property_alert_notification.events.scripts import IS_ANYONE_LISTENING

_deliveries = table_of(Delivery)
_attempts = table_of(Attempt)

_NEW = NewDelivery._fields

CLAIMED = tuple(
    _deliveries.c[name]
    for name in ("id", "notification_id", "channel", "address", "fence", "attempts", "unknowns", "test")
)

_IDS = columns_of(_deliveries, "id")
_now = bindparam("now", type_=time_type())
_leased_until = bindparam("leased_until", type_=time_type())
_zero = literal(0, SmallInteger)

_ADD = BatchStatement(
    columns_of(_deliveries, *_NEW),
    lambda new: insert_rows(_deliveries, new, {"fence": _zero, "attempts": _zero, "unknowns": _zero}),
)


def add(deliveries: Sequence[NewDelivery]) -> Statement:
    """Insert planned deliveries."""
    return Statement(_ADD, deliveries)


def _claim_these(wanted: FromClause) -> Update:
    claimable = (
        select(_deliveries.c.id)
        .where(_deliveries.c.id.in_(select(wanted.c.id)), true_of_many(is_claimable()))
        .with_for_update(skip_locked=True)
    )
    return (
        update(_deliveries)
        .where(_deliveries.c.id.in_(claimable.scalar_subquery()))
        .values(
            state=after(DeliveryState.QUEUED, Event.CLAIMED),
            fence=_deliveries.c.fence + 1,
            attempts=_deliveries.c.attempts + 1,
            due_at=_leased_until,
            published_at=None,
            held_by=None,
            changed_at=_now,
        )
        .returning(*CLAIMED)
    )


_CLAIM = BatchStatement(_IDS, _claim_these)


def claim(deliveries: Collection[UUID], *, now: datetime, leased_until: datetime) -> Script[list[Claim]]:
    """Claim those of these deliveries that are still claimable; each gets a new fence."""
    claimed = yield Statement(_CLAIM, as_rows(deliveries), {"now": now, "leased_until": leased_until})
    return [checked(Claim(*row)) for row in claimed]


def checked(claim: Claim) -> Claim:
    """The claim, when what its worker counts with are numbers; else raises UnreadableRow."""
    return of_kinds(claim, _KINDS)


_KINDS = (("address", str), ("fence", int), ("attempts", int), ("unknowns", int))

_ATTEMPT = Submission._fields
_OPEN_ATTEMPTS = BatchStatement(columns_of(_attempts, *_ATTEMPT), lambda new: insert_rows(_attempts, new))

_SETTLED = columns_of(
    _deliveries, "id", "fence", "state", "reason_code", "reason_parameters", "held_by", "due_at", "changed_at"
)

_ENDED = {"id": _deliveries.c.id.type, "fence": _deliveries.c.fence.type} | columns_of(
    _attempts, "outcome", "reason_code", "reason_parameters", "ended_at", "provider_message_id"
)


def _move_these(settled: FromClause) -> Update:
    return (
        update(_deliveries)
        .where(is_ours(settled))
        .values(
            state=settled.c.state,
            reason_code=settled.c.reason_code,
            reason_parameters=settled.c.reason_parameters,
            held_by=settled.c.held_by,
            due_at=settled.c.due_at,
            changed_at=settled.c.changed_at,
            attempts=_deliveries.c.attempts - settled.c.uncounted,
            unknowns=_deliveries.c.unknowns + case((settled.c.outcome == Outcome.UNKNOWN, 1), else_=0),
        )
        .returning(_deliveries.c.id, IS_ANYONE_LISTENING)
    )


_MOVED = _SETTLED | columns_of(_attempts, "outcome") | {"uncounted": SmallInteger()}
_MOVE = BatchStatement(_MOVED, _move_these)
_MOVE_UNHEARD = BatchStatement(
    _MOVED,
    lambda settled: _move_these(settled).where(
        or_(settled.c.state != literal(DeliveryState.SENT.value), ~IS_ANYONE_LISTENING)
    ),
)

_ERASED = ReasonCode.USER_ERASED.value


def _end_these(ended: FromClause) -> Update:
    # A worker may settle late, after the user was erased: what the provider said stays unknown then.
    is_erased = _attempts.c.reason_code == literal(_ERASED)
    return (
        update(_attempts)
        .where(_attempts.c.delivery_id == ended.c.id, _attempts.c.fence == ended.c.fence)
        .values(
            outcome=ended.c.outcome,
            reason_code=case((is_erased, literal(_ERASED)), else_=ended.c.reason_code),
            reason_parameters=case((is_erased, null()), else_=ended.c.reason_parameters),
            ended_at=ended.c.ended_at,
            provider_message_id=case((is_erased, null()), else_=ended.c.provider_message_id),
        )
    )


_END_ATTEMPTS = BatchStatement(_ENDED, _end_these)

_WITHDRAW_ATTEMPTS = BatchStatement(
    columns_of(_attempts, "delivery_id", "fence"),
    lambda withdrawn: delete(_attempts).where(
        tuple_(_attempts.c.delivery_id, _attempts.c.fence).in_(select(*withdrawn.c)), _attempts.c.ended_at.is_(None)
    ),
)


def open_attempts(submissions: Sequence[Submission]) -> Statement:
    """Store attempts before their providers are called: an attempt without an end may have reached its provider."""
    return Statement(_OPEN_ATTEMPTS, submissions)


def settle(settlements: Sequence[Settlement], *, unheard: bool = False) -> list[Statement]:
    """Move the deliveries whose fence has not changed, and end all attempts; the last one returns those that moved.

    With each of them it returns whether events are recorded for an endpoint. With `unheard` none moves to `sent` if
    that is so, since the caller records no events. An attempt gets its outcome even if the fence has changed: only the
    state of the delivery belongs to the newest claim.
    """
    ended = [
        (s.delivery_id, s.fence, s.outcome, s.reason.code.value, s.reason.stored, s.settled_at, s.provider_message_id)
        for s in settlements
        if s.outcome is not None
    ]
    withdrawn = [(s.delivery_id, s.fence) for s in settlements if not s.submitted]
    moved = [
        (
            s.delivery_id,
            s.fence,
            s.state,
            s.reason.code.value,
            s.reason.stored,
            s.held_by,
            s.due_at,
            s.settled_at,
            s.outcome,
            0 if s.counted else 1,
        )
        for s in settlements
    ]
    steps = [
        Statement(_END_ATTEMPTS, ended),
        Statement(_WITHDRAW_ATTEMPTS, withdrawn),
        Statement(_MOVE_UNHEARD if unheard else _MOVE, moved),
    ]
    return [step for step in steps if step.rows]


def is_ours(held: FromClause) -> ColumnElement[bool]:
    """The delivery is being sent, and under the fence that the caller holds."""
    return and_(
        _deliveries.c.id == held.c.id,
        _deliveries.c.fence == held.c.fence,
        or_(*[_deliveries.c.state == state for state in LEASED]),
    )


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
    found = yield Statement(_ATTEMPTS_OF, as_rows(deliveries))
    return models_from(Attempt, found)
