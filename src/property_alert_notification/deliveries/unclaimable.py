"""Every statement about deliveries that no worker would ever claim because of invalid values in their rows.

Workers query known channels, known states and times that come. A row with another value would wait for ever, so a
search finds it along the same indexes, a few rows at a time.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Integer, Select, Update, and_, bindparam, literal, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.base.reasons import Reason
from property_alert_notification.base.vocabulary import Channel, DeliveryState
from property_alert_notification.broker.base import QUEUES, Queue
from property_alert_notification.database import among, table_of, time_type
from property_alert_notification.deliveries.models import IS_LEASED, OPEN, Delivery
from property_alert_notification.deliveries.queries import REASON, reason_values
from property_alert_notification.deliveries.states import ENDED, LEASED, STUCK, WAITING, Event, movable_by

LONGEST_LEASE = timedelta(days=1)
"""No worker wrote a lease that ends later: workers renew theirs by minutes at most."""

FARTHEST = timedelta(days=400)
"""Workers never postpone a delivery beyond this."""

LATEST_PUBLISHED = timedelta(hours=1)
"""How far `published_at` may lie ahead of this clock; a later one is wrong."""

_FRONT = 1_000
"""Deliveries at the front of a queue that are examined: unclaimable ones collect there."""

_deliveries = table_of(Delivery)
_now, _far, _far_lease, _far_published = [
    bindparam(name, type_=time_type()) for name in ("now", "far", "far_lease", "far_published")
]
_limit = bindparam("limit", type_=Integer)

# The exact text of the indexes' conditions: a parameter would not match a partial index.
_has_lease, _has_time = text(IS_LEASED), text("due_at IS NOT NULL")
_state_is_none = _deliveries.c.state.not_in(list(DeliveryState))
_is_open = _deliveries.c.state.not_in((*ENDED, *STUCK, *LEASED))


@dataclass(frozen=True, slots=True)
class UnclaimableKind:
    """One kind of them."""

    why: str
    statement: Update
    is_leased: bool = False
    """A worker had claimed it: its provider may have it."""


def _quarantine(chosen: Select[Any], **changed: Any) -> Update:
    return (
        update(_deliveries)
        .where(among(_deliveries.c.id, chosen.limit(_limit)))
        .values(
            state=DeliveryState.QUARANTINED, **REASON, held_by=None, due_at=None, published_at=None, changed_at=_now
        )
        .values(**changed)
        .returning(_deliveries.c.id)
    )


def _where(*conditions: Any) -> Select[tuple[UUID]]:
    return select(_deliveries.c.id).where(*conditions)


def _is_in(queue: Queue) -> ColumnElement[bool]:
    return and_(_deliveries.c.channel == literal(str(queue.channel)), _deliveries.c.urgent == literal(queue.urgent))


def _front(queue: Queue) -> ColumnElement[bool]:
    first = _where(_is_in(queue), _deliveries.c.due_at <= _now).order_by(_deliveries.c.due_at).limit(_FRONT)
    return _deliveries.c.id.in_(first)


def _between_channels() -> Iterator[ColumnElement[bool]]:
    """The ranges of the index in which no known channel lies."""
    channel, known = _deliveries.c.channel, sorted(map(str, Channel))
    yield channel < literal(known[0])
    for one, next_one in pairwise(known):
        yield and_(channel > literal(one), channel < literal(next_one))
    yield channel > literal(known[-1])


def _neither_urgent_nor_not() -> Iterator[ColumnElement[bool]]:
    """SQLite keeps any number or text in that column, and no queue would find it."""
    urgent, no, yes = _deliveries.c.urgent, literal(value=False), literal(value=True)
    for channel in Channel:
        for neither in (urgent < no, and_(urgent > no, urgent < yes), urgent > yes):
            yield and_(_deliveries.c.channel == literal(str(channel)), neither)


# Others end; those that never end are soon among the oldest.
_oldest_open = _where(text(OPEN)).order_by(_deliveries.c.notification_id).limit(_FRONT)
_is_due_never = and_(_deliveries.c.state.in_(WAITING), _deliveries.c.due_at.is_(None))

_KINDS = [
    UnclaimableKind(
        "it is due at no time at all", _quarantine(_where(_deliveries.c.id.in_(_oldest_open), _is_due_never))
    ),
    *[
        UnclaimableKind(
            "its lease ends at no time that a worker chose", _quarantine(_where(_has_lease, ends)), is_leased=True
        )
        for ends in (_deliveries.c.due_at > _far_lease, _deliveries.c.due_at.is_(None))
    ],
    *[
        UnclaimableKind("its channel is none that there is", _quarantine(_where(_has_time, _is_open, nowhere)))
        for nowhere in _between_channels()
    ],
    *[
        UnclaimableKind("it is neither urgent nor not", _quarantine(_where(_has_time, _is_open, neither), urgent=False))
        for neither in _neither_urgent_nor_not()
    ],
    *[
        UnclaimableKind("its state is none that there is", _quarantine(_where(_front(queue), _state_is_none)))
        for queue in QUEUES
    ],
    *[
        UnclaimableKind(
            "it is due at no time that comes", _quarantine(_where(_is_in(queue), _deliveries.c.due_at > _far, _is_open))
        )
        for queue in QUEUES
    ],
]

_published_too_late = and_(
    _deliveries.c.published_at > _far_published, _deliveries.c.state.in_(movable_by(Event.CLAIMED))
)
_UNMARK = [
    update(_deliveries)
    .where(among(_deliveries.c.id, _where(_front(queue), _published_too_late).limit(_limit)))
    .values(published_at=None)
    .returning(_deliveries.c.id)
    for queue in QUEUES
]


@dataclass(frozen=True, slots=True)
class Found:
    """Deliveries of one kind that were quarantined."""

    kind: UnclaimableKind
    ids: Sequence[UUID]


async def quarantine(
    connection: AsyncConnection, reason_of: Callable[[UnclaimableKind], Reason], *, now: datetime, limit: int
) -> list[Found]:
    """Quarantine up to `limit` of each kind, for the reason that `reason_of` gives it; returns which those were."""
    times = {"now": now, "far": now + FARTHEST, "far_lease": now + LONGEST_LEASE, "limit": limit}
    found = []
    for kind in _KINDS:
        moved = await connection.execute(kind.statement, {**times, **reason_values(reason_of(kind))})
        if ids := moved.scalars().all():
            found.append(Found(kind, ids))
    return found


async def unmark(connection: AsyncConnection, *, now: datetime, limit: int) -> int:
    """Remove the mark from deliveries published in the future, so that they are published; returns how many."""
    values = {"now": now, "far_published": now + LATEST_PUBLISHED, "limit": limit}
    return sum([len((await connection.execute(statement, values)).all()) for statement in _UNMARK])
