"""Migrates a store as a process of ours does when it starts."""

import asyncio
import threading

from property_alert_notification.database import Database, migrations


def migrate(url: str) -> None:
    """Bring a store to the newest schema, also when the caller is inside an event loop."""
    thread = threading.Thread(target=lambda: asyncio.run(_migrate(url)))
    thread.start()
    thread.join()


async def _migrate(url: str) -> None:
    database = Database(url, wait=30)
    try:
        await migrations.upgrade(database)
    finally:
        await database.close()
