"""What a digest has shown is not told again by the next one, on each store."""

from datetime import timedelta

from sqlalchemy import update

from property_alert_notification.database import table_of
from property_alert_notification.homes.listings.models import ListingChange
from property_alert_notification.homes.saved_searches.words import ScheduleType
from property_alert_notification.notifications.models import Notification
from tests.pipeline.homes import Homes, a_home
from tests.pipeline.test_alert_digests import collected, digest_is_near
from tests.pipeline.test_alert_explanations import outcomes, reasons
from tests.pipeline.test_alerts import alerts
from tests.pipeline.test_digests import their_time_comes
from tests.pipeline.test_first_alerts import a_message
from tests.pipeline.test_unsent_alerts import alert_about
from tests.pipeline.world import World


async def test_a_price_that_a_digest_showed_is_told_by_no_later_one(world: World, homes: Homes) -> None:
    await world.a_user(1)
    await homes.profile(1)
    await homes.search(1, schedule=ScheduleType.DAILY)
    await homes.list(a_home())
    await digest_is_near(homes)
    await homes.list(a_home(60, ListPrice=430_000))
    await homes.match()
    # All of it was some minutes ago.
    past = homes.clock.now() - timedelta(minutes=5)
    async with homes.database.transaction() as connection:
        await connection.execute(update(table_of(ListingChange)).values(made_at=past))
        await connection.execute(update(table_of(Notification)).values(accepted_at=past))
    await world.a_worker()
    await collected(world, 1)
    await their_time_comes(world)
    [mail] = await world.smtp.wait_for(1)
    assert "Price: $430,000" in mail.parsed().get_body(("plain",)).get_content()
    assert (await outcomes(homes))[0] == ["waits_for_digest"]
    await world.until(await alert_about(homes, "1"), "sent")

    await digest_is_near(homes)

    assert len(await alerts(homes)) == 2  # with the digest
    assert await reasons(homes, 1, "1") == {"already_told"}
    await homes.list(a_home(120, ListPrice=410_000))
    await digest_is_near(homes)
    assert "from $430,000 to $410,000" in await a_message(homes, "New price: 1 Pinehurst Way NE")
