"""Occurrences of schedules: each comes once, whatever happens to workers, rows and users."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event, func, select, text

from property_alert_notification.api.access.admission import ANONYMOUS
from property_alert_notification.base.errors import StoreUnavailable
from property_alert_notification.base.reasons import ReasonCode
from property_alert_notification.base.settings import Settings
from property_alert_notification.database import Database, table_of
from property_alert_notification.notification_worker.retention import Retention
from property_alert_notification.notification_worker.schedules import Scheduler
from property_alert_notification.notifications import lists
from property_alert_notification.notifications.lists import Filters
from property_alert_notification.notifications.models import Notification
from property_alert_notification.notifications.reevaluate import reevaluate_by
from property_alert_notification.notifications.schedules import changes, occurrences, queries
from property_alert_notification.notifications.schedules.models import Occurrence, Schedule
from property_alert_notification.notifications.schedules.schemas import ScheduleCreate, SchedulePatch
from property_alert_notification.operators.quarantine.broken_rows import BrokenRows
from property_alert_notification.people.preferences import queries as preferences
from property_alert_notification.people.preferences.models import Preference
from property_alert_notification.people.preferences.rules import PersonalRules
from property_alert_notification.people.preferences.stored_rules import write_rules
from property_alert_notification.wiring import address_rules, assemble, planner
from tests.pipeline.world import World, eventually
from tests.services.clock import SameDay
from tests.services.smtp import SmtpServer

DAY = timedelta(days=1)
DAILY = {
    "title": "Your day",
    "message": "Three viewings",
    "user_id": 1,
    "user_email": "user1@example.com",
    "user_phone_number": None,
    "rrule": "FREQ=DAILY",
    "time_zone": "UTC",
}


async def a_schedule(world: World, *, since: timedelta = 3 * DAY, **fields: Any) -> UUID:
    """A daily schedule at this minute; what came since then was missed."""
    now = world.parts.clock.now()
    fields.setdefault("start", (now - since).strftime("%Y-%m-%dT%H:%M"))
    async with world.parts.database.transaction() as connection:
        body = ScheduleCreate.model_validate(DAILY | fields)
        schedule = await changes.create(
            connection,
            body,
            ANONYMOUS,
            address_rules(world.settings),
            planner(world.settings, world.parts.clock, world.parts.categories),
        )
        if since:
            await queries.change(connection, schedule.id, passed_at=now - since - DAY, next_at=now - since)
    return schedule.id


async def get(world: World, schedule: UUID) -> Schedule:
    async with world.parts.database.reading() as connection:
        found = await queries.get(connection, schedule)
    assert found is not None
    return found


def a_scheduler(world: World, database: Database | None = None) -> Scheduler:
    parts = world.parts
    return Scheduler(
        database or parts.database,
        planner(world.settings, parts.clock, parts.categories),
        parts.metrics,
        woken=asyncio.Event(),
    )


async def create_all(scheduler: Scheduler) -> int:
    processed = 0
    while some := await scheduler.create_due():
        processed += some
    return processed


async def created(world: World) -> int:
    """How many notifications there are, each of which is the one of an occurrence."""
    async with world.parts.database.reading() as connection:
        notifications, occurrences = [
            (await connection.execute(select(func.count()).select_from(table_of(model)))).scalar_one()
            for model in (Notification, Occurrence)
        ]
    assert notifications == occurrences
    return int(notifications)


async def of_schedule(world: World, schedule: UUID) -> list[UUID]:
    async with world.parts.database.quick_reading() as connection:
        page = await lists.find(connection, Filters(schedule_id=schedule), before=None, limit=100)
    return [one.id for one in page.items]


async def test_an_occurrence_is_delivered_and_linked_to_its_schedule(any_world: World) -> None:
    await any_world.a_user()
    schedule = await a_schedule(any_world, category="viewing", reference="week-1")
    await any_world.accept()
    await any_world.a_worker()

    (mail, _) = await any_world.smtp.wait_for(2)

    (notification,) = await of_schedule(any_world, schedule)
    detail = await any_world.until(notification, "sent")
    assert mail.parsed()["Subject"] in ("Your day", "A home for you")
    assert (detail.schedule_id, detail.category, detail.reference) == (schedule, "viewing", "week-1")
    assert detail.send_at is not None
    assert detail.send_at <= any_world.parts.clock.now()
    assert (await get(any_world, schedule)).occurred == 1


async def test_only_the_last_missed_occurrence_is_sent(world: World) -> None:
    await world.a_user()
    schedule = await a_schedule(world, since=10 * DAY)

    assert [await a_scheduler(world).create_due(), await a_scheduler(world).create_due()] == [1, 0]

    assert await created(world) == 1
    (notification,) = await of_schedule(world, schedule)
    after = await get(world, schedule)
    last = (await world.detail(notification)).send_at
    assert last is not None
    assert world.parts.clock.now() - last < DAY
    assert after.next_at == last + DAY
    assert (after.occurred, after.state) == (1, "active")


async def test_three_workers_create_each_occurrence_once(world: World) -> None:
    await world.a_user()
    count = 2 * occurrences.AT_ONCE + 100
    await a_schedule(world)
    async with world.parts.database.transaction() as connection:
        columns = [column.name for column in table_of(Schedule).c if column.name != "id"]
        ids = [world.parts.clock.new_id() for _ in range(count - 1)]
        copied = select(*(table_of(Schedule).c[name] for name in columns))
        row = (await connection.execute(copied)).mappings().one()
        await connection.execute(table_of(Schedule).insert(), [{**row, "id": id_} for id_ in ids])
    async with (
        assemble(world.settings, clock=SameDay()) as second,
        assemble(world.settings, clock=SameDay()) as third,
    ):
        schedulers = [a_scheduler(world, parts.database) for parts in (world.parts, second, third)]

        processed = await asyncio.gather(*map(create_all, schedulers))

    assert sum(processed) == count
    assert await created(world) == count
    assert await queries.due.ids(world.parts.database, now=world.parts.clock.now(), limit=1) == []


class Killed(BaseException):
    """The process ended here."""


@asynccontextmanager
async def killed_at(database: Database, statement: int) -> AsyncIterator[list[str]]:
    """The connection of a scheduler dies at this statement, counted from 0; gives those that came before."""
    engine, seen = database.engine.sync_engine, list[str]()

    def count(_connection: Any, _cursor: Any, sql: str, *_: Any) -> None:
        seen.append(sql)
        if len(seen) > statement:
            raise Killed

    event.listen(engine, "before_cursor_execute", count)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", count)


async def test_a_worker_that_is_killed_at_any_statement_loses_and_doubles_nothing(world: World) -> None:
    await world.a_user()
    schedules = [await a_schedule(world) for _ in range(3)]
    statement, survived = 0, False
    while not survived:
        async with assemble(world.settings, clock=SameDay()) as parts, killed_at(parts.database, statement) as seen:
            try:
                await a_scheduler(world, parts.database).create_due()
                survived = True
            except Killed:
                assert await created(world) == 0, seen[-1]
        statement += 1

    assert statement > 4
    assert await created(world) == 3
    assert [(await get(world, one)).occurred for one in schedules] == [1, 1, 1]


async def test_a_commit_that_got_no_answer_doubles_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    await world.a_user()
    await a_schedule(world)
    original = world.parts.database.transaction

    @asynccontextmanager
    async def without_answer() -> AsyncIterator[Any]:
        async with original() as connection:
            yield connection
        raise StoreUnavailable

    monkeypatch.setattr(world.parts.database, "transaction", without_answer)
    with pytest.raises(StoreUnavailable):
        await a_scheduler(world).create_due()
    monkeypatch.undo()

    assert await a_scheduler(world).create_due() == 0
    assert await created(world) == 1


async def test_no_statement_creates_an_occurrence_twice(world: World) -> None:
    """The unique key holds even if the row of the schedule were set back."""
    await world.a_user()
    schedule = await a_schedule(world)
    before = await get(world, schedule)
    await a_scheduler(world).create_due()
    async with world.parts.database.transaction() as connection:
        await queries.change(
            connection, schedule, passed_at=before.passed_at, next_at=before.next_at, passed_local=None
        )

    await a_scheduler(world).create_due()

    assert await created(world) == 1
    after = await get(world, schedule)
    assert (after.state, after.reason_code, after.next_at) == ("quarantined", ReasonCode.ROW_BROKEN, None)


@pytest.mark.parametrize(
    "broken",
    ["rrule = 'FREQ=NEVER'", "start = 'soon'", "time_zone = 'Mars/Olympus'", "addresses = '[]'", "passed_local = 'x'"],
)
async def test_a_broken_schedule_is_quarantined_and_stops_no_neighbour(world: World, broken: str) -> None:
    await world.a_user()
    ids = [await a_schedule(world) for _ in range(5)]
    async with world.parts.database.transaction() as connection:
        await queries.change(connection, ids[2], title="broken")
        await connection.execute(text(f"UPDATE schedules SET {broken} WHERE title = 'broken'"))

    await create_all(a_scheduler(world))

    assert [(await get(world, one)).state for one in ids] == ["active", "active", "quarantined", "active", "active"]
    assert await created(world) == 4
    # A schedule is shown with the second reason if a part of it cannot be shown at all.
    assert (await get(world, ids[2])).reason_code in (ReasonCode.ROW_BROKEN, ReasonCode.ROW_UNREADABLE)


@pytest.mark.parametrize("broken", ["message = x'ff00'", "user_id = 'one'", "category = x'00'", "passed_at = 'never'"])
async def test_a_value_of_another_kind_stops_no_neighbour(
    make_settings: Callable[..., Settings], smtp_server: SmtpServer, broken: str
) -> None:
    """SQLite keeps any kind of value in any column."""
    async with World(make_settings("sqlite"), smtp_server) as world:
        await world.a_user()
        ids = [await a_schedule(world, reference=str(number)) for number in range(3)]
        async with world.parts.database.transaction() as connection:
            await connection.execute(text(f"UPDATE schedules SET {broken} WHERE reference = '1'"))

        await create_all(a_scheduler(world))

        assert await created(world) == 2
        async with world.parts.database.reading() as connection:
            states = (await connection.execute(text("SELECT state FROM schedules ORDER BY reference"))).scalars().all()
        assert states == ["active", "quarantined", "active"]
        assert len(ids) == 3


async def test_a_schedule_that_no_worker_would_look_at_is_quarantined(world: World) -> None:
    await world.a_user()
    ids = [await a_schedule(world) for _ in range(3)]
    async with world.parts.database.transaction() as connection:
        await queries.change(connection, ids[0], next_at=None)
        await queries.change(connection, ids[1], next_at=datetime(9999, 1, 1, tzinfo=UTC))
    broken_rows = BrokenRows(world.parts.database, world.parts.clock, world.parts.metrics)

    assert [await broken_rows.quarantine_schedules_never_due(limit=10) for _ in range(2)] == [2, 0]

    assert [(await get(world, one)).state for one in ids] == ["quarantined", "quarantined", "active"]


async def test_a_schedule_whose_id_cannot_be_read_stops_no_neighbour(
    make_settings: Callable[..., Settings], smtp_server: SmtpServer
) -> None:
    async with World(make_settings("sqlite"), smtp_server) as world:
        await world.a_user()
        for reference in ("broken", "good"):
            await a_schedule(world, reference=reference)
        async with world.parts.database.transaction() as connection:
            await connection.execute(text("UPDATE schedules SET id = 'none' WHERE reference = 'broken'"))

        await BrokenRows(world.parts.database, world.parts.clock, world.parts.metrics).end_unreadable()
        await create_all(a_scheduler(world))

        assert await created(world) == 1
        async with world.parts.database.reading() as connection:
            found = await connection.execute(text("SELECT state, reason_code FROM schedules ORDER BY reference"))
        assert [tuple(row) for row in found] == [("quarantined", "id_unreadable"), ("active", None)]


async def test_a_quarantined_schedule_goes_on_when_its_caller_mends_it(world: World) -> None:
    await world.a_user()
    schedule = await a_schedule(world)
    async with world.parts.database.transaction() as connection:
        await queries.change(connection, schedule, rrule="FREQ=NEVER")
    await a_scheduler(world).create_due()

    async with world.parts.database.transaction() as connection:
        rules = address_rules(world.settings)
        patch = SchedulePatch(rrule="FREQ=DAILY")
        plan = planner(world.settings, world.parts.clock, world.parts.categories)
        changed = await changes.change(connection, schedule, patch, ANONYMOUS, rules, plan)

    assert (changed.state, changed.reason_code) == ("active", None)
    assert changed.next_at is not None
    assert changed.next_at > world.parts.clock.now()


@pytest.mark.parametrize(
    ("rrule", "code"), [("FREQ=DAILY;COUNT=3", "count_reached"), ("FREQ=DAILY;UNTIL={until}", "until_reached")]
)
async def test_a_schedule_ends_after_its_last_occurrence_with_a_reason(world: World, rrule: str, code: str) -> None:
    await world.a_user()
    schedule = await a_schedule(world, since=timedelta(), start="2126-01-01T09:00", rrule="FREQ=DAILY")
    begin = world.parts.clock.now() - 2 * DAY
    async with world.parts.database.transaction() as connection:
        await queries.change(
            connection,
            schedule,
            rrule=rrule.format(until=world.parts.clock.now().strftime("%Y%m%dT%H%M00")),
            start=begin.strftime("%Y-%m-%dT%H:%M"),
            final=world.parts.clock.now().strftime("%Y-%m-%dT%H:%M") if "COUNT" in rrule else None,
            passed_at=begin,
            next_at=begin,
        )

    assert [await a_scheduler(world).create_due() for _ in range(2)] == [1, 0]

    after = await get(world, schedule)
    assert (after.state, after.reason_code, after.next_at, after.occurred) == ("ended", code, None, 1)
    assert await created(world) == 1


async def test_a_message_to_a_user_who_withdrew_consent_has_the_reason(world: World) -> None:
    await world.a_user()
    schedule = await a_schedule(world)
    await world.forget_user()
    await world.a_worker()

    async def came() -> list[UUID]:
        return await of_schedule(world, schedule)

    (notification,) = await eventually(came)
    detail = await world.until(notification, "suppressed")

    assert [one.reason_code for one in detail.deliveries] == [ReasonCode.NO_PREFERENCES]
    assert world.smtp.mails == []
    assert (await get(world, schedule)).state == "active"


async def test_a_paused_schedule_creates_no_notifications(world: World) -> None:
    await world.a_user()
    schedule = await a_schedule(world)
    async with world.parts.database.transaction() as connection:
        await changes.pause(connection, schedule, ANONYMOUS.visible, now=world.parts.clock.now())

    assert await a_scheduler(world).create_due() == 0
    async with world.parts.database.transaction() as connection:
        await changes.resume(
            connection, schedule, ANONYMOUS.visible, planner(world.settings, world.parts.clock, world.parts.categories)
        )

    assert await a_scheduler(world).create_due() == 0
    assert await created(world) == 0


async def prefer_zone(world: World, zone: str | None) -> None:
    now = world.parts.clock.now()
    preference = Preference(
        user_id=1, channels="email", rules=write_rules(PersonalRules(time_zone=zone)), updated_at=now
    )
    async with world.parts.database.transaction() as connection:
        await preferences.put(connection, preference, test=False)
        await reevaluate_by(planner(world.settings, world.parts.clock, world.parts.categories))(connection, [1])


async def test_a_schedule_without_a_zone_follows_that_of_its_user(world: World) -> None:
    await prefer_zone(world, "Asia/Tokyo")
    schedule = await a_schedule(world, since=timedelta(), start="2126-01-01T09:00", time_zone=None)
    in_tokyo = await get(world, schedule)
    await prefer_zone(world, "America/New_York")

    assert await a_scheduler(world).create_due() == 1

    in_new_york = await get(world, schedule)
    await prefer_zone(world, None)
    await a_scheduler(world).create_due()
    unknown = await get(world, schedule)
    assert [(one.used_zone, one.next_at) for one in (in_tokyo, in_new_york, unknown)] == [
        ("Asia/Tokyo", datetime(2126, 1, 1, 0, tzinfo=UTC)),
        ("America/New_York", datetime(2126, 1, 1, 14, tzinfo=UTC)),
        ("America/New_York", datetime(2126, 1, 1, 14, tzinfo=UTC)),
    ]
    assert await created(world) == 0


async def test_due_schedules_are_found_by_their_index(world: World) -> None:
    is_sqlite = world.parts.database.is_sqlite
    wanted = "SELECT id FROM schedules WHERE state = 'active' AND next_at <= '2026-12-01' ORDER BY next_at LIMIT 500"
    async with world.parts.database.transaction() as connection:
        if not is_sqlite:
            await connection.execute(text("SET LOCAL enable_seqscan = off"))
        found = await connection.execute(text(f"EXPLAIN {'QUERY PLAN' if is_sqlite else ''} {wanted}"))
        plan = " ".join(str(row) for row in found)

    assert "ix_schedules_due" in plan
    assert "TEMP B-TREE" not in plan


async def test_schedules_that_ended_long_ago_are_deleted(world: World) -> None:
    await world.a_user()
    ids = [await a_schedule(world) for _ in range(3)]
    now = world.parts.clock.now()
    async with world.parts.database.transaction() as connection:
        for id_, state, changed_at in zip(
            ids, ("ended", "ended", "paused"), (now - 9 * DAY, now, now - 9 * DAY), strict=True
        ):
            await queries.change(connection, id_, state=state, next_at=None, changed_at=changed_at)
    retention = Retention(
        world.parts.database, world.parts.clock, world.parts.metrics, keep_for=DAY, use_profiles_for=timedelta()
    )
    await retention.purge_some()
    async with world.parts.database.reading() as connection:
        left = [await queries.get(connection, id_) is not None for id_ in ids]

    assert left == [False, True, True]
