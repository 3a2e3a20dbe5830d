"""The preference page while reports of providers come in, on PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import timedelta

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification import wiring
from property_alert_notification.base.settings import Settings
from property_alert_notification.base.vocabulary import DeliveryState
from property_alert_notification.database import table_of
from property_alert_notification.deliveries.models import Delivery
from property_alert_notification.feedback.preference_page.service import PageService
from property_alert_notification.feedback.unsubscribe.tokens import Link
from property_alert_notification.notifications.reevaluate import reevaluate_by
from property_alert_notification.people.consent.ledger import ConsentLedger
from property_alert_notification.people.decisions import Rule
from property_alert_notification.people.directory import queries as directory
from property_alert_notification.people.directory.profile import Entry, Profile
from property_alert_notification.people.suppressions.models import StoredSuppression
from property_alert_notification.people.suppressions.rules import SuppressionReason
from tests.pipeline.test_suppressions import ADDRESS, BY_TEST, suppress
from tests.pipeline.world import EMAIL, World, eventually
from tests.services.smtp import SmtpServer

_deliveries = table_of(Delivery)
_suppressions = table_of(StoredSuppression)


@pytest.fixture
async def world(make_settings: Callable[..., Settings], smtp_server: SmtpServer) -> AsyncIterator[World]:
    async with World(make_settings("postgresql"), smtp_server) as world:
        yield world


def the_page(world: World) -> PageService:
    parts, planner = world.parts, wiring.planner(world.settings, world.parts.clock, world.parts.categories)
    reevaluate = reevaluate_by(planner)
    ledger = ConsentLedger(parts.clock, planner.subjects, parts.categories.current)
    return PageService(
        parts.database,
        parts.clock,
        parts.categories.current,
        planner.subjects,
        ledger,
        planner.default_preferences,
        reevaluate,
        world.confirmer.confirmations,
    )


async def one_waits(connection: AsyncConnection) -> bool:
    """Whether a transaction waits for a lock of this one."""
    waits = "SELECT count(*) FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"
    return bool((await connection.execute(text(waits))).scalar_one())


async def test_the_page_locks_no_entry_about_an_address_before_deliveries(world: World) -> None:
    """Reports lock a delivery and then the entry about its address."""
    await world.a_user(1)
    delivery = (await world.delivery(await world.accept(1, channels=[EMAIL]))).id
    now = world.parts.clock.now()
    async with world.parts.database.transaction() as connection:
        await directory.put(connection, {1: Entry(Profile(1, ADDRESS), now)})
        held = {"state": DeliveryState.HELD, "held_by": Rule.QUIET_HOURS, "due_at": now + timedelta(days=1)}
        await connection.execute(update(_deliveries).values(**held))
    entry = await suppress(world, SuppressionReason.UNSUBSCRIBE)

    async with world.parts.database.transaction() as report:
        await report.execute(select(_deliveries.c.id).where(_deliveries.c.id == delivery).with_for_update())
        stopping = asyncio.create_task(the_page(world).stop(Link(1), lambda _: BY_TEST))
        await eventually(lambda: one_waits(report))
        free = select(_suppressions.c.id).where(_suppressions.c.id == entry).with_for_update(skip_locked=True)
        assert (await report.execute(free)).all()
    await stopping
