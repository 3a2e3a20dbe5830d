"""What is deleted because it was kept long enough, and what stays."""

import asyncio
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.api.access.admission import ANONYMOUS
from property_alert_notification.api.idempotency.models import IdempotencyKey
from property_alert_notification.database import table_of
from property_alert_notification.deliveries.models import Attempt, Delivery
from property_alert_notification.homes.alerts.models import Alert
from property_alert_notification.homes.feeds import queries as feeds
from property_alert_notification.homes.feeds.entity_events import Event
from property_alert_notification.notification_worker import retention_pace
from property_alert_notification.notification_worker.retention import Retention
from property_alert_notification.notifications import changes
from property_alert_notification.people.directory import queries as profiles
from property_alert_notification.people.directory.profile import Entry, Profile
from tests.pipeline.homes import Homes, a_home
from tests.pipeline.world import World
from tests.services.clock import SameDay

KEPT_FOR = timedelta(days=90)


class LaterClock(SameDay):
    """Is ahead by `ahead`, on the wall and otherwise."""

    ahead = timedelta()

    def now(self) -> datetime:
        return super().now() + self.ahead

    def monotonic(self) -> float:
        return super().monotonic() + self.ahead.total_seconds()


async def test_old_ended_notifications_are_deleted_with_all_their_rows(world: World) -> None:
    await world.a_user()
    sent = await world.accept()
    await world.a_worker()
    await world.until(sent, "sent")
    world.smtp.answer = lambda _mail: "451 4.3.0 not now"
    open_ = await world.accept()
    cancelled = await world.accept(send_at=world.parts.clock.now() + timedelta(days=1))
    scheduled = await world.accept(send_at=world.parts.clock.now() + timedelta(days=1000))
    await _cancel(world, cancelled)
    await world.until_delivery(open_, "retry_wait")

    young = await purge(world, KEPT_FOR - timedelta(days=1))
    assert [await world.exists(one) for one in (sent, open_, cancelled, scheduled)] == [True] * 4
    await _hold(world, open_)
    old = await purge(world, KEPT_FOR + timedelta(days=1))

    assert (young, old) == (0, 2)
    assert [await world.exists(one) for one in (sent, open_, cancelled, scheduled)] == [False, True, False, True]
    async with world.parts.database.reading() as connection:
        left = (await connection.execute(select(table_of(Delivery).c.notification_id).distinct())).scalars().all()
        tried = (await connection.execute(select(table_of(Attempt).c.delivery_id).distinct())).scalars().all()
    assert left == [open_]
    assert tried == [(await world.delivery(open_)).id]


async def test_what_was_open_when_the_walk_came_by_is_found_when_it_begins_again(world: World) -> None:
    await world.a_user()
    late = await world.accept()
    done = await world.accept(channels=["sms"])
    clock = LaterClock()
    walk = Retention(world.parts.database, clock, world.parts.metrics, keep_for=KEPT_FOR, use_profiles_for=timedelta())
    clock.ahead = KEPT_FOR + timedelta(days=1)
    await walk.purge_some()
    assert [await world.exists(one) for one in (late, done)] == [True, False]
    await _cancel(world, late)

    await walk.purge_some()
    still_there = await world.exists(late)
    clock.ahead += timedelta(days=2)
    await walk.purge_some()

    assert (still_there, await world.exists(late)) == (True, False)


async def test_several_at_once_delete_everything_in_small_steps(world: World) -> None:
    await world.a_user(email=False)
    await asyncio.gather(*(world.accept() for _ in range(3 * retention_pace.FIRST)))
    walks = [_walk(world, KEPT_FOR * 2) for _ in range(2)]

    await asyncio.gather(*(_walk_to_the_end(walk) for walk in walks))

    async with world.parts.database.reading() as connection:
        assert await _count(connection, "notifications") == await _count(connection, "deliveries") == 0


async def test_idempotency_keys_go_when_they_expire(world: World) -> None:
    now = world.parts.clock.now()
    async with world.parts.database.transaction() as connection:
        await connection.execute(
            table_of(IdempotencyKey).insert(),
            [
                {
                    "owner": "",
                    "key": str(n),
                    "fingerprint": "f",
                    "status_code": 200,
                    "answer": "{}",
                    "expires_at": now + timedelta(days=n),
                }
                for n in range(1, 5)
            ],
        )

    await _walk(world, timedelta(days=2.5)).purge_some()

    async with world.parts.database.reading() as connection:
        left = (await connection.execute(select(table_of(IdempotencyKey).c.key))).scalars().all()
    assert sorted(left) == ["3", "4"]


async def test_profiles_that_nothing_needs_go_and_those_that_were_pushed_stay(world: World) -> None:
    now = world.parts.clock.now()
    asked, pushed = Entry(Profile(1, email="ada@example.com"), now), Entry(Profile(3), now, pushed=True)
    entries = {1: asked, 2: Entry(None, now), 3: pushed, 4: Entry(None, now, pushed=True)}
    later = {5: Entry(Profile(5), now + timedelta(days=2))}
    async with world.parts.database.transaction() as connection:
        await profiles.put(connection, entries | later)

    await _walk(world, KEPT_FOR + timedelta(days=1), use_profiles_for=KEPT_FOR * 2).purge_some()
    async with world.parts.database.reading() as connection:
        assert await profiles.entries_of(connection, range(9)) == entries | later
    await _walk(world, KEPT_FOR + timedelta(days=1)).purge_some()

    async with world.parts.database.reading() as connection:
        assert (await profiles.entries_of(connection, range(9))).keys() == {3, 4, 5}


async def test_what_is_kept_of_matching_and_of_feeds_goes_when_it_is_old(world: World, homes: Homes) -> None:
    await world.a_user(1)
    await homes.search(1)
    await homes.search(2)  # the user has no preferences, and is not told
    await homes.list(a_home())
    await homes.match()
    async with homes.database.transaction() as connection:
        [alert] = (await connection.execute(select(table_of(Alert).c.notification_id))).scalars()
        now = homes.clock.now()
        await feeds.add_events(connection, "taken", [Event(1, "1"), Event(2, "1")], now=now)
        await feeds.settle_all(connection, await feeds.due_events(connection, {"taken"}, now=now, limit=1))
        await feeds.add_events(connection, "taken by no feed", [Event(1, "1")], now=now)
    await _cancel(world, alert)
    tables = ("alerts", "unsent_alerts", "told", "match_log", "dropped_matches", "feed_events")

    async def left() -> list[int]:
        async with homes.database.reading() as connection:
            return [await _count(connection, table) for table in tables]

    await _walk_to_the_end(_walk(world, KEPT_FOR - timedelta(days=1)))
    young = await left()
    await _walk_to_the_end(_walk(world, KEPT_FOR + timedelta(days=1)))
    without_alert = await left()
    await asyncio.gather(*(_walk_to_the_end(_walk(world, timedelta(days=401))) for _ in range(2)))

    assert young == [1, 0, 1, 1, 1, 3]
    assert without_alert == [0, 1, 1, 1, 1, 0]
    assert await left() == [0] * 6


def _walk(world: World, ahead: timedelta, *, use_profiles_for: timedelta = timedelta()) -> Retention:
    clock = LaterClock()
    clock.ahead = ahead
    return Retention(
        world.parts.database, clock, world.parts.metrics, keep_for=KEPT_FOR, use_profiles_for=use_profiles_for
    )


async def _walk_to_the_end(walk: Retention) -> None:
    while await walk.purge_some() is not None:
        pass


async def purge(world: World, ahead: timedelta) -> int:
    """Delete what is old enough when so much time has passed; returns how many notifications."""
    async with world.parts.database.reading() as connection:
        before = await _count(connection, "notifications")
    await _walk_to_the_end(_walk(world, ahead))
    async with world.parts.database.reading() as connection:
        return before - await _count(connection, "notifications")


async def _count(connection: AsyncConnection, table: str) -> int:
    return int((await connection.execute(select(func.count()).select_from(text(table)))).scalar_one())


async def _cancel(world: World, notification: UUID) -> None:
    async with world.parts.database.transaction() as connection:
        await changes.cancel(connection, notification, ANONYMOUS, now=world.parts.clock.now())


async def _hold(world: World, notification: UUID) -> None:
    """Open, although nothing has changed for long."""
    async with world.parts.database.transaction() as connection:
        theirs = table_of(Delivery).c.notification_id == notification
        await connection.execute(
            update(table_of(Delivery)).where(theirs, table_of(Delivery).c.channel == "email").values(state="on_hold")
        )
