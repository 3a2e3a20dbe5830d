"""Digests, from the first collected notification to the end of every item, on each store."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import text

from property_alert_notification import wiring
from property_alert_notification.base.clock import Clock
from property_alert_notification.base.vocabulary import Channel, DeliveryState, Frequency
from property_alert_notification.deliveries.windows import queries as window_queries
from property_alert_notification.deliveries.windows import scripts as window_scripts
from property_alert_notification.deliveries.windows.keys import held_by
from property_alert_notification.digests import close
from property_alert_notification.digests.close import Turn, close_due
from property_alert_notification.homes.alerts.before_sending.refresh.scripts import refreshed
from property_alert_notification.notifications.create import Planner
from property_alert_notification.notifications.reevaluate import reevaluate_by
from property_alert_notification.people.directory import queries as directory
from property_alert_notification.people.directory.profile import Entry, Profile
from property_alert_notification.people.preferences import queries as preferences
from property_alert_notification.people.preferences.models import Preference
from property_alert_notification.people.preferences.rules import DigestTimes, PersonalRules
from property_alert_notification.people.preferences.stored_rules import write_rules
from tests.pipeline.world import EMAIL, World
from tests.services.clock import SameDay

CATEGORY = "listing_alert"
SMS = Channel("sms")


async def a_user(
    world: World, frequency: Frequency, user_id: int = 1, *, category: str = CATEGORY, **rules: Any
) -> int:
    """A user who wants a category by email so often; what waits for them is decided again."""
    personal = PersonalRules(frequencies={category: {EMAIL: frequency}}, **rules)
    now = world.parts.clock.now()
    preference = Preference(user_id=user_id, channels="email", rules=write_rules(personal), updated_at=now)
    async with world.parts.database.transaction() as connection:
        await preferences.put(connection, preference, test=False)
        await reevaluate_by(planner(world))(connection, [user_id])
    return user_id


async def accept(world: World, count: int = 1, user_id: int = 1, **fields: Any) -> list[UUID]:
    return [
        await world.accept(user_id, **{"title": f"Home {n}", "category": CATEGORY, "channels": [EMAIL]} | fields)
        for n in range(count)
    ]


async def their_time_comes(world: World) -> None:
    """It is past the digest time of every open window."""
    past = world.parts.clock.now() - timedelta(seconds=1)
    async with world.parts.database.transaction() as connection:
        came = window_scripts.windows.update().where(window_scripts.windows.c.closed_at.is_(None))
        await connection.execute(came.values(closes_at=past, due_at=past))


def planner(world: World) -> Planner:
    return wiring.planner(world.settings, world.parts.clock, world.parts.categories)


class LaterClock(SameDay):
    """The same clock, ahead."""

    def __init__(self, clock: Clock, by: timedelta) -> None:
        super().__init__()
        self._clock, self._by = clock, by

    def now(self) -> datetime:
        return self._clock.now() + self._by


async def look(world: World, *, later: timedelta = timedelta()) -> Turn:
    """What a worker does with windows that are due, now or later."""
    then = replace(planner(world), clock=LaterClock(world.parts.clock, later))
    return await world.parts.database.run(close_due(then, refreshed, limit=100))


async def windows(world: World) -> list[Mapping[str, Any]]:
    async with world.parts.database.reading() as connection:
        return list((await connection.execute(window_scripts.windows.select())).mappings())


async def states(world: World, notifications: list[UUID]) -> list[str]:
    return [(await world.delivery(one)).state for one in notifications]


async def reasons(world: World, notifications: list[UUID]) -> list[str]:
    return [(await world.delivery(one)).reason_code for one in notifications]


async def let_expire(world: World) -> None:
    """Whatever has an `expires_at` is expired from now on."""
    async with world.parts.database.transaction() as connection:
        await connection.execute(text("UPDATE notifications SET expires_at = accepted_at WHERE expires_at IS NOT NULL"))


async def the_digest(world: World) -> UUID:
    [digest] = [window["digest_id"] for window in await windows(world) if window["digest_id"]]
    assert isinstance(digest, UUID)
    return digest


async def test_messages_with_a_daily_frequency_are_sent_in_one_digest(world: World) -> None:
    await a_user(world, Frequency.DAILY)
    items = await accept(world, 3)
    assert await states(world, items) == ["collected"] * 3
    [window] = await windows(world)
    assert {(await world.delivery(one)).held_by for one in items} == {held_by(window["id"])}

    await their_time_comes(world)
    await world.a_worker()
    for item in items:
        await world.until(item, "sent")

    digest = await the_digest(world)
    detail = await world.detail(digest)
    assert (detail.category, detail.status) == ("digest", "sent")
    assert detail.digest is not None
    assert (detail.digest.items, detail.digest.notifications) == (3, items)
    assert {(await world.delivery(one)).digest_id for one in items} == {digest}
    [mail] = world.smtp.mails
    assert mail.recipients == ("user1@example.com",)
    words = mail.parsed().get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert all(f"Home {n}" in words for n in range(3))


async def test_an_item_has_the_id_of_its_digest_and_cannot_be_cancelled(world: World) -> None:
    await a_user(world, Frequency.DAILY)
    [item] = await accept(world)
    await their_time_comes(world)
    assert (await look(world)).digests == 1

    delivery = await world.delivery(item)
    assert (delivery.state, delivery.reason_code) == ("collected", "in_digest")
    assert delivery.digest_id == await the_digest(world)
    assert (await look(world)).digests == 0


async def test_expired_and_unwanted_items_leave_their_window_and_an_empty_window_sends_nothing(world: World) -> None:
    await a_user(world, Frequency.DAILY)
    soon = world.parts.clock.now() + timedelta(seconds=0.3)
    [expiring] = await accept(world, expires_at=soon.isoformat())
    [other] = await accept(world)
    await let_expire(world)
    await world.forget_user()
    await their_time_comes(world)
    turn = await look(world)

    assert (turn.digests, turn.left) == (0, {DeliveryState.SUPPRESSED: 2})
    assert await reasons(world, [expiring, other]) == ["no_preferences"] * 2
    assert (await world.detail(other)).status == "suppressed"
    [window] = await windows(world)
    assert (window["due_at"], window["digest_id"]) == (None, None)
    assert window["closed_at"] is not None


async def test_an_expired_item_is_no_part_of_the_digest(world: World) -> None:
    await a_user(world, Frequency.DAILY)
    later = world.parts.clock.now() + timedelta(hours=1)
    [expired] = await accept(world, expires_at=later.isoformat())
    [other] = await accept(world)
    await let_expire(world)
    await their_time_comes(world)
    turn = await look(world)

    assert (turn.digests, turn.carried) == (1, 1)
    assert await states(world, [expired, other]) == ["expired", "collected"]
    assert (await world.detail(expired)).status == "expired"


async def test_a_frequency_of_never_suppresses_collected_items(world: World) -> None:
    await a_user(world, Frequency.WEEKLY)
    items = await accept(world, 2)
    await a_user(world, Frequency.NEVER)
    await look(world)
    assert await states(world, items) == ["suppressed"] * 2


async def test_a_frequency_of_asap_sends_collected_items(world: World) -> None:
    await a_user(world, Frequency.MONTHLY)
    items = await accept(world, 2)
    async with world.parts.database.transaction() as connection:  # as if it had waited for long
        await connection.execute(text("UPDATE notifications SET moved_at = NULL"))
    await a_user(world, Frequency.ASAP)
    assert (await look(world)).left == {DeliveryState.QUEUED: 2}
    await world.a_worker()
    for item in items:
        await world.until(item, "sent")
    assert len(world.smtp.mails) == 2


async def test_a_frequency_of_weekly_moves_collected_items_to_the_weekly_digest(world: World) -> None:
    await a_user(world, Frequency.DAILY)
    items = await accept(world, 2)
    weekday = (world.parts.clock.now() + timedelta(days=3)).weekday()
    await a_user(world, Frequency.WEEKLY, digest=DigestTimes(weekday=weekday))
    await look(world)

    daily, weekly = sorted(await windows(world), key=lambda window: window["closes_at"])
    assert {(await world.delivery(one)).held_by for one in items} == {held_by(weekly["id"])}
    assert daily["due_at"] == daily["closes_at"]
    assert weekly["closes_at"].weekday() == weekday


async def test_a_latecomer_is_in_the_next_digest(world: World) -> None:
    await a_user(world, Frequency.DAILY)
    [first] = await accept(world)
    tomorrow = await look(world, later=timedelta(days=1))
    assert tomorrow.digests == 1
    [late] = await accept(world)  # decided before the window was closed, and stored after
    assert await reasons(world, [first, late]) == ["in_digest", "collected"]

    assert (await look(world, later=timedelta(days=1))).left == {DeliveryState.COLLECTED: 1}
    closed, following = sorted(await windows(world), key=lambda window: window["closes_at"])
    assert following["closes_at"] == closed["closes_at"] + timedelta(days=1)
    assert (await world.delivery(late)).held_by == held_by(following["id"])
    assert (await look(world, later=timedelta(days=2))).digests == 1
    assert await reasons(world, [first, late]) == ["in_digest", "in_digest"]


async def test_a_latecomer_is_in_the_next_digest_also_if_its_own_ends_first(world: World) -> None:
    await a_user(world, Frequency.DAILY)
    [first] = await accept(world)
    assert (await look(world, later=timedelta(days=1))).digests == 1
    [late] = await accept(world)
    async with world.parts.database.transaction() as connection:
        await connection.execute(text("UPDATE deliveries SET state = 'sent', due_at = NULL WHERE due_at IS NOT NULL"))
    tomorrow = replace(planner(world), clock=LaterClock(world.parts.clock, timedelta(days=1)))

    turn = await world.parts.database.run(close.process_ended([await the_digest(world)], tomorrow, refreshed))

    assert (turn.ended, turn.left) == (1, {DeliveryState.COLLECTED: 1})
    assert await states(world, [first, late]) == ["sent", "collected"]
    closed, following = sorted(await windows(world), key=lambda window: window["closes_at"])
    assert (closed["due_at"], closed["items"]) == (None, 1)
    assert (await world.delivery(late)).held_by == held_by(following["id"])


async def test_a_digest_that_fails_ends_its_items_so(world: World) -> None:
    await a_user(world, Frequency.DAILY)
    [item] = await accept(world)
    await their_time_comes(world)
    await look(world)
    digest = await the_digest(world)
    async with world.parts.database.transaction() as connection:
        await connection.execute(text("UPDATE deliveries SET state = 'failed', due_at = NULL WHERE due_at IS NOT NULL"))
    ended = await world.parts.database.run(close.process_ended([digest], planner(world), refreshed))
    assert ended.ended == 1
    delivery = await world.delivery(item)
    assert (delivery.state, delivery.reason_code, delivery.digest_id) == ("failed", "in_digest", digest)
    assert (await world.detail(item)).status == "failed"
    assert (await world.parts.database.run(close.process_ended([digest], planner(world), refreshed))).windows == 0


async def test_a_digest_is_planned_by_the_profile_that_none_of_its_items_needs(world: World) -> None:
    """The law of the profile's number, Florida, ends the day an hour before that of any other place."""
    zone, florida = ZoneInfo("America/New_York"), "+13055550123"
    sms = PersonalRules(frequencies={CATEGORY: {SMS: Frequency.DAILY}}, time_zone=zone.key)
    now = world.parts.clock.now()
    preference = Preference(user_id=1, channels="sms", rules=write_rules(sms), updated_at=now)
    async with world.parts.database.transaction() as connection:
        await preferences.put(connection, preference, test=False)
        await directory.put(connection, {1: Entry(Profile(1, phone_number=florida), now)})
    await accept(world, channels=[SMS], user_phone_number="+442079460000")
    evening = datetime.combine(now.astimezone(zone).date() + timedelta(days=2), time(20, 30), zone)

    assert (await look(world, later=evening - now)).digests == 1

    [digest] = [window["digest_id"] for window in await windows(world)]
    held = await world.delivery(digest, SMS)
    assert (held.state, held.reason_code) == ("held", "legal_window")


async def test_open_windows_are_counted_and_closed_ones_deleted_once_nothing_is_left_to_do(world: World) -> None:
    await a_user(world, Frequency.DAILY)
    await accept(world)
    then = world.parts.clock.now() + timedelta(days=2)
    async with world.parts.database.transaction() as connection:
        assert await window_queries.count_open(connection) == 1
        assert await window_queries.due_since(connection, now=then) is not None
        assert await window_queries.due_since(connection, now=world.parts.clock.now()) is None
        assert await window_queries.remove_old(connection, until=then, limit=10) == 0
    await look(world, later=timedelta(days=2))
    async with world.parts.database.transaction() as connection:  # its digest has not ended
        assert await window_queries.remove_old(connection, until=then, limit=10) == 0
        await connection.execute(window_scripts.windows.update().values(due_at=None))
        assert await window_queries.count_open(connection) == 0
        assert await window_queries.remove_old(connection, until=then, limit=10) == 1
