"""A part of the service submits many notifications in its own transaction, without HTTP, keys or JSON."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, bindparam, func, insert, select, text

from property_alert_notification.base.errors import PreferencesNotFound, RequestError
from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.database import BatchStatement, Script, Statement, run_within, table_of
from property_alert_notification.deliveries.models import Delivery
from property_alert_notification.notifications.create import create
from property_alert_notification.notifications.draft import Accepted
from property_alert_notification.notifications.models import Notification
from property_alert_notification.notifications.submission import Submission
from tests.pipeline.world import World

MANY = 1_000
EMAIL = Channel("email")
_EVENTS = Table("events", MetaData(), Column("event", Integer, primary_key=True))
_EVENT_IDS = BatchStatement({}, lambda _: insert(_EVENTS).values(event=bindparam("event", type_=Integer)))


def _alerts(*, users: int = MANY, **fields: Any) -> list[Submission]:
    return [
        Submission(user, "A home for you", "3 bedrooms", {EMAIL: f"user{user}@example.com"}, "listing_alert", **fields)
        for user in range(1, users + 1)
    ]


@pytest.fixture
async def alerting(world: World) -> World:
    """A world in which every user wants email, with a table of events."""
    async with world.parts.database.transaction() as connection:
        await connection.execute(text("CREATE TABLE events (event INTEGER PRIMARY KEY)"))
        await connection.execute(
            text(
                "INSERT INTO preferences (user_id, channels, updated_at) "
                "SELECT n, 'email', '2026-01-01T00:00:00.000000+00:00' FROM "
                "(WITH RECURSIVE numbers(n) AS (SELECT 2 UNION ALL SELECT n + 1 FROM numbers WHERE n < 1000) "
                "SELECT n FROM numbers) AS users"
            )
        )
    return world


async def _counts(world: World) -> list[int]:
    async with world.parts.database.reading() as connection:
        tables = [table_of(Notification), table_of(Delivery), _EVENTS]
        return [(await connection.execute(select(func.count()).select_from(one))).scalar_one() for one in tables]


def _alert(world: World, submissions: list[Submission], steps: list[object]) -> Script[list[Accepted | RequestError]]:
    """A script that stores an event, and notifies every user about it; `steps` are the statements that it takes."""
    yield Statement(_EVENT_IDS, (), {"event": 1})
    creating = create(world.planner, submissions)
    try:
        step = next(creating)
        while True:
            steps.append(step)
            step = creating.send((yield step))
    except StopIteration as end:
        return end.value  # type: ignore[no-any-return]


@contextmanager
def _fails() -> Iterator[None]:
    with pytest.raises(ZeroDivisionError):
        yield


async def test_a_script_notifies_a_thousand_users_in_few_statements(alerting: World) -> None:
    steps: list[object] = []

    answers = await alerting.parts.database.run(_alert(alerting, _alerts(), steps))

    assert isinstance(answers[0], PreferencesNotFound)  # the first user has no preferences
    assert sum(isinstance(one, Accepted) for one in answers) == MANY - 1
    assert len(steps) == 4  # preferences, suppressions, notifications, deliveries
    assert await _counts(alerting) == [MANY - 1, MANY - 1, 1]


async def test_a_transaction_on_a_connection_notifies_a_thousand_users_or_none(alerting: World) -> None:
    making = create(alerting.planner, _alerts())
    with _fails():
        async with alerting.parts.database.transaction() as connection:
            await connection.execute(text("INSERT INTO events VALUES (1)"))
            await run_within(connection, making)
            raise ZeroDivisionError

    assert await _counts(alerting) == [0, 0, 0]
    async with alerting.parts.database.transaction() as connection:
        await connection.execute(text("INSERT INTO events VALUES (1)"))
        await run_within(connection, create(alerting.planner, _alerts()))

    assert await _counts(alerting) == [MANY - 1, MANY - 1, 1]


async def test_created_notifications_are_delivered_and_scheduled_ones_wait(alerting: World) -> None:
    later = alerting.parts.clock.now() + timedelta(days=1)
    making = create(
        alerting.planner,
        [*_alerts(users=2), *_alerts(users=2, send_at=later)],
    )
    await alerting.a_worker()

    answers = await alerting.parts.database.run(making)
    now, waiting = [one for one in answers if isinstance(one, Accepted)]

    await alerting.until(now.id, "sent")
    assert (await alerting.detail(waiting.id)).status == "scheduled"
    assert len(alerting.smtp.mails) == 1
