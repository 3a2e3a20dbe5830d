"""Workers that claim an older and a newer alert at the same moment decide one after the other, on PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.base.reasons import Reason
from property_alert_notification.base.settings import Settings
from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.database import run_within, table_of
from property_alert_notification.deliveries.models import Delivery
from property_alert_notification.homes.alerts.before_sending.freshness import PRICE_CHANGED_SINCE
from property_alert_notification.homes.alerts.before_sending.refresh.scripts import refresh
from tests.pipeline.homes import Homes
from tests.pipeline.test_overtaken_alerts import deliver
from tests.pipeline.test_replaced_alerts import CHEAP, HOUSE, NEW, VISIT, alerts_of, lines, three_searches
from tests.pipeline.world import World
from tests.services.process import PATIENCE
from tests.services.smtp import SmtpServer

_WAITING = text("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")
_deliveries = table_of(Delivery)


@pytest.fixture
async def world(make_settings: Callable[..., Settings], smtp_server: SmtpServer) -> AsyncIterator[World]:
    async with World(make_settings("postgresql"), smtp_server) as world:
        yield world


async def claimed(homes: Homes, connection: AsyncConnection, one: UUID) -> Any:
    """A worker claims an alert, and settles it if it is not sent; returns what it tells."""
    its = update(_deliveries).where(_deliveries.c.notification_id == one)
    await connection.execute(its.values(state="sending"))
    found = await run_within(connection, refresh([one], Channel.EMAIL, homes.clock.now(), {one}))
    if isinstance(found.now[one], Reason):
        await connection.execute(its.values(state="suppressed", reason_code=found.now[one].code))
    return lines(found.now[one])


async def claimed_at_the_same_moment(
    homes: Homes, first: UUID, second: UUID, meanwhile: Callable[[], Awaitable[None]]
) -> tuple[Any, Any]:
    """What two alerts tell; a worker claims the second one before the transaction ends that claims the first one."""

    async def claim() -> Any:
        async with homes.database.transaction() as connection:
            return await claimed(homes, connection, second)

    async with homes.database.transaction() as connection:
        told = await claimed(homes, connection, first)
        await meanwhile()
        other = asyncio.create_task(claim())
        async with asyncio.timeout(PATIENCE), homes.database.reading() as reading:
            while not other.done() and not (await reading.execute(_WAITING)).scalar():
                pass
    return told, await other


async def test_a_fact_is_told_by_one_of_two_alerts_that_are_claimed_at_the_same_moment(
    world: World, homes: Homes
) -> None:
    await three_searches(world, homes)
    new, visit = await alerts_of(homes, {}, VISIT)
    for one in (new, visit):
        await deliver(homes, one, "queued")
    told = await claimed_at_the_same_moment(homes, new, visit, nothing)
    assert told == ((NEW, "Price: $500,000"), ("Open house", "Price: $500,000", HOUSE))


async def nothing() -> None:
    pass


async def test_a_fact_is_told_although_the_search_of_the_newer_alert_is_paused_at_the_same_moment(
    world: World, homes: Homes
) -> None:
    _, of_price, _ = await three_searches(world, homes)
    new, cut = await alerts_of(homes, {}, CHEAP)
    for one in (new, cut):
        await deliver(homes, one, "queued")

    async def pause() -> None:
        await homes.change_search(of_price, None)

    told = await claimed_at_the_same_moment(homes, new, cut, pause)
    assert told == (PRICE_CHANGED_SINCE, (NEW, "Price: $400,000"))
