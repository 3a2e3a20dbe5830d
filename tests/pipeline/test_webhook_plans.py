"""Every statement that sends, lists and deletes webhooks reads along an index, however many have ended."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event, insert, text
from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.database import table_of
from property_alert_notification.events.models import WebhookDelivery, WebhookEvent
from property_alert_notification.feedback.webhooks import queries
from property_alert_notification.feedback.webhooks.sending import queries as sending
from property_alert_notification.feedback.webhooks.sending.queries import WebhookSettlement
from tests.pipeline.test_webhooks import an_endpoint
from tests.pipeline.world import World

ENDED = 3_000
OPEN = 5
_LARGE = ("webhook_deliveries", "webhook_events", "webhook_attempts", "notifications")


@pytest.fixture
async def endpoint(world: World) -> UUID:
    """An endpoint with many webhooks that have ended, a few that are due, and statistics that know it."""
    its, _ = await an_endpoint(world, "http://127.0.0.1:9/hook")
    now = world.parts.clock.now()
    ids = [world.parts.clock.new_id() for _ in range(ENDED + OPEN)]
    events = [{"id": id_, "type": "notification.sent", "at": now, "test": False} for id_ in ids]
    rows = [
        {"endpoint_id": its, "event_id": id_, "state": "pending", "due_at": now, "queued_at": now, "fence": 0}
        | {"attempts": 0}
        | ({} if number >= ENDED else {"state": "succeeded", "due_at": None})
        for number, id_ in enumerate(ids)
    ]
    async with world.parts.database.transaction() as connection:
        await connection.execute(insert(table_of(WebhookEvent)), events)
        await connection.execute(insert(table_of(WebhookDelivery)), rows)
    async with world.parts.database.transaction() as connection:
        await connection.execute(text("ANALYZE"))
    return its


async def test_the_webhooks_that_are_due_are_found_by_their_own_index(world: World, endpoint: UUID) -> None:
    now = world.parts.clock.now() + timedelta(seconds=1)
    async with world.parts.database.transaction() as connection:
        with executed(connection) as statements:
            assert await sending.endpoints_with_due(connection, now=now) == [endpoint]
            claims = await sending.claim(connection, endpoint, most=100, now=now, leased_until=now)
        assert len(claims) == OPEN
        for statement in statements:
            assert "ix_webhook_deliveries_due" in repr(await plan_of(connection, *statement)), statement


async def test_no_statement_about_webhooks_reads_all_that_have_ended(world: World, endpoint: UUID) -> None:
    now = world.parts.clock.now()
    async with world.parts.database.transaction() as connection:
        with executed(connection) as statements:
            claims = await sending.claim(connection, endpoint, most=100, now=now, leased_until=now)
            ids = [one.event_id for one in claims]
            assert len(await sending.events(connection, ids)) == OPEN
            done = ("failed", None, now, 500, "status", 3)
            await sending.settle(connection, [WebhookSettlement(endpoint, id_, 1, *done) for id_ in ids])
            await queries.log_of(connection, endpoint, state="failed", below=None, limit=20)
            await queries.log_of(connection, endpoint, state=None, below=ids[0], limit=20)
            assert len(await queries.failed_attempts(connection, endpoint, ids)) == OPEN
            assert await queries.remove_old(connection, until=now + timedelta(seconds=1), limit=10) == 10
        assert len(statements) >= 10
        read_all = {
            words: parts
            for words, values in statements
            if (parts := [part for part in await plan_of(connection, words, values) if not part["by_index"]])
        }
    assert read_all == {}


@contextmanager
def executed(connection: AsyncConnection) -> Iterator[list[tuple[str, Any]]]:
    """The statements that this connection executes meanwhile, with their values."""
    statements: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, words: str, values: Any, *_: Any) -> None:
        statements.append((words, values))

    event.listen(connection.sync_connection, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(connection.sync_connection, "before_cursor_execute", note)


async def plan_of(connection: AsyncConnection, words: str, values: Any) -> list[dict[str, Any]]:
    """How the store reads each large table for a statement."""
    if connection.dialect.name == "sqlite":
        rows = (await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {words}", values)).all()
        return [
            {"by_index": row[3].startswith("SEARCH"), "how": row[3]}
            for row in rows
            if any(f" {table}" in row[3] for table in _LARGE)
        ]
    (found,) = (await connection.exec_driver_sql(f"EXPLAIN (FORMAT json) {words}", values)).one()
    plan = json.loads(found) if isinstance(found, str) else found
    return [
        {"by_index": "Index Cond" in node, "how": f"{node['Node Type']} {node.get('Index Name')}"}
        for node in _nodes(plan[0]["Plan"])
        if node.get("Relation Name") in _LARGE and node["Node Type"] not in ("ModifyTable", "Bitmap Heap Scan")
    ]


def _nodes(plan: dict[str, Any]) -> list[dict[str, Any]]:
    return [plan, *(node for part in plan.get("Plans", []) for node in _nodes(part))]
