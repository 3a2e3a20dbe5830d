"""Brings back deliveries whose worker died or froze with them in hand."""

import asyncio
from datetime import timedelta

import structlog

from property_alert_notification.clock import Clock
from property_alert_notification.database import Database
from property_alert_notification.deliveries import queries
from property_alert_notification.deliveries.queries import Claim, Settlement
from property_alert_notification.errors import StoreUnavailable
from property_alert_notification.notification_worker.verdict import ABANDONED, judge_abandoned

log = structlog.get_logger()

AT_ONCE = 500
"""Deliveries rescued in one transaction."""


async def rescue_abandoned(database: Database, clock: Clock, *, lease: timedelta) -> int:
    """Decide over deliveries whose lease ran out; returns how many there were, at most `AT_ONCE`."""
    now = clock.now()
    async with database.transaction() as connection:
        abandoned = await queries.seize_abandoned(connection, now=now, leased_until=now + lease, limit=AT_ONCE)
        if abandoned:
            ids = [claim.delivery_id for claim in abandoned]
            await queries.close_open_attempts(connection, ids, reason=ABANDONED, ended_at=now)
            await queries.settle(connection, [_settlement(claim, clock) for claim in abandoned])
    if abandoned:
        log.warning("deliveries.rescued", deliveries=len(abandoned))
    return len(abandoned)


async def keep_rescuing(database: Database, clock: Clock, *, lease: timedelta) -> None:
    """Look for abandoned deliveries until cancelled."""
    while True:
        try:
            found = await rescue_abandoned(database, clock, lease=lease)
        except StoreUnavailable as fault:
            log.warning("rescue.waits", cause=fault.detail)
            found = 0
        if found < AT_ONCE:
            await asyncio.sleep(lease.total_seconds() / 4)


def _settlement(claim: Claim, clock: Clock) -> Settlement:
    now = clock.now()
    verdict = judge_abandoned(unknowns=claim.unknowns, now=now)
    return Settlement(
        delivery_id=claim.delivery_id,
        fence=claim.fence,
        state=verdict.state,
        reason=verdict.reason,
        due_at=verdict.due_at,
        outcome=verdict.outcome,
        settled_at=now,
    )
