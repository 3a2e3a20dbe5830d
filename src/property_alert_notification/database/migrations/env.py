"""What Alembic runs: the models, and the connection it is given."""

import asyncio

from alembic import context
from sqlalchemy import Connection

from property_alert_notification.base.settings import Settings, load
from property_alert_notification.database import Database
from property_alert_notification.database.migrations.tables import METADATA


def run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=METADATA,
        render_as_batch=True,
        compare_type=True,
        # On PostgreSQL an index is built outside of transactions, so what precedes it is committed by itself.
        transaction_per_migration=connection.dialect.name == "postgresql",
    )
    with context.begin_transaction():
        context.run_migrations()


async def run_on_its_own() -> None:
    """For the `alembic` command, which brings no connection."""
    database = Database(load(Settings).database_url)
    async with database.transaction() if database.is_sqlite else database.outside_transactions() as connection:
        await connection.run_sync(run)
        await connection.commit()
    await database.close()


given = context.config.attributes.get("connection")
if given is None:
    asyncio.run(run_on_its_own())
else:
    run(given)
