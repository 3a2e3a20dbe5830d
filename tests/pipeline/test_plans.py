"""PostgreSQL finds due deliveries along their own index, whatever its statistics say; both stores find old listings."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import event, text
from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.base.settings import Settings
from property_alert_notification.database import BatchStatement
from property_alert_notification.deliveries import queues
from property_alert_notification.homes.alerts.approvals import queries as approvals
from property_alert_notification.homes.listings import queries as listings
from property_alert_notification.homes.properties import queries as properties
from property_alert_notification.homes.saved_searches.market import queries as market
from property_alert_notification.operators.quarantine import queries as quarantine
from tests.pipeline.world import World
from tests.services.smtp import SmtpServer

_ENDED = text("UPDATE deliveries SET state = 'sent', due_at = NULL")
_MANY = text("""
    INSERT INTO deliveries (id, notification_id, channel, address, urgent, state, fence, attempts, unknowns, changed_at)
    SELECT gen_random_uuid(), notification_id, channel, 'a' || n, urgent, 'sent', 0, 0, 0, changed_at
    FROM deliveries, generate_series(1, 2000) n
""")


@pytest.fixture
async def idle_world(make_settings: Callable[..., Settings], smtp_server: SmtpServer) -> AsyncIterator[World]:
    """A store whose statistics were taken when nothing was open."""
    async with World(make_settings("postgresql"), smtp_server) as world:
        await world.a_user()
        await world.accept()
        async with world.parts.database.transaction() as connection:
            await connection.execute(_ENDED)
            await connection.execute(_MANY)
            await connection.execute(text("ANALYZE deliveries"))
        yield world


async def test_a_burst_after_a_quiet_time_is_read_along_the_index_of_due_deliveries(idle_world: World) -> None:
    now = idle_world.parts.clock.now()
    values = {"queue_channel": "email", "queue_urgent": False, "now": now, "limit": 50, "published_before": now}
    for statement in ("_DUE", "_OLDEST_DUE", "_COUNT_WAITING", "_TAKE_DUE", "_UNMARK_LOST"):
        async with idle_world.parts.database.reading() as connection:
            asked = getattr(queues, statement)
            plan = await _plan(connection, asked.on_arrays() if isinstance(asked, BatchStatement) else asked, values)

        assert "ix_deliveries_due" in plan, statement
        assert "ix_deliveries_open" not in plan, statement


async def test_old_listings_and_those_of_a_home_are_found_without_the_others(world: World) -> None:
    old, members = await _plans(
        world,
        lambda connection: connection.execute(listings._OLD, {"until": world.parts.clock.now(), "limit": 9}),
        lambda connection: properties._MEMBERS.run(connection, [(world.parts.clock.new_id(),)]),
    )

    assert "ix_listings_off_market" in old
    assert "ix_listings_property" in members
    assert "SubPlan" not in members


async def test_what_waits_for_approval_is_listed_and_expires_along_indexes(world: World) -> None:
    now, id_ = world.parts.clock.now(), world.parts.clock.new_id()
    all_, some, old, expired = await _plans(
        world,
        lambda connection: approvals.oldest(connection, [], made=(None, None), after=None, limit=9),
        lambda connection: approvals.oldest(connection, [1, 2], made=(None, None), after=None, limit=9),
        lambda connection: quarantine.on_hold(connection, start=id_, end=id_, limit=9),
        lambda connection: quarantine.expired_on_hold(connection, now=now, limit=9),
    )

    assert "ix_deliveries_on_hold" in all_
    assert "ix_deliveries_holder" in some, some
    assert "ix_deliveries_on_hold" in old
    assert "ix_notifications_undecided" in expired


async def test_the_last_changes_of_listings_are_read_without_the_others(world: World) -> None:
    last, recent = await _plans(
        world,
        lambda connection: connection.execute(market._LAST),
        lambda connection: connection.execute(
            market._RECENT, {"since": world.parts.clock.now(), "limit": 9, "step": 2}
        ),
    )

    assert "ix_listings_modified" in last
    assert "ix_listings_modified" in recent
    assert "ix_listing_changes_listing" in recent


async def _plans(world: World, *calls: Callable[[AsyncConnection], Awaitable[Any]]) -> list[str]:
    """The plan of the statement that each of these calls runs."""
    async with world.parts.database.reading() as connection:
        ran: list[tuple[str, Any]] = []
        event.listen(connection.sync_connection, "before_cursor_execute", lambda *call: ran.append((call[2], call[3])))
        for call in calls:
            await call(connection)
        word = "EXPLAIN QUERY PLAN" if connection.dialect.name == "sqlite" else "EXPLAIN"
        return [
            str((await connection.exec_driver_sql(f"{word} {words}", parameters)).all())
            for words, parameters in ran[: len(calls)]
        ]


async def _plan(connection: AsyncConnection, statement: Any, values: dict[str, Any]) -> str:
    def explain(_connection: Any, _cursor: Any, words: str, parameters: Any, *_: Any) -> tuple[str, Any]:
        return f"EXPLAIN {words}", parameters

    event.listen(connection.sync_connection, "before_cursor_execute", explain, retval=True)
    needed = {name: values[name] for name in statement.compile().params if name in values}
    return str((await connection.execute(statement, needed)).all())
