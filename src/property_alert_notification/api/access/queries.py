"""Every statement about API keys, rates and the audit record."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    and_,
    bindparam,
    case,
    delete,
    insert,
    or_,
    select,
    text,
    tuple_,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.api.access.models import ApiKey, AuditEntry, RateWindow
from property_alert_notification.base.clock import Clock
from property_alert_notification.database import (
    BatchStatement,
    columns_of,
    repaired,
    rows_of,
    rows_with_id,
    table_of,
    time_type,
)

_keys = table_of(ApiKey)
_windows = table_of(RateWindow)
_audit = table_of(AuditEntry)

_BY_DIGEST = BatchStatement(
    columns_of(_keys, "digest"),
    lambda wanted: select(_keys).where(
        _keys.c.digest.in_(select(wanted.c.digest)), _is_live(bindparam("now", type_=time_type()))
    ),
)


async def live_among(connection: AsyncConnection, digests: Collection[str], *, now: datetime) -> list[ApiKey]:
    """The valid keys among these."""
    found = await _BY_DIGEST.run(connection, [(digest,) for digest in digests], now=now)
    return [ApiKey(**row) for row in found.mappings()]


_MARK_USED = BatchStatement(
    columns_of(_keys, "id", "last_used_at"),
    lambda used: update(_keys).where(_keys.c.id == used.c.id).values(last_used_at=used.c.last_used_at),
)


async def mark_used(connection: AsyncConnection, keys: Collection[UUID], *, now: datetime) -> None:
    """Store when these keys were last used."""
    # Rows are updated in one order everywhere, or two processes deadlock.
    await _MARK_USED.run(connection, [(key, now) for key in sorted(keys)])


async def live_of(connection: AsyncConnection, name: str, *, test: bool, now: datetime) -> list[ApiKey]:
    """The valid keys of a caller, the oldest first."""
    statement = select(_keys).where(_keys.c.name == name, _keys.c.test == test, _is_live(now)).order_by(_keys.c.id)
    return [ApiKey(**row) for row in (await connection.execute(statement)).mappings()]


async def live_beginning_with(connection: AsyncConnection, beginning: str, *, now: datetime) -> list[ApiKey]:
    """The valid keys with this prefix."""
    statement = select(_keys).where(_keys.c.prefix.startswith(beginning, autoescape=True), _is_live(now))
    return [ApiKey(**row) for row in (await connection.execute(statement)).mappings()]


async def has_live(connection: AsyncConnection, *, now: datetime) -> bool:
    """Whether any key is valid now."""
    return bool((await connection.execute(select(select(_keys.c.id).where(_is_live(now)).exists()))).scalar_one())


async def list_all(connection: AsyncConnection) -> list[ApiKey]:
    """All keys, also invalid ones, by caller, the oldest first. A key whose row is damaged has no scopes."""
    return [
        _shown(ApiKey(**row)) for row in await rows_of(connection, select(_keys).order_by(_keys.c.name, _keys.c.id))
    ]


def _shown(key: ApiKey) -> ApiKey:
    shown = repaired(key)
    return key if shown is key else shown.model_copy(update={"scopes": ""})


async def hold_back_others(connection: AsyncConnection) -> None:
    """Lock the keys against changes until this transaction ends; reads continue."""
    # SQLite needs nothing: its transactions begin immediately, one at a time.
    if connection.dialect.name == "postgresql":
        await connection.execute(text("LOCK TABLE api_keys IN SHARE ROW EXCLUSIVE MODE"))


async def add(connection: AsyncConnection, key: ApiKey) -> None:
    """Insert a key."""
    await connection.execute(insert(_keys).values(key.model_dump()))


async def revoke(connection: AsyncConnection, keys: Collection[UUID], *, now: datetime) -> None:
    """Revoke these keys."""
    await connection.execute(update(_keys).where(_keys.c.id.in_(keys)).values(revoked_at=now))


async def let_expire(connection: AsyncConnection, key: UUID, *, at: datetime) -> None:
    """Set the time at which a key expires."""
    await connection.execute(update(_keys).where(_keys.c.id == key).values(expires_at=at))


async def lease(
    connection: AsyncConnection, owner: str, window: tuple[datetime, datetime], *, limit: int, needed: int
) -> tuple[int, int]:
    """Lease a part of the remaining calls of a window: the needed number, or an eighth if that is more.

    Returns:
        How many calls were granted, and how many are left.
    """
    dialect: Any = sqlite if connection.dialect.name == "sqlite" else postgresql
    starts_at, ends_at = window
    first = min(limit, max(needed, limit // 8))
    left = limit - _windows.c.leased
    wanted = case((left // 8 > needed, left // 8), else_=needed)
    grant = case((wanted < left, wanted), else_=left)
    statement = (
        dialect.insert(_windows)
        .values(owner=owner, starts_at=starts_at, ends_at=ends_at, leased=first, granted=first)
        .on_conflict_do_update(
            index_elements=["owner", "starts_at", "ends_at"],
            set_={"leased": _windows.c.leased + grant, "granted": grant},
            where=_windows.c.leased < limit,
        )
        .returning(_windows.c.granted, _windows.c.leased)
    )
    row = (await connection.execute(statement)).first()
    return (0, 0) if row is None else (row.granted, max(0, limit - row.leased))


_WINDOW_KEY = tuple_(_windows.c.owner, _windows.c.starts_at, _windows.c.ends_at)


async def forget_windows(connection: AsyncConnection, *, ended_before: datetime) -> None:
    """Delete windows that are over."""
    over = (
        select(_windows.c.owner, _windows.c.starts_at, _windows.c.ends_at)
        .where(_windows.c.ends_at < ended_before)
        .with_for_update(skip_locked=True)
    )
    await connection.execute(delete(_windows).where(_WINDOW_KEY.in_(over)))


async def record(
    connection: AsyncConnection,
    clock: Clock,
    *,
    actor: str,
    action: str,
    subject: str,
    test: bool = False,
    **details: Any,
) -> None:
    """Add one administrative change to the audit record, within the transaction that makes it."""
    entry = AuditEntry(
        id=clock.new_id(),
        at=clock.now(),
        actor=actor,
        action=action,
        subject=subject,
        details=details,
        test=test,
    )
    await connection.execute(insert(_audit).values(entry.model_dump()))


async def changes(
    connection: AsyncConnection, *, before: UUID | None = None, limit: int, test: bool | None = None
) -> Sequence[AuditEntry]:
    """At most `limit` administrative changes, the newest first; `before` is the last id of the previous page.

    `test` keeps only changes with the same `AuditEntry.test`; None keeps all.
    """
    statement = select(_audit).order_by(_audit.c.id.desc())
    if before is not None:
        statement = statement.where(_audit.c.id < before)
    if test is not None:
        statement = statement.where(_audit.c.test == test)
    return [_shown_entry(AuditEntry(**row)) for row in await rows_with_id(connection, statement, limit)]


def _shown_entry(entry: AuditEntry) -> AuditEntry:
    shown = repaired(entry)
    return entry if shown is entry else shown.model_copy(update={"details": {"damaged": DAMAGED}})


DAMAGED = "its row in the store cannot be read as a whole"


def _is_live(now: datetime | BindParameter[datetime]) -> ColumnElement[bool]:
    return and_(_keys.c.revoked_at.is_(None), or_(_keys.c.expires_at.is_(None), _keys.c.expires_at > now))
