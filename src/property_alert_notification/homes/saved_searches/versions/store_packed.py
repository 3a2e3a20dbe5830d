"""Stores the packed forms of versions that have none, or one of another version of the service."""

from collections.abc import Collection
from typing import Final

from property_alert_notification.database import Database
from property_alert_notification.homes.matching.pack import pack_readable
from property_alert_notification.homes.saved_searches.versions import queries

PACKED_AT_ONCE: Final = 500
"""Versions of one transaction."""


async def store_packed(database: Database, searches: Collection[int], sequence: int) -> None:
    """Store the packed forms of the versions of these searches that apply after the change with this number."""
    async with database.reading() as connection:
        found = await queries.versions_then(connection, searches, sequence)
    versions = [found[number] for number in sorted(found)]
    packed = [(one, its) for one in versions if (its := pack_readable(one.expression)) is not None]
    if packed:
        async with database.transaction() as connection:
            await queries.store_packed(connection, packed)
