"""Every statement about what workers report of their providers."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from uuid import UUID

from sqlalchemy import FromClause, case, delete, select, true

# SQLite has the same ON CONFLICT syntax as PostgreSQL.
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.base.vocabulary import BreakerState
from property_alert_notification.database import BatchStatement, columns_of, readable, table_of
from property_alert_notification.operators.providers.models import ProviderAccount, ReportedBreaker

LIVING = timedelta(seconds=60)
"""How long a report counts as current after it was written."""

LONGEST_AHEAD = timedelta(minutes=2)
"""A reserved turn that is further ahead was reserved by a clock that was wrong. Others are less far ahead than this,
also for a worker that waited for the store after it read its clock."""

_breakers = table_of(ReportedBreaker)
_accounts = table_of(ProviderAccount)
_COLUMNS = tuple(_breakers.c.keys())
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_KEY = ("worker", "channel", "provider")


def _insert_or_replace(list_all: FromClause) -> Insert:
    wanted = insert(_breakers).from_select(_COLUMNS, select(*list_all.c).where(true()))
    changed = {name: wanted.excluded[name] for name in _COLUMNS if name not in _KEY}
    return wanted.on_conflict_do_update(index_elements=_KEY, set_=changed)


_SAVE = BatchStatement(columns_of(_breakers, *_COLUMNS), _insert_or_replace)


async def save(connection: AsyncConnection, breakers: Sequence[ReportedBreaker]) -> None:
    """Replace the report of one worker's breakers."""
    await _SAVE.run(connection, map(attrgetter(*_COLUMNS), breakers))


async def list_all(connection: AsyncConnection) -> list[ReportedBreaker]:
    """The last report of every worker, by channel and provider."""
    everything = select(_breakers).order_by(_breakers.c.channel, _breakers.c.provider, _breakers.c.worker)
    return readable(await connection.execute(everything), lambda row: ReportedBreaker(**row))


async def left_alone(connection: AsyncConnection, *, now: datetime) -> dict[str, str]:
    """The reason for each provider whose breaker a living worker has open, by `email by smtp`."""
    return {
        f"{one.channel} by {one.provider}": one.reason or one.state
        for one in await list_all(connection)
        if one.state != BreakerState.CLOSED and now - one.reported_at <= LIVING
    }


async def forget_silent(connection: AsyncConnection, *, reported_before: datetime) -> None:
    """Delete the reports of workers that are long gone."""
    await connection.execute(delete(_breakers).where(_breakers.c.reported_at < reported_before))


async def forget(connection: AsyncConnection, worker: UUID) -> None:
    """Delete the reports of a worker that stops."""
    await connection.execute(delete(_breakers).where(_breakers.c.worker == worker))


async def reserve(
    connection: AsyncConnection,
    channel: str,
    provider: str,
    *,
    count: int,
    gap: timedelta,
    now: datetime,
    between: tuple[datetime, datetime],
) -> datetime | None:
    """Reserve the next turns of a provider's account; returns when the first is, a gap after the last one reserved.

    None if it could only be after the two moments: nothing is reserved then.
    """
    earliest, latest = (_microseconds(moment - _EPOCH) for moment in between)
    far = _microseconds(now - _EPOCH + LONGEST_AHEAD)
    step, rest = _microseconds(gap), (count - 1) * _microseconds(gap)
    last = _accounts.c.next_turn - _accounts.c.gap
    first = case((last > far, earliest), (last + step > earliest, last + step), else_=earliest)
    wanted = (
        insert(_accounts)
        .values(channel=channel, provider=provider, next_turn=earliest + rest + step, gap=step)
        .on_conflict_do_update(
            index_elements=["channel", "provider"],
            set_={"next_turn": first + rest + step, "gap": step},
            where=first <= latest,
        )
        .returning(_accounts.c.next_turn)
    )
    reserved: int | None = (await connection.execute(wanted)).scalar_one_or_none()
    return None if reserved is None else _moment(reserved - rest - step)


async def last_turn(connection: AsyncConnection, channel: str, provider: str) -> datetime:
    """The last turn of an account that is reserved."""
    of_account = (_accounts.c.channel == channel) & (_accounts.c.provider == provider)
    last = select(_accounts.c.next_turn - _accounts.c.gap).where(of_account)
    return _moment((await connection.execute(last)).scalar_one())


def _moment(microseconds: int) -> datetime:
    return _EPOCH + timedelta(microseconds=microseconds)


def _microseconds(span: timedelta) -> int:
    return span // timedelta(microseconds=1)
