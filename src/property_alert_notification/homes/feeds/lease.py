"""Keeps the lease of a feed while a step of its replication runs, however long the server takes to answer."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

from property_alert_notification.base.clock import Clock
from property_alert_notification.base.errors import Unavailable
from property_alert_notification.database import Database
from property_alert_notification.homes.feeds import queries
from property_alert_notification.homes.feeds.models import FeedPosition

LEASE = timedelta(seconds=15)
"""How long a feed stands still after its worker was killed."""

RENEW_EVERY = LEASE.total_seconds() / 3
"""Seconds: so two renewals may fail while the store is away."""


@asynccontextmanager
async def kept(
    position: FeedPosition, database: Database, clock: Clock, *, every: float = RENEW_EVERY
) -> AsyncIterator[None]:
    """Renew the lease until the block ends. If it is another worker's by then, `queries.advance` says so."""
    ended = asyncio.Event()
    renewing = asyncio.create_task(_renew(position, database, clock, every, ended))
    try:
        yield
    finally:
        ended.set()  # and no `cancel`: a renewal that has begun is brought to its end
        await renewing


async def _renew(position: FeedPosition, database: Database, clock: Clock, every: float, ended: asyncio.Event) -> None:
    is_ours = True
    while is_ours:
        with suppress(TimeoutError):
            await asyncio.wait_for(ended.wait(), every)
            return
        with suppress(Unavailable):
            async with database.transaction() as connection:
                is_ours = await queries.renew(connection, position, until=clock.now() + LEASE)
