"""A person whose every word can be found again, and a search for them in everything that the service keeps."""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from prometheus_client import generate_latest
from sqlalchemy import inspect, text
from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.base.settings.store_url import sqlite_file
from property_alert_notification.database import Database
from tests.pipeline.world import World

USER = 8123456789012345
EMAIL_ADDRESS = "canary.person@example.com"
PHONE = "+14155550123"
ZONE = "Pacific/Chatham"
IP_ADDRESS = "203.0.113.177"
WORDS = ("canary", "14155550123", str(USER), "chatham", IP_ADDRESS)
"""What no place may hold, in any case. Every text about the person has one of them."""


def found_in(content: str | bytes) -> set[str]:
    """The words of the person in a text or a file."""
    lower = content.lower()
    raw = lower if isinstance(lower, bytes) else lower.encode("utf-8", "replace")
    return {word for word in WORDS if word.encode() in raw}


async def tables(database: Database) -> dict[str, list[str]]:
    """Every row of every table of the store, also of tables that no model describes, as text."""
    async with database.reading() as connection:
        names = await connection.run_sync(lambda sync: inspect(sync).get_table_names())
        return {name: await _rows(connection, name) for name in names}


async def _rows(connection: AsyncConnection, name: str) -> list[str]:
    found = await connection.execute(text(f'SELECT * FROM "{name}"'))
    return [repr(tuple(row)) for row in found]


async def places(world: World, logs: Iterable[Mapping[str, Any]]) -> dict[str, set[str]]:
    """Where the person is found: tables, files, logs and metrics."""
    kept: dict[str, str | bytes] = {
        f"table {name}": "\n".join(rows) for name, rows in (await tables(world.parts.database)).items()
    }
    if world.parts.database.is_sqlite:
        file = sqlite_file(world.settings.database_url)
        kept |= {f"file {one.name}": one.read_bytes() for one in file.parent.glob(f"{file.name}*")}
    kept["logs"] = json.dumps(list(logs), default=repr)
    for place, parts in enumerate((world.parts, *world.workers)):
        kept[f"metrics {place}"] = re.sub(r"\d\.\d+e", "", generate_latest(parts.metrics.registry).decode())
    return {place: words for place, content in kept.items() if (words := found_in(content))}
