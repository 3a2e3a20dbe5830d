"""Every statement about erasures, except for those that erase."""

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import delete, func, select, text, update

# SQLite has the same ON CONFLICT syntax as PostgreSQL.
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.database import among, table_of
from property_alert_notification.people.erasures.models import IS_FINISHED, IS_IN_PROGRESS, Erasure

_erasures = table_of(Erasure)


async def find(connection: AsyncConnection, subjects: Collection[str], *, lock: bool = False) -> Erasure | None:
    """The newest erasure of a user with one of these hashes, or None."""
    statement = select(_erasures).where(_erasures.c.subject.in_(subjects)).order_by(_erasures.c.requested_at.desc())
    found = (await connection.execute(statement.with_for_update() if lock else statement)).mappings().first()
    return None if found is None else Erasure(**found)


_INSERT = insert(_erasures)
_PUT = _INSERT.on_conflict_do_update(
    index_elements=["subject"],
    set_={name: _INSERT.excluded[name] for name in Erasure.model_fields if name != "subject"},
)


async def put(connection: AsyncConnection, *given: Erasure) -> None:
    """Store erasures, each in place of an earlier one of the same subject."""
    # Always in the same order, or two processes deadlock.
    rows = [one.model_dump() for one in sorted(given, key=lambda one: one.subject)]
    if rows:
        await connection.execute(_PUT, rows)


async def take_due(connection: AsyncConnection, *, now: datetime, until: datetime) -> int | None:
    """The user of one erasure that is due; it is due again at `until`. None if none is due."""
    due = (
        select(_erasures.c.subject, _erasures.c.user_id)
        .where(text(IS_IN_PROGRESS), _erasures.c.due_at <= now)
        .order_by(_erasures.c.due_at)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    if (found := (await connection.execute(due)).first()) is None:
        return None
    its = _erasures.c.subject == found.subject
    await connection.execute(update(_erasures).where(its).values(due_at=until))
    user_id: int | None = found.user_id
    return user_id


async def postpone(connection: AsyncConnection, subjects: Collection[str], *, due_at: datetime) -> None:
    """Set when a worker continues an erasure that is in progress."""
    its = (_erasures.c.subject.in_(subjects), text(IS_IN_PROGRESS))
    await connection.execute(update(_erasures).where(*its).values(due_at=due_at))


async def in_progress_since(connection: AsyncConnection) -> datetime | None:
    """When the oldest erasure in progress was requested; None if none is in progress."""
    oldest = select(func.min(_erasures.c.requested_at)).where(text(IS_IN_PROGRESS))
    since: datetime | None = (await connection.execute(oldest)).scalar_one()
    return since


async def erased_at(connection: AsyncConnection, subjects: Collection[str]) -> Mapping[str, datetime]:
    """When those of these users and addresses that were erased were; about one in progress, when it was requested."""
    statement = select(_erasures.c.subject, _erasures.c.finished_at, _erasures.c.requested_at)
    found = await connection.execute(statement.where(_erasures.c.subject.in_(subjects)))
    return {row.subject: row.finished_at or row.requested_at for row in found}


async def remove_old(connection: AsyncConnection, *, until: datetime, limit: int) -> int:
    """Delete some erasures that finished before then; returns how many."""
    old = select(_erasures.c.subject).where(text(IS_FINISHED), _erasures.c.finished_at < until).limit(limit)
    gone = delete(_erasures).where(among(_erasures.c.subject, old)).returning(_erasures.c.subject)
    return len((await connection.execute(gone)).all())
