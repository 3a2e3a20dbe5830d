"""Categories between processes: what one defines, the others act on."""

from datetime import timedelta

from property_alert_notification.base.vocabulary import Frequency
from property_alert_notification.people.categories.definition import CategoryDefinition
from property_alert_notification.people.categories.rules import BUILT_IN, Category
from property_alert_notification.people.categories.service import CategoryService
from property_alert_notification.people.preferences import queries as preferences
from property_alert_notification.people.preferences.models import Preference, words_of
from property_alert_notification.people.preferences.rules import PersonalRules
from property_alert_notification.people.preferences.stored_rules import write_rules
from property_alert_notification.wiring import assemble
from tests.pipeline.world import EMAIL, World, eventually


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
