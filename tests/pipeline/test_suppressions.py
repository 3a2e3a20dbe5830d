"""The suppression list in the claim, at planning and in digests, on each store."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from property_alert_notification.base.vocabulary import Frequency
from property_alert_notification.people.consent.rules import ConsentOrigin, ConsentSource
from property_alert_notification.people.suppressions import queries
from property_alert_notification.people.suppressions.entry import NewEntry
from property_alert_notification.people.suppressions.rules import SuppressionReason, SuppressionScope
from property_alert_notification.people.suppressions.service import SuppressionService
from property_alert_notification.people.suppressions.subjects import Subjects
from tests.pipeline.test_digests import a_user, accept, look, the_digest, their_time_comes
from tests.pipeline.world import EMAIL, World

ADDRESS = "user1@example.com"
BY_TEST = ConsentOrigin(ConsentSource.API, "test")


async def suppress(world: World, reason: SuppressionReason = SuppressionReason.HARD_BOUNCE, **fields: Any) -> UUID:
    entry = NewEntry(reason, **({"channel": EMAIL, "address": ADDRESS} if "user_id" not in fields else {}), **fields)
    async with world.parts.database.transaction() as connection:
        subjects = Subjects(world.settings.secrets)
        return (await SuppressionService(connection, world.parts.clock, BY_TEST, subjects).add(entry)).id


async def ended(world: World, notification: UUID) -> tuple[str, str]:
    delivery = await world.delivery(notification)
    return delivery.state, delivery.reason_code or ""


async def claimed(world: World, notification: UUID) -> bool:
    return bool(await world.claim((await world.delivery(notification)).id))


async def test_what_waits_is_not_sent_after_an_entry_was_added_and_neither_is_what_comes(world: World) -> None:
    await world.a_user(1)
    await world.a_user(2)
    waiting = [await world.accept(user, channels=[EMAIL]) for user in (1, 2)]
    await suppress(world)
    coming = await world.accept(1, channels=[EMAIL])

    assert [await claimed(world, one) for one in waiting] == [False, True]
    assert {await ended(world, one) for one in (waiting[0], coming)} == {("suppressed", "suppressed_hard_bounce")}


async def test_an_entry_of_a_user_counts_at_every_address_and_unsubscribing_leaves_what_is_transactional(
    world: World,
) -> None:
    await world.a_user(1)
    wanted = {
        category: await world.accept(1, category=category, channels=[EMAIL], user_email="another@example.com")
        for category in ("listing_alert", "viewing")
    }
    await suppress(world, SuppressionReason.UNSUBSCRIBE, user_id=1)

    assert {name: await claimed(world, one) for name, one in wanted.items()} == {
        "listing_alert": False,
        "viewing": True,
    }
    assert await ended(world, wanted["listing_alert"]) == ("suppressed", "suppressed_unsubscribe")


@pytest.mark.parametrize(("category", "is_sent"), [("viewing", True), ("listing_alert", False)])
async def test_who_unsubscribed_from_everything_still_gets_digests_of_transactional_messages(
    world: World, category: str, is_sent: bool
) -> None:
    await a_user(world, Frequency.DAILY, category=category)
    await accept(world, category=category)
    await their_time_comes(world)
    if not is_sent:  # otherwise there is no digest
        await look(world)
    await suppress(world, SuppressionReason.UNSUBSCRIBE, user_id=1, channel=None)
    await look(world)

    assert await claimed(world, await the_digest(world)) is is_sent


async def test_items_of_a_suppressed_address_leave_their_digest(world: World) -> None:
    await a_user(world, Frequency.DAILY, 1)
    await a_user(world, Frequency.DAILY, 2)
    items = await accept(world, 2, 1) + await accept(world, 1, 2)
    await suppress(world, SuppressionReason.COMPLAINT)

    turn = await look(world, later=timedelta(days=1))

    assert turn.digests == 1
    assert [await ended(world, one) for one in items[:2]] == [("suppressed", "suppressed_complaint")] * 2


async def test_an_entry_that_expired_stops_nothing_and_is_deleted(world: World) -> None:
    await world.a_user(1)
    now = world.parts.clock.now()
    await suppress(world, SuppressionReason.SOFT_BOUNCE, expires_at=now - timedelta(seconds=1))
    kept = await suppress(world, expires_at=now + timedelta(days=1), category="offer")
    assert await claimed(world, await world.accept(1, channels=[EMAIL]))

    async with world.parts.database.transaction() as connection:
        assert await queries.remove_expired(connection, now=now, limit=10) == 1
        assert [one.id for one in await queries.page(connection, limit=10)] == [kept]


async def test_the_same_entry_twice_stops_as_much_as_both_and_for_the_longer_time(world: World) -> None:
    now = world.parts.clock.now()
    promotional = {"scope": SuppressionScope.PROMOTIONAL}
    first = await suppress(world, expires_at=now + timedelta(days=2), **promotional)
    again = [
        await suppress(world, expires_at=now + timedelta(days=1)),
        await suppress(world, expires_at=None, **promotional),
        await suppress(world, expires_at=now + timedelta(days=3), **promotional),
    ]

    assert again == [first] * 3
    async with world.parts.database.reading() as connection:
        [entry] = await queries.page(connection, limit=10)
    assert (entry.scope, entry.expires_at) == ("all", None)


async def test_an_entry_that_cannot_be_read_stops_everything_until_it_is_released(world: World) -> None:
    await world.a_user(1)
    await world.a_user(2)
    waiting = [await world.accept(user, channels=[EMAIL]) for user in (1, 2)]
    entry = await suppress(world, SuppressionReason.UNSUBSCRIBE, category="offer")
    async with world.parts.database.transaction() as connection:
        await connection.execute(text("UPDATE suppressions SET reason_code = 'whim'"))

    assert [await claimed(world, one) for one in waiting] == [False, True]
    async with world.parts.database.transaction() as connection:
        assert await queries.remove(connection, entry)
    assert await claimed(world, await world.accept(1, channels=[EMAIL]))
