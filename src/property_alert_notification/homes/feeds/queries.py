"""Every statement about feeds."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Integer, bindparam, delete, func, or_, select, true, tuple_, update

# Its words for conflicts are SQLite's too.
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.database import BatchStatement, columns_of, table_of, time_type
from property_alert_notification.homes.feeds.entity_events import Event
from property_alert_notification.homes.feeds.models import FeedEvent, FeedPosition
from property_alert_notification.homes.listings.models import Listing
from property_alert_notification.homes.reso.words import OFF_MARKET

_positions, _events, _listings = table_of(FeedPosition), table_of(FeedEvent), table_of(Listing)


class LeaseLost(Exception):
    """Another worker replicates the feed now: what this one has read is not stored."""


async def lease(
    connection: AsyncConnection, feed: str, holder: str, *, now: datetime, until: datetime
) -> FeedPosition | None:
    """Take or extend the lease of a feed; None while another worker has it."""
    await connection.execute(insert(_positions).values(feed=feed).on_conflict_do_nothing())
    free = or_(_positions.c.leased_until.is_(None), _positions.c.leased_until <= now, _positions.c.holder == holder)
    taken = (
        update(_positions)
        .where(_positions.c.feed == feed, free)
        .values(holder=holder, fence=_positions.c.fence + 1, leased_until=until)
        .returning(*_positions.c)
    )
    row = (await connection.execute(taken)).mappings().one_or_none()
    return None if row is None else FeedPosition(**row)


async def renew(connection: AsyncConnection, position: FeedPosition, *, until: datetime) -> bool:
    """Extend the lease that this position was read with; returns False if it is another worker's."""
    ours = (_positions.c.feed == position.feed) & (_positions.c.fence == position.fence)
    changed = update(_positions).where(ours).values(leased_until=until).returning(_positions.c.feed)
    is_ours = (await connection.execute(changed)).one_or_none() is not None
    if is_ours:
        position.leased_until = until
    return is_ours


async def release(connection: AsyncConnection, feed: str, holder: str) -> None:
    """Give the lease back, so that another worker can go on at once."""
    ours = (_positions.c.feed == feed) & (_positions.c.holder == holder)
    await connection.execute(update(_positions).where(ours).values(leased_until=None, holder=None))


async def advance(connection: AsyncConnection, position: FeedPosition, **values: Any) -> None:
    """Store how far a feed is replicated now.

    Raises:
        LeaseLost: the lease is another one's.
    """
    ours = (_positions.c.feed == position.feed) & (_positions.c.fence == position.fence)
    changed = await connection.execute(
        update(_positions).where(ours).values(**(values or {"fence": position.fence})).returning(_positions.c.feed)
    )
    if changed.one_or_none() is None:
        raise LeaseLost
    for name, value in values.items():
        setattr(position, name, value)


async def count_refusals(connection: AsyncConnection, feed: str, refused: int, last: str) -> None:
    """Count records that could not be understood."""
    counted = update(_positions).where(_positions.c.feed == feed)
    await connection.execute(counted.values(refused=_positions.c.refused + refused, last_refusal=last))


async def positions(connection: AsyncConnection) -> list[FeedPosition]:
    """All feeds that were ever replicated, by name."""
    found = await connection.execute(select(_positions).order_by(_positions.c.feed))
    return [FeedPosition(**row) for row in found.mappings()]


async def rewind(connection: AsyncConnection, feed: str, **values: Any) -> bool:
    """Set a feed back; what its worker reads at this moment is not stored. Returns whether the feed is known."""
    changed = await connection.execute(
        update(_positions)
        .where(_positions.c.feed == feed)
        .values(fence=_positions.c.fence + 1, leased_until=None, retry_at=None, **values)
        .returning(_positions.c.feed)
    )
    return changed.one_or_none() is not None


async def on_market(connection: AsyncConnection, feed: str, *, after: str, limit: int) -> list[str]:
    """The keys of listings on the market that this feed showed last, those after one in their order."""
    shown = (_listings.c.feed == feed) & (_listings.c.modified_at.is_not(None))
    is_offered = _listings.c.status.not_in(sorted(OFF_MARKET))
    wanted = select(_listings.c.listing_key).where(_listings.c.listing_key > after, shown, is_offered).distinct()
    return list((await connection.execute(wanted.order_by(_listings.c.listing_key).limit(limit))).scalars())


_EVENT = ("source", "sequence", "record_key", "resource", "received_at", "due_at")
_ADD = BatchStatement(
    columns_of(_events, *_EVENT),
    lambda new: (
        insert(_events)
        .from_select([*_EVENT, "attempts"], select(*new.c, bindparam("attempts", 0, type_=Integer)).where(true()))
        .on_conflict_do_nothing()
    ),
)


async def add_events(connection: AsyncConnection, source: str, events: Collection[Event], *, now: datetime) -> None:
    """Store events whose records are to be requested. Those that are stored already stay as they are."""
    if events:
        # In one order everywhere, or two transactions deadlock.
        await _ADD.run(connection, [(source, *one, now, now) for one in sorted(events)])


async def has_more(connection: AsyncConnection, count: int) -> bool:
    """Whether at least this many events wait."""
    waits = select(_events.c.sequence).where(_events.c.due_at.is_not(None)).offset(count - 1).limit(1)
    return (await connection.execute(waits)).first() is not None


def _of(sources: Collection[str] | None) -> Any:
    return true() if sources is None else func.lower(_events.c.source).in_(sources)


async def due_events(
    connection: AsyncConnection, sources: Collection[str] | None, *, now: datetime, limit: int
) -> list[FeedEvent]:
    """Events whose record is to be requested now, the longest waiting first; None are all sources."""
    due = select(_events).where(_events.c.due_at <= now, _of(sources))
    found = await connection.execute(due.order_by(_events.c.due_at, _events.c.sequence).limit(limit))
    return [FeedEvent(**row) for row in found.mappings()]


async def waiting(connection: AsyncConnection, sources: Collection[str] | None) -> tuple[int, datetime | None]:
    """How many events wait for their record, and since when the first of them."""
    counted = select(func.count(), func.min(_events.c.received_at)).where(_events.c.due_at.is_not(None), _of(sources))
    number, since = (await connection.execute(counted)).one()
    return int(number), since


async def waiting_sources(connection: AsyncConnection) -> set[str]:
    """The sources of events that wait, in small letters."""
    found = await connection.execute(
        select(func.lower(_events.c.source)).where(_events.c.due_at.is_not(None)).distinct()
    )
    return set(found.scalars())


async def given_up(connection: AsyncConnection, sources: Collection[str] | None, *, limit: int) -> list[FeedEvent]:
    """The newest events whose record could not be taken."""
    failed = select(_events).where(_events.c.due_at.is_(None), _events.c.error.is_not(None), _of(sources))
    found = await connection.execute(failed.order_by(_events.c.received_at.desc()).limit(limit))
    return [FeedEvent(**row) for row in found.mappings()]


async def settle(
    connection: AsyncConnection, event: FeedEvent, *, due_at: datetime | None = None, error: str | None = None
) -> None:
    """Store what became of one event; with `due_at` its record is requested again then."""
    its = (
        (_events.c.source == event.source)
        & (_events.c.sequence == event.sequence)
        & (_events.c.record_key == event.record_key)
    )
    values = {"due_at": due_at, "error": error, "attempts": event.attempts + (due_at is not None)}
    await connection.execute(update(_events).where(its).values(**values))


_SETTLE = BatchStatement(
    columns_of(_events, "source", "sequence", "record_key"),
    lambda done: (
        update(_events)
        .where(
            _events.c.source == done.c.source,
            _events.c.sequence == done.c.sequence,
            _events.c.record_key == done.c.record_key,
        )
        .values(due_at=None, error=None)
    ),
)


async def settle_all(connection: AsyncConnection, events: Sequence[FeedEvent]) -> None:
    """The records of these events were taken."""
    if events:
        await _SETTLE.run(connection, [(one.source, one.sequence, one.record_key) for one in events])


async def repeat_from(connection: AsyncConnection, source: str, sequence: int, *, now: datetime) -> None:
    """Request the records of all stored events from this sequence on again."""
    these = (func.lower(_events.c.source) == source.lower()) & (_events.c.sequence >= sequence)
    await connection.execute(update(_events).where(these).values(due_at=now, attempts=0, error=None))


async def forget_done(connection: AsyncConnection, source: str) -> None:
    """Delete the events of a source that are done: others with their numbers are new."""
    await connection.execute(delete(_events).where(_events.c.source == source, _events.c.due_at.is_(None)))


_KEY = (_events.c.source, _events.c.sequence, _events.c.record_key)


def _remove(is_old: ColumnElement[bool], since: ColumnElement[Any]) -> Any:
    old = select(*_KEY).where(is_old).order_by(since).limit(bindparam("limit", type_=Integer))
    these = old.with_for_update(skip_locked=True).cte("old")
    # For several columns alone SQLite would read the whole table.
    among = _KEY[0].in_(select(these.c[0])), tuple_(*_KEY).in_(select(*these.c))
    return delete(_events).where(*among).returning(_events.c.sequence)


_until = bindparam("until", type_=time_type())
_REMOVE_OLD = (
    _remove(_events.c.due_at.is_(None) & (_events.c.received_at < _until), _events.c.received_at),
    _remove(_events.c.due_at < _until, _events.c.due_at),
)


async def remove_done(connection: AsyncConnection, *, until: datetime, limit: int) -> int:
    """Delete up to `limit` events that are done and were received before `until`; returns how many."""
    gone = await connection.execute(_REMOVE_OLD[0], {"until": until, "limit": limit})
    return len(gone.all())


async def remove_old(connection: AsyncConnection, *, until: datetime, limit: int) -> int:
    """Delete up to `limit` old events that are done, and as many that no feed takes; returns the greater number."""
    values = {"until": until, "limit": limit}
    return max([len((await connection.execute(statement, values)).all()) for statement in _REMOVE_OLD])
