"""Categories between processes: what one defines, the others act on."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest

from property_alert_notification.base.vocabulary import Frequency
from property_alert_notification.deliveries.windows import queries as windows
from property_alert_notification.deliveries.windows import scripts as window_scripts
from property_alert_notification.deliveries.windows.keys import WindowKey
from property_alert_notification.people.categories import recheck
from property_alert_notification.people.categories.definition import CategoryDefinition
from property_alert_notification.people.categories.rules import BUILT_IN, Category
from property_alert_notification.people.categories.service import CategoryService
from property_alert_notification.people.preferences import queries as preferences
from property_alert_notification.people.preferences.models import Preference, words_of
from property_alert_notification.people.preferences.rules import PersonalRules
from property_alert_notification.people.preferences.stored_rules import write_rules
from property_alert_notification.wiring import assemble
from tests.pipeline.world import EMAIL, World, eventually
from tests.services.clock import SameDay


async def _define(world: World, name: str, **fields: object) -> None:
    definition = CategoryDefinition.model_validate({"kind": "transactional", **fields})
    async with world.parts.database.transaction() as connection:
        await CategoryService(connection, world.parts.clock, "test", BUILT_IN).define(name, definition)


async def test_a_process_applies_and_removes_definitions_of_another_process(world: World) -> None:
    async with assemble(world.settings, clock=SameDay()) as other:
        await _define(world, "viewing", message_ttl="1min")

        async def has_it() -> bool:
            return other.categories.current().of("viewing").message_ttl == timedelta(minutes=1)

        await eventually(has_it)
        async with world.parts.database.transaction() as connection:
            await CategoryService(connection, world.parts.clock, "test", BUILT_IN).reset("viewing")

        async def has_the_built_in_one() -> bool:
            return other.categories.current().of("viewing") is BUILT_IN["viewing"]

        await eventually(has_the_built_in_one)


async def test_a_process_reads_existing_definitions_at_its_start(world: World) -> None:
    await _define(world, "price_drop", on_unknown="give_up")

    async with assemble(world.settings, clock=SameDay()) as other:
        assert other.categories.current().of("price_drop") == Category("price_drop", on_unknown="give_up")
        assert other.categories.current().some_give_up


async def _refuse(world: World, category: str) -> None:
    rules = write_rules(PersonalRules(frequencies={category: {EMAIL: Frequency.NEVER}}))
    wanted = Preference(user_id=1, channels=words_of([EMAIL]), rules=rules, updated_at=world.parts.clock.now())
    async with world.parts.database.transaction() as connection:
        await preferences.put(connection, wanted, test=False)


async def test_a_category_that_the_user_refuses_is_suppressed_when_it_is_accepted_and_right_before_it_is_sent(
    world: World,
) -> None:
    await world.a_user()
    accepted_before = await world.accept(category="viewing", channels=["email"])
    await _refuse(world, "viewing")
    accepted_after = await world.accept(category="viewing", channels=["email"])
    at_once = (await world.delivery(accepted_after)).state
    required, other = [await world.accept(category=name, channels=["email"]) for name in ("account", "offer")]

    await world.a_worker()
    for sent in (required, other):
        await world.until(sent, "sent")
    await world.until(accepted_before, "suppressed")

    assert at_once == "suppressed"
    for refused in (accepted_before, accepted_after):
        assert (await world.delivery(refused)).reason == "the user does not want viewing by email"
    assert len(world.smtp.mails) == 2


async def test_what_is_collected_of_a_category_is_decided_again_when_the_category_changes(world: World) -> None:
    daily = {"default": {"email": "daily"}}
    for name in ("news", "sold", "tips", "offer"):
        await _define(world, name, **daily)
    await world.parts.categories.reload()
    await world.a_user()
    items = {name: await world.accept(category=name, channels=["email"]) for name in ("news", "sold", "tips", "offer")}
    assert {(await world.delivery(item)).state for item in items.values()} == {"collected"}
    await world.a_worker()

    await _define(world, "news", default={"email": "asap"})
    await _define(world, "sold", default={"email": "never"})
    async with world.parts.database.transaction() as connection:  # now it means what `general` means
        await CategoryService(connection, world.parts.clock, "test", BUILT_IN).reset("tips")

    await world.until(items["news"], "sent")
    await world.until(items["sold"], "suppressed")
    await world.until(items["tips"], "sent")
    assert (await world.delivery(items["offer"])).state == "collected"
    assert (await world.delivery(items["sold"])).reason_code == "category_not_asked_for"


async def test_undefined_categories_change_with_general(world: World) -> None:
    await _define(world, "general", default={"email": "weekly"})
    await world.parts.categories.reload()
    await world.a_user()
    item = await world.accept(category="unheard-of", channels=["email"])
    assert (await world.delivery(item)).state == "collected"
    await world.a_worker()

    await _define(world, "general")

    await world.until(item, "sent")


async def test_a_category_with_many_windows_is_walked_in_small_steps(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recheck, "AT_ONCE", 2)
    closes_at = world.parts.clock.now() + timedelta(days=1)
    keys = [WindowKey(user, False, EMAIL, name, closes_at) for user in range(5) for name in ("news", "offer")]
    async with world.parts.database.transaction() as connection:
        await window_scripts.join(keys).run(connection)
    walk = recheck.WindowRecheck(world.parts.database)
    walk.begin(["news"])

    assert [await walk.proceed() for _ in range(4)] == [True, True, False, False]

    async with world.parts.database.reading() as connection:
        rows = (await connection.execute(window_scripts.windows.select())).mappings().all()
    assert {(one["category"], one["due_at"] < closes_at) for one in rows} == {("news", True), ("offer", False)}


async def test_a_window_that_a_worker_is_processing_is_due_again_afterwards(world: World) -> None:
    database, now = world.parts.database, world.parts.clock.now()
    key = WindowKey(1, False, EMAIL, "news", now + timedelta(hours=1))

    async def recheck_news() -> list[UUID]:
        async with database.transaction() as connection:
            return await windows.recheck_category(connection, "news", after=UUID(int=0), now=now, limit=10)

    async with database.transaction() as connection:
        await window_scripts.join([key]).run(connection)
    async with database.transaction() as connection:
        await window_scripts.join([key]).run(connection)  # locks the row, as the worker does
        rechecked = asyncio.create_task(recheck_news())
        await asyncio.wait([rechecked], timeout=0.2)

    assert await rechecked == [key.id]
