"""Rows that nobody of ours would write harm no other: they are quarantined, and shown as far as they can."""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from chaos.broken_rows import Breakage, kinds_for, write, write_sqlite
from property_alert_notification.access import queries as access
from property_alert_notification.access.gate import Gate
from property_alert_notification.access.keyring import Keyring
from property_alert_notification.errors import NotFound, Unauthorised
from property_alert_notification.idempotency import queries as idempotency
from property_alert_notification.idempotency.keys import CallKey
from property_alert_notification.idempotency.queries import Answer, Stored
from property_alert_notification.notification_worker.retention import Retention
from property_alert_notification.notifications import lists
from property_alert_notification.notifications.lists import Filters
from property_alert_notification.notifications.routes import _page
from property_alert_notification.pauses.control import Control
from property_alert_notification.quarantine.cases import list_cases
from property_alert_notification.settings import Settings
from property_alert_notification.vocabulary import Channel, Scope
from tests.pipeline.conftest import STORES
from tests.pipeline.world import World, eventually, only
from tests.services.smtp import SmtpServer


@pytest.fixture(params=STORES)
async def broken_world(
    request: pytest.FixtureRequest, make_settings: Callable[..., Settings], smtp_server: SmtpServer
) -> AsyncIterator[tuple[World, str]]:
    """A world on each store, and the name of the store."""
    async with World(make_settings(request.param), smtp_server) as world:
        yield world, request.param


@pytest.fixture
async def lite_world(make_settings: Callable[..., Settings], smtp_server: SmtpServer) -> AsyncIterator[World]:
    """A world on SQLite, which keeps any kind of value in any column."""
    async with World(make_settings("sqlite"), smtp_server) as world:
        yield world


async def test_every_kind_of_broken_row_is_put_aside_and_harms_no_other(broken_world: tuple[World, str]) -> None:
    world, store = broken_world
    await world.a_user()
    broken: list[tuple[Breakage, UUID]] = []
    neighbours: list[UUID] = []
    later = world.parts.clock.now() + timedelta(days=1)
    for kind in kinds_for(store):
        wanted: dict[str, Any] = {"send_at": later} if kind.scheduled else {}
        broken.append((kind, await world.accept(**wanted)))
        neighbours.append(await world.accept())
    await write(world.settings.database_url, broken)

    await world.a_worker()
    for neighbour in neighbours:
        await world.until(neighbour, "sent", within=60)

    wrong: dict[str, str] = {}
    for kind, notification in broken:

        async def came_to_its_end(kind: Breakage = kind, notification: UUID = notification) -> bool:
            return await _state(world, notification) in kind.ends

        try:
            await eventually(came_to_its_end, within=20)
        except TimeoutError:
            wrong[kind.name] = await _state(world, notification)
    assert wrong == {}
    assert world.workers[0].supervisor.problems == {}
    await _is_shown_as_quarantined(world, [id_ for kind, id_ in broken if kind.ends == {"quarantined"}])


async def _is_shown_as_quarantined(world: World, notifications: Sequence[UUID]) -> None:
    page = await list_cases(world.parts.database, cursor=None, limit=100)
    assert {item.notification_id for item in page.items} >= set(notifications)
    assert [item.reason for item in page.items if "row in the store" not in item.reason] == []


async def _state(world: World, notification: UUID) -> str:
    """Of its email delivery, as its story tells it; `gone` when there is none, and nothing when it is not shown."""
    try:
        story = await world.story(notification)
    except NotFound:
        return "gone"
    return next((one.state for one in story.deliveries if one.channel is Channel.EMAIL), "")


async def test_lists_show_what_they_can_of_broken_rows(broken_world: tuple[World, str]) -> None:
    world, store = broken_world
    await world.a_user()
    broken = [(kind, await world.accept()) for kind in kinds_for(store)]
    good = await world.accept()
    await write(world.settings.database_url, broken)

    page = await lists.look(world.parts.database, Filters(), before=None, limit=100, read=_page)

    assert page.items[0].id == good
    assert {item.id for item in page.items} >= {id_ for kind, id_ in broken if "gone" not in kind.ends}


async def test_one_users_broken_preferences_stop_no_neighbour(
    make_settings: Callable[..., Settings], smtp_server: SmtpServer
) -> None:
    async with World(make_settings("sqlite"), smtp_server) as world:
        users = [await world.a_user(number) for number in range(1, 4)]
        broken, neighbour, other = [await world.accept(user) for user in users]
        await run_on_sqlite(
            world,
            "UPDATE preferences SET email_enabled = 'yes', updated_at = 'x', withdrawn_at = x'ff' WHERE user_id = 1",
        )

        await world.a_worker()

        await world.until(neighbour, "sent")
        await world.until(other, "sent")
        assert (await world.until(broken, "suppressed")).deliveries[0].state == "suppressed"


async def test_a_broken_key_is_worth_nothing_and_the_others_go_on(
    make_settings: Callable[..., Settings], smtp_server: SmtpServer
) -> None:
    async with World(make_settings("sqlite"), smtp_server) as world:
        parts = world.parts
        keyring = Keyring(parts.database, parts.clock, actor="test")
        keys = [await keyring.create(name, [Scope.ADMIN]) for name in ("broken", "good")]
        await run_on_sqlite(world, "UPDATE api_keys SET created_at = 'then', expires_at = 'x' WHERE name = 'broken'")
        gate = Gate(parts.database, parts.clock, keyless=False, patience=30)

        with pytest.raises(Unauthorised):
            await gate.admit(f"Bearer {keys[0]}", Scope.ADMIN)
        admitted = await gate.admit(f"Bearer {keys[1]}", Scope.ADMIN)
        await gate.close()
        async with parts.database.reading() as connection:
            listed = await access.every(connection)

        assert admitted.caller == "good"
        assert [key.name for key in listed] == ["good"]


async def test_a_pause_that_cannot_be_read_holds_and_stops_nothing_else(
    make_settings: Callable[..., Settings], smtp_server: SmtpServer
) -> None:
    async with World(make_settings("sqlite"), smtp_server) as world:
        await world.a_user()
        paused, other = await world.accept(category="viewing"), await world.accept()
        async with world.parts.database.transaction() as connection:
            await Control(connection, world.parts.clock, "test").pause("viewing")
        await run_on_sqlite(world, "UPDATE pauses SET paused_at = 'then'")

        await world.a_worker()

        await world.until(other, "sent")
        assert (await world.until_delivery(paused, "held")).reason == "sending of viewing is paused"


async def run_on_sqlite(world: World, *statements: str) -> None:
    """Write straight into the store."""
    write_sqlite(world.settings.database_url.partition("///")[2], statements)


async def test_keys_that_expired_at_no_time_are_deleted_and_stop_no_others(lite_world: World) -> None:
    world, clock = lite_world, lite_world.parts.clock
    await world.a_user()
    database = world.parts.database
    call = CallKey("caller", "good", "0" * 32)
    until = clock.now() - timedelta(days=1)
    kept = [Stored(replace(call, key=key), Answer(200, "{}")) for key in ("number", "words", "naive", "good")]
    await database.run(only(idempotency.add(kept, until=until)))
    await run_on_sqlite(
        world,
        "UPDATE idempotency_keys SET expires_at = 0 WHERE key = 'number'",
        "UPDATE idempotency_keys SET expires_at = '1 May' WHERE key = 'words'",
        "UPDATE idempotency_keys SET expires_at = '2020-01-01T00:00:00' WHERE key = 'naive'",
    )
    retention = Retention(database, clock, world.parts.metrics, keep_for=timedelta(days=90))

    await retention.purge_some()

    async with database.reading() as connection:
        assert (await connection.execute(text("SELECT key FROM idempotency_keys"))).all() == []
