"""From a record of a feed to the mailbox, on each store: everyone whose search matches hears of it, once."""

from typing import Any

import pytest
from sqlalchemy import select, update

from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.database import table_of
from property_alert_notification.deliveries.models import Delivery
from property_alert_notification.deliveries.states import ENDED
from property_alert_notification.homes.alerts import batches
from property_alert_notification.homes.alerts.before_sending.asked import NO_LONGER_ASKED_FOR
from property_alert_notification.homes.alerts.before_sending.freshness import (
    HOME_DISCARDED,
    NO_LONGER_MATCHES,
    SEARCH_PAUSED,
)
from property_alert_notification.homes.alerts.before_sending.refresh.scripts import refreshed
from property_alert_notification.homes.alerts.changes.earlier.queries import EARLIER, facts_before
from property_alert_notification.homes.alerts.changes.queries import changes_in
from property_alert_notification.homes.alerts.matcher import IDLE
from property_alert_notification.homes.alerts.models import Told
from property_alert_notification.homes.alerts.numbers import unpack
from property_alert_notification.homes.criteria.expression import Compare
from property_alert_notification.homes.reso.words import ChangeType
from property_alert_notification.homes.saved_searches.models import SavedSearch, SavedSearchVersion
from property_alert_notification.homes.saved_searches.words import ScheduleType
from property_alert_notification.notifications.models import Notification
from tests.pipeline.homes import Homes, a_home, a_matcher, up_to
from tests.pipeline.world import World, eventually

DAY = 24 * 60 * 60


async def alerts(homes: Homes) -> list[tuple[int, str]]:
    """User and title of every alert, in their order."""
    table = table_of(Notification)
    async with homes.database.reading() as connection:
        found = await connection.execute(select(table.c.user_id, table.c.title).order_by(table.c.id))
        return [tuple(row) for row in found]


async def told_now(homes: Homes) -> dict[int, Any]:
    """What the only alert of each user tells now by email, or why it must not be sent."""
    table = table_of(Notification)
    async with homes.database.reading() as connection:
        users = {row[0]: row[1] for row in await connection.execute(select(table.c.id, table.c.user_id))}
    now = await homes.run(refreshed(list(users), Channel.EMAIL, homes.clock.now()))
    return {users[id_]: its for id_, its in now.items()}


async def test_a_matching_home_reaches_the_mailbox_of_its_user_once(world: World, homes: Homes) -> None:
    await world.a_user(1)
    await homes.profile(1)
    await homes.search(1, up_to(600_000), name="Near work")
    await homes.search(1, up_to(550_000), name="Near school")
    await homes.search(2, up_to(400_000))
    await homes.list(a_home())
    await homes.match()
    await world.a_worker()
    [mail] = await world.smtp.wait_for(1)
    text = mail.parsed().get_body(("plain",)).get_content()
    assert mail.parsed()["Subject"] == "New listing: 1 Pinehurst Way NE"
    assert "Price: $500,000" in text
    assert "- Near work" in text
    assert "- Near school" in text
    assert await alerts(homes) == [(1, "New listing: 1 Pinehurst Way NE")]


async def test_a_price_cut_comes_into_a_range_and_changes_the_price_of_another(world: World, homes: Homes) -> None:
    for user in (1, 2, 3):
        await world.a_user(user)
    await homes.search(1, up_to(600_000))
    await homes.search(2, up_to(480_000))
    await homes.search(3, up_to(480_000), changes=[ChangeType.OPEN_HOUSE])
    await homes.list(a_home())
    await homes.list(a_home(60, ListPrice=470_000))
    await homes.match()
    assert await alerts(homes) == [
        (1, "New listing: 1 Pinehurst Way NE"),
        (1, "New price: 1 Pinehurst Way NE"),
        (2, "Now matches your search: 1 Pinehurst Way NE"),
        (3, "Now matches your search: 1 Pinehurst Way NE"),
    ]


async def test_a_home_that_is_offered_anew_is_a_new_listing_to_a_search_of_any_status(
    world: World, homes: Homes
) -> None:
    await world.a_user(1)
    await homes.search(1)
    await homes.list(a_home(-120 * DAY), a_home(-110 * DAY, StandardStatus="Withdrawn"))
    await homes.list(a_home())
    await homes.match()
    assert await alerts(homes) == [(1, "New listing: 1 Pinehurst Way NE")] * 2


async def test_a_home_that_is_coming_soon_is_told_to_whom_it_matches_and_once_active_to_the_others(
    world: World, homes: Homes
) -> None:
    for user in (1, 2):
        await world.a_user(user)
    await homes.search(1)
    await homes.search(2, up_to(600_000))
    await homes.list(a_home(StandardStatus="Coming Soon"))
    await homes.match()
    assert await alerts(homes) == [(1, "Coming soon: 1 Pinehurst Way NE")]
    await homes.list(a_home(60))
    await homes.match()
    assert (await alerts(homes))[1:] == [(2, "Now matches your search: 1 Pinehurst Way NE")]


async def test_a_home_comes_into_a_range_by_any_field(world: World, homes: Homes) -> None:
    await world.a_user(1)
    await homes.search(1, Compare("WaterfrontYN", "eq", value=True))
    await homes.list(a_home(), a_home(60, WaterfrontYN=True), a_home(120, WaterfrontYN=True, PhotosCount=3))
    await homes.match()
    assert await alerts(homes) == [(1, "Now matches your search: 1 Pinehurst Way NE")]


async def test_an_alert_goes_out_on_the_channels_of_the_searches_that_alert_at_once(world: World, homes: Homes) -> None:
    await world.a_user(1, sms=True)
    await homes.profile(1, phone_number="+12065550100")
    await homes.search(1, channels="sms", schedule=ScheduleType.DAILY)
    await homes.search(1, channels="email")
    await homes.list(a_home())
    await homes.match()
    await world.a_worker()
    await world.smtp.wait_for(1)
    table = table_of(Delivery)
    async with homes.database.reading() as connection:
        assert list(await connection.scalars(select(table.c.channel))) == ["email"]


async def test_an_edit_counts_from_its_place_in_the_order_of_commits(world: World, homes: Homes) -> None:
    await world.a_user(1)
    await homes.list(a_home(key="before"))
    number = await homes.search(1, up_to(600_000))
    await homes.list(a_home(key="seen"))
    await homes.change_search(number, up_to(100_000))
    await homes.list(a_home(key="too dear"))
    await homes.change_search(number, up_to(700_000))
    await homes.list(a_home(key="again"))
    await homes.change_search(number, None)
    await homes.list(a_home(key="paused"))
    await homes.match()
    titles = [title for _, title in await alerts(homes)]
    assert titles == ["New listing: seen Pinehurst Way NE", "New listing: again Pinehurst Way NE"]


async def test_an_alert_says_what_its_search_looks_for_since_it_was_edited(world: World, homes: Homes) -> None:
    await world.a_user(1)
    number = await homes.search(1, up_to(600_000))
    await homes.list(a_home(key="before"))
    await homes.match()
    await homes.change_search(number, up_to(700_000))
    for key in ("after", "again"):
        await homes.list(a_home(key=key))
        await homes.match()

    table = table_of(Notification)
    async with homes.database.reading() as connection:
        found = await connection.execute(select(table.c.message).order_by(table.c.id))
        sentences = [message.splitlines()[-1] for message in found.scalars()]
    assert sentences == [f"- Near work: Homes, Active, up to ${price},000" for price in (600, 700, 700)]


async def test_a_matcher_waits_once_no_edits_are_left_so_that_it_takes_the_next_ones_together(
    homes: Homes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "AT_ONCE", 1)
    for user_id in (1, 2):
        await homes.search(user_id, up_to(600_000))
    assert [await homes.matcher.turn() for _ in range(3)] == [0, IDLE, IDLE]


async def test_a_standby_knows_the_edits_and_takes_over(world: World, homes: Homes) -> None:
    await world.a_user(1)
    number = await homes.search(1, up_to(100_000))
    await homes.match()
    standby = a_matcher(homes.database, homes.planner)
    assert await standby.turn() > 0
    await homes.change_search(number, up_to(600_000))
    await homes.match()
    await homes.list(a_home())
    await homes.matcher._end_lease()
    while await standby.turn() == 0:
        pass
    assert await alerts(homes) == [(1, "New listing: 1 Pinehurst Way NE")]
    await homes.match()
    assert len(await alerts(homes)) == 1


async def test_a_home_that_is_gone_is_not_announced_any_more(world: World, homes: Homes) -> None:
    await world.a_user(1)
    await homes.profile(1)
    await homes.search(1)
    await homes.list(a_home(), a_home(key="hidden"), a_home(key="here"))
    await homes.match()
    await homes.list(a_home(60, StandardStatus="Pending"))
    await homes.list(a_home(60, key="hidden", InternetEntireListingDisplayYN=False))
    await world.a_worker()
    [mail] = await world.smtp.wait_for(1)
    assert mail.parsed()["Subject"] == "New listing: here Pinehurst Way NE"
    assert await reasons(world) == {"1": "listing_gone", "hidden": "listing_gone", "here": "sent"}


async def test_an_alert_tells_the_price_of_the_moment_when_it_is_sent(world: World, homes: Homes) -> None:
    for user in (1, 2):
        await world.a_user(user)
        await homes.profile(user)
    await homes.search(1, changes=[ChangeType.NEW_LISTING])
    await homes.search(2)
    await homes.list(a_home())
    await homes.list(a_home(60, ListPrice=470_000))
    await homes.match()
    await world.a_worker()
    mails = {mail.recipients[0]: mail.parsed() for mail in await world.smtp.wait_for(2)}
    first = mails["user1@example.com"]
    assert first["Subject"] == "New listing: 1 Pinehurst Way NE"
    assert "Price: $470,000" in first.get_body(("plain",)).get_content()
    second = mails["user2@example.com"]
    assert second["Subject"] == "New listing: 1 Pinehurst Way NE"
    assert "Price changed from $500,000 to $470,000" in second.get_body(("plain",)).get_content()


async def reasons(world: World) -> dict[str, str]:
    """The reason of each alert's delivery, by the key of its listing, once all have one that is final."""
    notifications, deliveries = table_of(Notification), table_of(Delivery)
    asked = (
        select(notifications.c.reference, deliveries.c.reason_code, deliveries.c.state)
        .join(deliveries, deliveries.c.notification_id == notifications.c.id)
        .where(deliveries.c.channel == "email")
    )

    async def found() -> dict[str, str] | None:
        async with world.parts.database.reading() as connection:
            rows = (await connection.execute(asked)).all()
        return {row[0]: row[1] for row in rows} if rows and all(row[2] in ENDED for row in rows) else None

    return await eventually(found)


async def test_a_home_of_several_agents_is_told_as_one(world: World, homes: Homes) -> None:
    await world.a_user(1)
    await homes.search(1, up_to(600_000))
    other = {"UnparsedAddress": "1 PINEHURST WY. N.E., Seattle", "SourceSystemName": "Other"}
    await homes.list(a_home())
    await homes.list(a_home(60, key="W-7", **other))
    await homes.match()
    assert await alerts(homes) == [(1, "New listing: 1 Pinehurst Way NE")]

    await homes.list(a_home(120, ListPrice=480_000), a_home(180, key="W-7", ListPrice=480_000, **other))
    await homes.match()
    assert [title.partition(":")[0] for _, title in await alerts(homes)] == ["New listing", "New price"]

    # Both leave the market, and a third agent offers it two weeks later.
    await homes.list(
        a_home(200, StandardStatus="Expired", ListPrice=480_000),
        a_home(220, key="W-7", StandardStatus="Withdrawn", ListPrice=480_000, **other),
    )
    await homes.list(a_home(14 * 3_600, key="X", ListPrice=470_000, **(other | {"SourceSystemName": "Third"})))
    await homes.match()
    assert [title.partition(":")[0] for _, title in await alerts(homes)][2:] == ["Now matches your search"]


async def test_a_home_that_another_agent_still_offers_is_announced(world: World, homes: Homes) -> None:
    await world.a_user(1)
    await homes.profile(1)
    await homes.search(1)
    same = {"UniversalParcelId": "US-53033-N-7000192-R-N", "UnparsedAddress": "7 Pine St", "PostalCode": "98125"}
    await homes.list(a_home(key="1", **same))
    await homes.list(a_home(10, key="2", **same))
    await homes.match()
    await homes.list(a_home(60, key="1", StandardStatus="Withdrawn", **same))
    await world.a_worker()
    [mail] = await world.smtp.wait_for(1)
    assert mail.parsed()["Subject"] == "New listing: 7 Pine St"


async def test_an_open_house_that_is_over_is_not_announced(world: World, homes: Homes) -> None:
    await world.a_user(1)
    await homes.profile(1)
    days = {"past": "2026-10-31", "ahead": "2199-12-31"}
    await homes.list(*(a_home(key=key) for key in days))
    await homes.match()
    await homes.search(1)
    await homes.list(*(a_home(60, key=key, OpenHouse=[{"OpenHouseDate": day}]) for key, day in days.items()))
    await homes.match()
    await world.a_worker()
    [mail] = await world.smtp.wait_for(1)
    assert mail.parsed()["Subject"] == "Open house: ahead Pinehurst Way NE"
    past = select(table_of(Notification).c.id).where(table_of(Notification).c.reference == "past")
    async with homes.database.reading() as connection:
        [id_] = (await connection.execute(past)).scalars()
    assert (await world.until(id_, "suppressed")).deliveries[0].reason_code == "open_house_over"


async def test_a_home_that_matches_no_longer_is_not_announced(world: World, homes: Homes) -> None:
    for user in (1, 2):
        await world.a_user(user)
        await homes.profile(user)
    await homes.search(1, up_to(600_000), name="Near work")
    await homes.search(1, name="Anything new", changes=[ChangeType.NEW_LISTING])
    await homes.list(a_home())
    await homes.search(2, up_to(600_000))
    await homes.list(a_home(key="2"))
    await homes.match()
    await homes.list(a_home(60, ListPrice=700_000), a_home(60, key="2", ListPrice=700_000))
    await homes.match()
    await world.a_worker()
    mails = [mail.parsed() for mail in await world.smtp.wait_for(2)]
    texts = [mail.get_body(("plain",)).get_content() for mail in mails]
    assert {mail["To"] for mail in mails} == {"user1@example.com"}
    assert all("- Anything new" in text and "- Near work" not in text and "$700,000" in text for text in texts)
    notifications, deliveries = table_of(Notification), table_of(Delivery)
    asked = select(deliveries.c.reason_code).join(notifications, notifications.c.id == deliveries.c.notification_id)

    async def is_suppressed() -> bool:
        async with homes.database.reading() as connection:
            found = await connection.execute(asked.where(notifications.c.user_id == 2, deliveries.c.channel == "email"))
            return found.scalars().all() == ["no_longer_matches"]

    await eventually(is_suppressed)


async def test_whoever_discarded_the_home_or_paused_the_search_meanwhile_is_not_alerted(
    world: World, homes: Homes
) -> None:
    await world.a_user(1)
    await homes.profile(1)
    paused = await homes.search(1, up_to(600_000), name="Paused")
    await homes.list(a_home(key="of one"))
    await homes.match()
    await homes.search(1, name="Kept")
    await homes.list(a_home(key="of both"), a_home(key="discarded"))
    await homes.match()

    await homes.change_search(paused, None)
    await homes.discard(1, "discarded")

    table = table_of(Notification)
    async with homes.database.reading() as connection:
        ids = {row[1]: row[0] for row in await connection.execute(select(table.c.id, table.c.reference))}
    now = await homes.run(refreshed(list(ids.values()), Channel.EMAIL, homes.clock.now()))
    assert (now[ids["of one"]], now[ids["discarded"]]) == (SEARCH_PAUSED, HOME_DISCARDED)
    kept = now[ids["of both"]].message
    assert "- Kept" in kept
    assert "Paused" not in kept


async def test_a_search_that_was_edited_meanwhile_is_asked_again_and_named_as_it_is_now(
    world: World, homes: Homes
) -> None:
    await world.a_user(1)
    await world.a_user(2)
    for user in (1, 2):
        await homes.profile(user)
    narrowed = await homes.search(1, up_to(600_000), name="Narrowed")
    widened = await homes.search(2, up_to(600_000), name="Widened")
    await homes.list(a_home())
    await homes.match()

    await homes.change_search(narrowed, up_to(100_000))
    await homes.change_search(widened, up_to(900_000))

    its = await told_now(homes)
    assert its[1] == NO_LONGER_MATCHES
    assert "- Widened: Homes, Active, up to $900,000" in its[2].message
    searches = table_of(SavedSearch)
    async with homes.database.transaction() as connection:
        await connection.execute(update(searches).where(searches.c.number == widened).values(channels="sms"))
    assert (await told_now(homes))[2] == NO_LONGER_ASKED_FOR
    versions = table_of(SavedSearchVersion)
    async with homes.database.transaction() as connection:
        await connection.execute(update(searches).values(channels=None))
        await connection.execute(update(versions).values(change_types=ChangeType.PRICE_CHANGE))
    assert (await told_now(homes))[2] == NO_LONGER_ASKED_FOR


async def test_an_address_that_was_corrected_meanwhile_is_told(world: World, homes: Homes) -> None:
    await world.a_user(1)
    await homes.profile(1)
    await homes.search(1)
    await homes.list(a_home(UnparsedAddress="10 Fresh St"))
    await homes.match()
    parts = {"StreetNumber": 999, "StreetName": "Corrected", "StreetSuffix": "Ave", "UnitNumber": "4"}
    await homes.list(a_home(1, UnparsedAddress=None, **parts))
    await homes.match()

    its = await told_now(homes)
    assert its[1].title == "New listing: 999 Corrected Ave #4"
    assert "10 Fresh St" not in its[1].message


async def test_who_was_refused_was_not_told(world: World, homes: Homes) -> None:
    await world.a_user(1)
    for user in (1, 2):  # the second has no preferences
        await homes.search(user)
    await homes.list(a_home())
    await homes.match()
    async with homes.database.reading() as connection:
        [people] = (await connection.execute(select(table_of(Told).c.people))).scalars()
    assert unpack(people).tolist() == [1]


async def test_a_home_that_changes_without_end_costs_no_more_and_every_change_is_told(
    world: World, homes: Homes
) -> None:
    await world.a_user(1)
    await homes.search(1, up_to(600_000))
    await homes.list(*(a_home(at, ListPrice=500_000 - at % 2 * 1_000) for at in range(EARLIER + 20)))
    await homes.match()
    assert len(await alerts(homes)) == EARLIER + 20
    async with homes.database.reading() as connection:
        [*changes] = await changes_in(connection, after=0, until=1_000)
        found = await facts_before(connection, changes)
    assert [len(found[one.sequence].facts) for one in changes[-3:]] == [EARLIER] * 3
    assert not found[changes[0].sequence].facts
    assert found[changes[2].sequence].begins is None
