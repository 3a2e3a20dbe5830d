"""Opt-ins that are confirmed by SMS, on each store."""

import pytest

from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.feedback.replies.models import InboundReply
from property_alert_notification.notifications.recipients import queries as recipients
from property_alert_notification.people.categories.definition import CategoryDefinition
from property_alert_notification.people.categories.service import CategoryService
from property_alert_notification.people.consent.models import ConsentRecord
from property_alert_notification.people.consent.rules import ConsentOrigin, ConsentSource
from property_alert_notification.people.directory import queries as directory
from property_alert_notification.people.directory.profile import Entry, Profile
from property_alert_notification.people.preferences.schemas import PreferencePatch
from property_alert_notification.people.preferences.service import PreferenceService
from tests.pipeline.test_callbacks import rows
from tests.pipeline.test_replies import NUMBER, receive
from tests.pipeline.world import World

SMS = Channel("sms")
BY_TEST = ConsentOrigin(ConsentSource.API, "test")


async def demand_confirmation(world: World) -> None:
    definition = CategoryDefinition.model_validate({"kind": "transactional", "confirm_opt_in": True})
    async with world.parts.database.transaction() as connection:
        await CategoryService(connection, world.parts.clock, "test", {}).define("news", definition)
    await world.parts.categories.reload()


async def switch_sms(world: World, user: int, *, on: bool) -> None:
    confirmer = world.confirmer
    async with world.parts.database.transaction() as connection:
        service = PreferenceService(
            connection,
            world.parts.clock,
            confirmer.reevaluate,
            False,
            confirmer.ledger,
            BY_TEST,
            confirmer.confirmations,
        )
        await service.patch(user, lambda _: PreferencePatch(sms_enabled=on))


async def reason_of_the_next(world: World, user: int) -> str | None:
    notification = await world.accept(user, channels=[SMS], category="news", user_phone_number="+14155552600")
    return (await world.delivery(notification, SMS)).reason_code


@pytest.mark.parametrize("has_profile", [True, False])
async def test_yes_confirms_what_waits_for_this_number_and_nothing_else(world: World, *, has_profile: bool) -> None:
    for user in (1, 2):
        await world.a_user(user, sms=True)
        number = NUMBER if user == 1 else "+14155552672"
        if has_profile:
            profile = Entry(Profile(user, phone_number=number), world.parts.clock.now())
            async with world.parts.database.transaction() as connection:
                await directory.put(connection, {user: profile})
        else:
            await world.accept(user, channels=[SMS], user_phone_number=number)
        await switch_sms(world, user, on=False)
    await demand_confirmation(world)
    assert await receive(world, "Yes", "SM0") is None
    for user in (1, 2):
        await switch_sms(world, user, on=True)
    before = [await reason_of_the_next(world, user) for user in (1, 2)]

    answers = [await receive(world, "¡Sí!", "SM1"), await receive(world, "Si", "SM2")]

    assert before == ["opt_in_unconfirmed", "opt_in_unconfirmed"]
    assert [await reason_of_the_next(world, user) for user in (1, 2)] == ["user_opted_in", "opt_in_unconfirmed"]
    assert (answers[0] or "").startswith("Homes: gracias")
    assert answers[1] is None
    records = [(one.decision, one.source) for one in await rows(world, ConsentRecord) if one.category == "news"]
    assert sorted(records) == [("confirmed", "reply"), ("requested", "api"), ("requested", "api")]
    # What confirms nothing is for a person.
    assert sorted(one.word for one in await rows(world, InboundReply)) == ["confirm", "other", "other"]


async def test_the_addresses_of_many_users_are_read_in_few_statements(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recipients, "_AT_ONCE", 2)
    monkeypatch.setattr(recipients, "_MOST_REACHED", 2)
    for user in (1, 2, 3):
        await world.a_user(user, sms=True)
        for number in range(3):  # of which the two newest are read
            await world.accept(user, channels=[SMS], user_phone_number=f"+1415555267{number}")

    async with world.parts.database.reading() as connection:
        found = await recipients.addresses_of_users(connection, [3, 1, 2, 4])

    newest = {(SMS, "+14155552671"), (SMS, "+14155552672")}
    assert found == {1: newest, 2: newest, 3: newest}
