"""What Alembic runs: the models, and the connection it is given."""

import asyncio

from alembic import context
from sqlalchemy import Connection
from sqlmodel import SQLModel

from property_alert_notification.access import models as access
from property_alert_notification.channels import models as channels
from property_alert_notification.database import Database
from property_alert_notification.deliveries import models as deliveries
from property_alert_notification.idempotency import models as idempotency
from property_alert_notification.mailbox import models as mailbox
from property_alert_notification.notifications import models as notifications
from property_alert_notification.pauses import models as pauses
from property_alert_notification.preferences import models as preferences
from property_alert_notification.settings import Settings, load

MODELS = (access, channels, deliveries, idempotency, mailbox, notifications, pauses, preferences)
"""Importing them registers their tables."""


def run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=SQLModel.metadata,
        render_as_batch=True,
        compare_type=True,
        transaction_per_migration=False,
    )
    with context.begin_transaction():
        context.run_migrations()


async def run_on_its_own() -> None:
    """For the `alembic` command, which brings no connection."""
    database = Database(load(Settings).database_url)
    async with database.transaction() as connection:
        await connection.run_sync(run)
    await database.close()


given = context.config.attributes.get("connection")
if given is None:
    asyncio.run(run_on_its_own())
else:
    run(given)
