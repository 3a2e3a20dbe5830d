"""Every statement about categories."""

from sqlalchemy import delete, func, select

# SQLite has the same ON CONFLICT syntax as PostgreSQL.
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.database import BatchStatement, Connection, table_of
from property_alert_notification.people.categories.models import StoredCategory

_categories = table_of(StoredCategory)

StoredRow = tuple[str, str]
"""The name of a category and its definition as JSON."""


_EVERY = BatchStatement({}, lambda _: select(_categories.c.name, _categories.c.definition).order_by(_categories.c.name))


async def every(connection: Connection) -> list[StoredRow]:
    """Name and definition of each category in the store, by name."""
    return [(name, definition) for name, definition in await _EVERY.fetch(connection)]


async def count_others(connection: AsyncConnection, name: str) -> int:
    """How many categories with other names the store has."""
    others = select(func.count()).select_from(_categories).where(_categories.c.name != name)
    return int((await connection.execute(others)).scalar_one())


async def put(connection: AsyncConnection, category: StoredCategory) -> None:
    """Insert a category, or replace the one that has its name."""
    wanted = insert(_categories).values(category.model_dump())
    changed = {name: wanted.excluded[name] for name in ("definition", "changed_at", "changed_by")}
    await connection.execute(wanted.on_conflict_do_update(index_elements=["name"], set_=changed))


async def remove(connection: AsyncConnection, name: str) -> bool:
    """Delete a category from the store; returns whether it was there."""
    return bool((await connection.execute(delete(_categories).where(_categories.c.name == name))).rowcount)
