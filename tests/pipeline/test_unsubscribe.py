"""Unsubscribing by the link of an email, on each store: which emails have one, and what it stops."""

import re
from datetime import timedelta

from property_alert_notification.base.vocabulary import Frequency
from property_alert_notification.feedback.unsubscribe.tokens import Link, Purpose, Tokens
from property_alert_notification.people.directory import queries as directory
from property_alert_notification.people.directory.profile import Entry, Profile
from property_alert_notification.people.suppressions.rules import SuppressionReason
from tests.pipeline.test_digests import a_user, accept, look, states, the_digest, their_time_comes
from tests.pipeline.test_suppressions import claimed, ended, suppress
from tests.pipeline.world import EMAIL, World
from tests.services.smtp import Mail

LINK = re.compile(r"<(?P<base>[^>]+)/u/(?P<token>[A-Za-z0-9_-]+)(?P<language>[?]lang=es)?>")


def unsubscribes(world: World, mail: Mail) -> Link | None:
    """What the one-click header of an email is about; None if it has none."""
    header = mail.parsed()["List-Unsubscribe"]
    if header is None:
        return None
    found = LINK.fullmatch(header)
    assert found is not None
    assert mail.parsed()["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert found["base"] == world.settings.base_url
    return Tokens(world.settings.link_keys).read(Purpose.UNSUBSCRIBE, found["token"], now=world.parts.clock.now())


async def test_promotional_emails_have_a_link_and_transactional_ones_have_none(world: World) -> None:
    await world.a_user(1)
    ids = [await world.accept(1, category=name, channels=[EMAIL]) for name in ("listing_alert", "viewing", "account")]
    await world.a_worker()
    for one in ids:
        await world.until(one, "sent")

    links = {mail.parsed()["Message-ID"]: unsubscribes(world, mail) for mail in world.smtp.mails}
    deliveries = [(await world.delivery(one)).id for one in ids]
    found = [next(link for id_, link in links.items() if str(delivery) in id_) for delivery in deliveries]
    assert found == [Link(1, EMAIL, "listing_alert"), None, None]


async def test_a_digest_has_a_link_about_the_category_of_its_items(world: World) -> None:
    await a_user(world, Frequency.DAILY)
    items = await accept(world, 2)
    await their_time_comes(world)
    await world.a_worker()
    for one in items:
        await world.until(one, "sent")

    category = (await world.detail(items[0])).category
    [mail] = world.smtp.mails
    assert unsubscribes(world, mail) == Link(1, EMAIL, category)


async def test_the_footer_and_its_link_are_in_the_language_of_a_profile_if_the_preferences_name_none(
    world: World,
) -> None:
    await world.a_user(1)
    await world.a_user(2)
    async with world.parts.database.transaction() as connection:
        await directory.put(connection, {1: Entry(Profile(1, language="es"), world.parts.clock.now(), pushed=True)})
    ids = [await world.accept(user, category="listing_alert", channels=[EMAIL]) for user in (1, 2)]
    await world.a_worker()
    for one in ids:
        await world.until(one, "sent")

    found = {}
    for mail in world.smtp.mails:
        header = LINK.fullmatch(mail.parsed()["List-Unsubscribe"])
        assert header is not None
        found[mail.parsed()["To"]] = (
            header["language"],
            "Cancelar la suscripción" in mail.parsed().get_body(("plain",)).get_content(),
        )
    assert found == {"user1@example.com": ("?lang=es", True), "user2@example.com": (None, False)}


async def test_a_digest_that_was_made_is_not_sent_after_its_user_unsubscribed_from_its_items(world: World) -> None:
    await a_user(world, Frequency.DAILY)
    items = await accept(world, 2)
    await their_time_comes(world)
    await look(world)
    await suppress(world, SuppressionReason.UNSUBSCRIBE, user_id=1, category="listing_alert", channel=EMAIL)
    digest = await the_digest(world)

    assert not await claimed(world, digest)
    assert await ended(world, digest) == ("suppressed", "suppressed_unsubscribe")
    await look(world, later=timedelta(days=1))
    assert set(await states(world, items)) == {"suppressed"}


async def test_a_digest_that_was_made_is_not_sent_after_its_user_refused_the_category(world: World) -> None:
    await a_user(world, Frequency.DAILY)
    await accept(world, 1)
    await their_time_comes(world)
    await look(world)
    await a_user(world, Frequency.NEVER)

    digest = await the_digest(world)
    assert not await claimed(world, digest)
    assert await ended(world, digest) == ("suppressed", "category_refused")
