"""Every statement about shards: their leases, how far they have come, and dividing people anew."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import BigInteger, Integer, and_, bindparam, delete, literal, or_, select, update

# Its words for conflicts are SQLite's too.
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.database import table_of, time_type
from property_alert_notification.homes.alerts.models import MatcherLease
from property_alert_notification.homes.alerts.shards.rules import ShardRow, current
from property_alert_notification.homes.alerts.shards.shard import WHOLE, Shard
from property_alert_notification.homes.saved_searches.versions.share import Share

_matchers = table_of(MatcherLease)
_now = bindparam("now", type_=time_type())
_until = bindparam("until", type_=time_type())
_me = bindparam("me", type_=_matchers.c.holder.type)


class Lease(NamedTuple):
    """A matcher's right to go on from a position with a shard."""

    shard: int
    fence: int
    position: int


_mine = _matchers.c.shard == bindparam("its_shard", type_=Integer)
_IS_FREE = or_(_matchers.c.leased_until.is_(None), _matchers.c.leased_until <= _now)
_IS_FOR_US = or_(_matchers.c.wanted_by.is_(None), _matchers.c.wanted_by == _me, _matchers.c.wanted_until <= _now)
_TAKE = (
    update(_matchers)
    .where(_mine, _IS_FREE, _IS_FOR_US)
    .values(holder=_me, fence=_matchers.c.fence + 1, leased_until=_until, wanted_by=None, wanted_until=None)
    .returning(_matchers.c.shard, _matchers.c.fence, _matchers.c.position)
)


async def take_lease(
    connection: AsyncConnection, shard: Shard, holder: UUID, *, now: datetime, until: datetime
) -> Lease | None:
    """Take the lease of a shard; None if another process has it, or asks for it, or if the shard has ended."""
    row = (
        await connection.execute(_TAKE, {"its_shard": shard.number, "me": holder, "now": now, "until": until})
    ).first()
    return None if row is None else Lease(*row)


_is_ours = and_(_mine, _matchers.c.fence == bindparam("our_fence", type_=BigInteger))
_ADVANCE = (
    update(_matchers)
    .where(_is_ours, _matchers.c.position == bindparam("our_position", type_=BigInteger))
    .values(leased_until=_until, position=bindparam("new_position", type_=BigInteger))
    .returning(_matchers.c.fence)
)


async def advance(connection: AsyncConnection, lease: Lease, *, position: int, until: datetime) -> bool:
    """Go on to a position and renew the lease; returns False if the lease is not as we know it."""
    values = {**_values(lease), "our_position": lease.position, "new_position": position, "until": until}
    return (await connection.execute(_ADVANCE, values)).first() is not None


async def position_of(connection: AsyncConnection, lease: Lease) -> int | None:
    """How far the holder of this lease has come; None if another matcher has taken it."""
    found = await connection.execute(select(_matchers.c.position).where(_is_ours), _values(lease))
    return found.scalar_one_or_none()


async def end_lease(connection: AsyncConnection, lease: Lease, *, now: datetime) -> None:
    """Let another matcher take over at once."""
    await connection.execute(update(_matchers).where(_is_ours).values(holder=None, leased_until=now), _values(lease))


def _values(lease: Lease) -> dict[str, int]:
    return {"its_shard": lease.shard, "our_fence": lease.fence}


async def position_of_shard(connection: AsyncConnection, shard: Shard) -> int | None:
    """How far a shard has come; None if it has ended."""
    found = await connection.execute(select(_matchers.c.position).where(_mine), {"its_shard": shard.number})
    return found.scalar_one_or_none()


_ROWS = select(
    *(_matchers.c[name] for name in ("shard", "part", "parts", *ShardRow._fields[1:])),
).order_by(_matchers.c.shard)


_LOCKED_ROWS = _ROWS.with_for_update()


async def shards(connection: AsyncConnection, *, lock: bool = False) -> list[ShardRow]:
    """All shards; with `lock` no matcher commits until the transaction ends."""
    rows = (await connection.execute(_LOCKED_ROWS if lock else _ROWS)).all()
    if lock and not rows:
        # Users were divided anew while it waited for the shards of before.
        rows = (await connection.execute(_LOCKED_ROWS)).all()
    return current([ShardRow(Shard(shard, Share(part, parts)), *rest) for shard, part, parts, *rest in rows])


async def position_for(connection: AsyncConnection, person: int) -> int:
    """How far matching has come for a person."""
    rows = await shards(connection)
    return next((one.position for one in rows if one.shard.share.has(person)), 0)


async def least_position(connection: AsyncConnection) -> int:
    """How far matching has come for everyone."""
    return min((one.position for one in await shards(connection)), default=0)


_FIRST = {"shard": WHOLE.number, **WHOLE.share._asdict(), "fence": 0, "position": 0}
_ADD_FIRST = (
    insert(_matchers)
    .from_select([*_FIRST], select(*map(literal, _FIRST.values())).where(~select(_matchers.c.shard).exists()))
    .on_conflict_do_nothing()
)


async def add_first_shard(connection: AsyncConnection) -> None:
    """Begin with one shard of all people, if there was never any."""
    await connection.execute(_ADD_FIRST)


async def ask_for(connection: AsyncConnection, shard: Shard, me: UUID, *, now: datetime, until: datetime) -> None:
    """Ask the holder of a shard for it, until a time, unless another process does."""
    asked = update(_matchers).where(_mine, _IS_FOR_US).values(wanted_by=_me, wanted_until=_until)
    await connection.execute(asked, {"its_shard": shard.number, "me": me, "now": now, "until": until})


async def divide(connection: AsyncConnection, parts: int, *, now: datetime) -> bool:
    """Divide people into so many shards, which go on from where the slowest one was; False if a matcher works yet.

    Positions of the others go back by this. Whom they told is in the told ledger.
    """
    rows = await shards(connection, lock=True)
    if not rows or rows[0].shard.share.parts == parts or any(one.is_held(now) for one in rows):
        return False
    first = max(one.shard.number for one in rows) + 1
    await connection.execute(delete(_matchers))
    its = {"parts": parts, "fence": 0, "position": min(one.position for one in rows), "leased_until": now}
    await connection.execute(
        insert(_matchers).values([{"shard": first + part, "part": part, **its} for part in range(parts)])
    )
    return True
