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

LONGEST_AHEAD = timedelta(minutes=10)
"""How far ahead an account may be reserved. A reservation beyond that was made by a clock that was wrong."""

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
    connection: AsyncConnection, channel: str, provider: str, *, span: timedelta, now: datetime
) -> datetime:
    """Reserve so much of the time of a provider's account; returns when it begins, `now` or later."""
    here, length = _microseconds(now - _EPOCH), _microseconds(span)
    latest = here + _microseconds(LONGEST_AHEAD)
    begins = case((_accounts.c.next_turn.between(here, latest), _accounts.c.next_turn), else_=here)
    wanted = (
        insert(_accounts)
        .values(channel=channel, provider=provider, next_turn=here + length)
        .on_conflict_do_update(index_elements=["channel", "provider"], set_={"next_turn": begins + length})
        .returning(_accounts.c.next_turn)
    )
    ends: int = (await connection.execute(wanted)).scalar_one()
    return _EPOCH + timedelta(microseconds=ends - length)


def _microseconds(span: timedelta) -> int:
    return span // timedelta(microseconds=1)
