"""What an alert was to tell and did not is told by another search of its user, on each store."""

from sqlalchemy import select

from property_alert_notification.database import table_of
from property_alert_notification.deliveries.models import Delivery
from property_alert_notification.deliveries.states import ENDED
from property_alert_notification.homes.saved_searches.words import ScheduleType
from property_alert_notification.notifications.models import Notification
from tests.pipeline.homes import ANY, Homes, a_home
from tests.pipeline.test_alert_digests import digest_is_near
from tests.pipeline.test_alert_explanations import found, outcomes, reasons
from tests.pipeline.test_alerts import alerts
from tests.pipeline.test_first_alerts import a_first_alert, maker
from tests.pipeline.world import World, eventually

DAILY = ScheduleType.DAILY
PARCEL = {"ParcelNumber": "7010700330", "CountyOrParish": "King", "StateOrProvince": "WA"}
OPTED_OUT, ALONE, TOLD, NO_NUMBER, BY_FIRST_ALERT, EDITED, ELSEWHERE = USERS = range(1, 8)


async def ended(homes: Homes) -> None:
    """All that was submitted has ended."""
    notifications, deliveries = table_of(Notification), table_of(Delivery)

    async def has_ended() -> bool:
        asked = (
            select(notifications.c.status, deliveries.c.state)
            .select_from(notifications)
            .outerjoin(deliveries, deliveries.c.notification_id == notifications.c.id)
        )
        async with homes.database.reading() as connection:
            rows = (await connection.execute(asked)).all()
        return all(status == "suppressed" or state in ENDED for status, state in rows)

    await eventually(has_ended)


async def test_what_nobody_heard_is_told_by_another_search_once(world: World, homes: Homes) -> None:
    for user in USERS:
        await world.a_user(user, sms=user == NO_NUMBER)
        await homes.profile(user)
    for user in (OPTED_OUT, NO_NUMBER, EDITED, ELSEWHERE):
        await homes.search(user, channels="sms")
    await homes.search(TOLD, channels="email")
    daily = {user: await homes.search(user, channels="email", schedule=DAILY) for user in USERS if user != ELSEWHERE}
    await homes.list(a_home(**PARCEL))
    await homes.match()
    await a_first_alert(homes, await homes.search(BY_FIRST_ALERT, channels="sms"))
    await maker(homes).make_due()
    await world.a_worker()
    await ended(homes)
    told_once = sorted(await alerts(homes))
    assert [user for user, _ in told_once] == [OPTED_OUT, TOLD, NO_NUMBER, BY_FIRST_ALERT, EDITED, ELSEWHERE]
    assert await reasons(homes, OPTED_OUT, "1") == {"user_opted_out"}
    assert await reasons(homes, NO_NUMBER, "1") == {"no_address"}
    assert await outcomes(homes, OPTED_OUT) == [["not_told", "waits_for_digest"]]

    await homes.change_search(daily[EDITED], ANY, schedule="ASAP")
    await homes.search(ELSEWHERE, channels="email")
    # It turns out to be a listing of the same home.
    await homes.list(a_home(key="2"))
    await homes.list(a_home(60, key="2", UnparsedAddress="1 Pinehurst Way NE", **PARCEL))
    await digest_is_near(homes)

    new = sorted(user for user, _ in await alerts(homes))
    for user, _ in told_once:
        new.remove(user)
    assert new == [OPTED_OUT, ALONE, NO_NUMBER, BY_FIRST_ALERT, EDITED, ELSEWHERE]
    assert len(await world.smtp.wait_for(3)) == 3
    for user in USERS:
        its = await found(homes, user)
        assert its.known.told
        assert not await reasons(homes, user, "1")
    await digest_is_near(homes)
    assert len(await alerts(homes)) == len(told_once) + len(new)
