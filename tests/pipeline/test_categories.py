"""Categories between processes: what one defines, the others act on."""

from datetime import timedelta

from property_alert_notification.people.categories.definition import CategoryDefinition
from property_alert_notification.people.categories.rules import BUILT_IN, Category
from property_alert_notification.people.categories.service import CategoryService
from property_alert_notification.wiring import assemble
from tests.pipeline.world import World, eventually


async def _define(world: World, name: str, **fields: object) -> None:
    definition = CategoryDefinition.model_validate({"kind": "transactional", **fields})
    async with world.parts.database.transaction() as connection:
        await CategoryService(connection, world.parts.clock, "test", BUILT_IN).define(name, definition)


async def test_a_process_notices_what_another_one_defined_and_took_back(world: World) -> None:
    async with assemble(world.settings) as other:
        await _define(world, "viewing", message_ttl="1min")

        async def has_it() -> bool:
            return other.categories.current().of("viewing").message_ttl == timedelta(minutes=1)

        await eventually(has_it)
        async with world.parts.database.transaction() as connection:
            await CategoryService(connection, world.parts.clock, "test", BUILT_IN).reset("viewing")

        async def has_the_built_in_one() -> bool:
            return other.categories.current().of("viewing") is BUILT_IN["viewing"]

        await eventually(has_the_built_in_one)


async def test_a_process_knows_from_its_start_what_was_defined_before(world: World) -> None:
    await _define(world, "price_drop", on_unknown="give_up")

    async with assemble(world.settings) as other:
        assert other.categories.current().of("price_drop") == Category("price_drop", on_unknown="give_up")
        assert other.categories.current().some_give_up
