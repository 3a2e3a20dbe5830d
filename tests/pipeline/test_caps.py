"""Caps in the claim, on each store: exact however many workers claim, and nothing is dropped."""

import asyncio
from collections import Counter
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text

from property_alert_notification.base.vocabulary import DeliveryState, Frequency, Outcome
from property_alert_notification.notifications.reevaluate import reevaluate_by
from property_alert_notification.people.caps import queries as cap_queries
from property_alert_notification.people.decide import Message
from property_alert_notification.people.effective.answer import answer
from property_alert_notification.people.effective.look_up import cap_uses_of, person_of
from property_alert_notification.people.preferences import queries as preferences
from property_alert_notification.people.preferences.models import Preference
from property_alert_notification.people.preferences.rules import Cap, PersonalRules
from property_alert_notification.people.preferences.stored_rules import write_rules
from tests.pipeline import test_digests as digests
from tests.pipeline.test_digests import planner
from tests.pipeline.world import EMAIL, World

CAP = 3


async def a_user(world: World, user_id: int = 1, **more: Any) -> None:
    rules = PersonalRules(time_zone="America/New_York", caps={EMAIL: Cap(day=CAP)}, **more)
    now = world.parts.clock.now()
    preference = Preference(user_id=user_id, channels="email", rules=write_rules(rules), updated_at=now)
    async with world.parts.database.transaction() as connection:
        await preferences.put(connection, preference, test=False)


async def accept(world: World, count: int, category: str = "listing_alert", user_id: int = 1) -> list[UUID]:
    return [await world.accept(user_id, category=category, channels=[EMAIL]) for _ in range(count)]


async def claimed(world: World, notification: UUID) -> bool:
    """Whether a worker that claims its delivery may send it."""
    return bool(await world.claim((await world.delivery(notification)).id))


async def test_no_more_than_the_cap_are_sent_and_the_others_are_collected(world: World) -> None:
    await a_user(world)
    notifications = await accept(world, CAP + 2)
    assert [await claimed(world, one) for one in notifications] == [True] * CAP + [False] * 2

    deliveries = [await world.delivery(one) for one in notifications[CAP:]]
    assert {(one.state, one.reason_code) for one in deliveries} == {(DeliveryState.COLLECTED, "over_cap")}
    assert {one.reason for one in deliveries} == {
        "the user's cap of email per day is reached: 3 of 3 sent, or about to be"
    }
    [held_by] = {one.held_by for one in deliveries}
    assert held_by is not None
    assert held_by.startswith("digest:")
    assert await claimed(world, (await accept(world, 1, "viewing"))[0])  # a cap is for what is promotional


async def test_what_is_over_the_cap_of_a_user_who_refuses_digests_is_suppressed_at_once(world: World) -> None:
    await a_user(world, frequencies={"digest": {EMAIL: Frequency.NEVER}})
    notifications = await accept(world, CAP + 1)
    assert [await claimed(world, one) for one in notifications] == [True] * CAP + [False]

    over = await world.delivery(notifications[CAP])
    assert (over.state, over.reason_code) == (DeliveryState.SUPPRESSED, "category_refused")
    assert await effective(world) == ("suppress", "category_refused", "cap")


async def test_several_workers_together_never_exceed_it(world: World) -> None:
    for user in (1, 2, 3):
        await a_user(world, user)
    notifications = {user: await accept(world, CAP + 3, user_id=user) for user in (1, 2, 3)}
    deliveries = [
        (user, (await world.delivery(one)).id)
        for place in range(CAP + 3)
        for user in (1, 2, 3)
        for one in [notifications[user][place]]
    ]

    async def work(those: list[tuple[int, UUID]]) -> list[int]:
        return [user for user, delivery in those if await world.claim(delivery)]

    sent = await asyncio.gather(*(work(deliveries[worker::4]) for worker in range(4)))
    assert Counter(user for some in sent for user in some) == dict.fromkeys((1, 2, 3), CAP)


async def test_one_that_is_tried_again_counts_once_and_a_dead_worker_gives_nothing_away(world: World) -> None:
    await a_user(world)
    notifications = await accept(world, CAP + 1)
    for one in notifications[:CAP]:
        await world.lose_worker(one)  # claimed, and counted; then its worker dies
    assert not await claimed(world, notifications[CAP])
    async with world.parts.database.transaction() as connection:
        await connection.execute(text("UPDATE deliveries SET due_at = changed_at WHERE state = 'unknown'"))
    assert [await claimed(world, one) for one in notifications[:CAP]] == [True] * CAP


async def test_one_that_was_not_sent_gives_its_place_back(world: World) -> None:
    await a_user(world)
    notifications = await accept(world, CAP + 1)
    claims = [claim for one in notifications[:CAP] for claim in await world.claim((await world.delivery(one)).id)]
    assert len(claims) == CAP
    await world.settle(claims[0], DeliveryState.FAILED, Outcome.REFUSED, "no such mailbox")
    assert await claimed(world, notifications[CAP])


async def test_a_digest_over_the_cap_waits_for_its_place(world: World) -> None:
    await a_user(world)
    first = await accept(world, CAP)
    assert [await claimed(world, one) for one in first] == [True] * CAP
    [digest] = await accept(world, 1, "digest")
    assert not await claimed(world, digest)

    delivery = await world.delivery(digest)
    assert (delivery.state, delivery.reason_code, delivery.held_by) == (DeliveryState.HELD, "over_cap", "cap")
    assert delivery.due_at is not None
    assert delivery.due_at - world.parts.clock.now() < timedelta(days=2)


async def test_a_digest_of_transactional_messages_has_no_cap(world: World) -> None:
    await digests.a_user(world, Frequency.DAILY, category="viewing", caps={EMAIL: Cap(day=1)})
    assert await claimed(world, (await accept(world, 1))[0])
    await accept(world, 1, "viewing")
    await digests.their_time_comes(world)
    await digests.look(world)

    assert await claimed(world, await digests.the_digest(world))


async def test_what_would_be_over_the_cap_is_said_before_it_is_sent(world: World) -> None:
    await a_user(world)
    for one in await accept(world, CAP - 1):
        assert await claimed(world, one)
    assert await effective(world) == ("send", "user_opted_in", "service_default")

    assert await claimed(world, (await accept(world, 1))[0])
    assert await effective(world) == ("collect", "over_cap", "cap")
    assert await effective(world, "digest") == ("hold", "over_cap", "cap")
    assert await effective(world, "viewing") == ("send", "user_opted_in", "service_default")
    assert await effective(world, later=timedelta(days=1)) == ("send", "user_opted_in", "service_default")


async def effective(
    world: World, category: str = "listing_alert", *, later: timedelta = timedelta()
) -> tuple[str, ...]:
    """What `GET .../effective` answers about one more message, and by which rule."""
    async with world.parts.database.reading() as connection:
        person = await person_of(connection, 1, test=False, default=None, subjects=planner(world).subjects)
        assert person is not None
        uses = await cap_uses_of(connection, 1, person, EMAIL, test=False)
    message = Message(EMAIL, world.parts.categories.current().of(category))
    found = answer(message, person, world.parts.clock.now() + later, uses)
    return found.decision.value, found.reason_code.value, found.rule.value


async def test_a_digest_over_the_cap_waits_no_longer_when_its_user_takes_the_cap_back(world: World) -> None:
    await a_user(world)
    for one in await accept(world, CAP):
        assert await claimed(world, one)
    digest = (await accept(world, 1, "digest"))[0]
    assert not await claimed(world, digest)

    await world.a_user(1)
    async with world.parts.database.transaction() as connection:
        await reevaluate_by(planner(world))(connection, [1])

    assert await claimed(world, digest)


async def test_old_uses_of_caps_are_deleted(world: World) -> None:
    await a_user(world)
    assert await claimed(world, (await accept(world, 1))[0])
    now = world.parts.clock.now()
    async with world.parts.database.transaction() as connection:
        assert await cap_queries.remove_old(connection, now=now + timedelta(days=8), limit=10) == 0
        assert await cap_queries.remove_old(connection, now=now + timedelta(days=12), limit=10) == 1
        assert (await connection.execute(text("SELECT count(*) FROM cap_counters"))).scalar_one() == 0
