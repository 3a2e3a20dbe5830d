"""A home that comes into the range of a search by what is no fact of its own, on each store."""

from collections import Counter

from sqlalchemy import select

from property_alert_notification.database import table_of
from property_alert_notification.homes.criteria.expression import OneOf, Range
from property_alert_notification.homes.reso.words import ChangeType
from property_alert_notification.homes.saved_searches.words import ScheduleType
from property_alert_notification.notifications.models import Notification
from tests.pipeline.homes import Homes, a_home
from tests.pipeline.test_alert_digests import digest_is_near
from tests.pipeline.test_alerts import alerts
from tests.pipeline.world import World

LARGE = Range("BedroomsTotal", 3, None)
RECORDS = [a_home(60 * minute, BedroomsTotal=count) for minute, count in enumerate((2, 3, 2, 3))]
CAME = (1, "Now matches your search: 1 Pinehurst Way NE")


async def test_each_time_that_a_home_comes_into_a_range_is_told_once(world: World, homes: Homes) -> None:
    await world.a_user(1)
    await homes.search(1, LARGE)
    for record, count in zip(RECORDS, (0, 1, 1, 2), strict=True):
        for _ in range(2):  # a feed may repeat it
            await homes.list(record)
            await homes.match()
        assert await alerts(homes) == [CAME] * count
    await homes.list(*RECORDS)
    await homes.match()
    # What other listings of the home say is no news: it matched before.
    same = {"UniversalPropertyId": "US-53033-N-6414100192-R-N", "UnparsedAddress": "1 Pinehurst Way NE"}
    same["BedroomsTotal"] = 3
    await homes.list(a_home(300, **same), a_home(360, key="2", **same, YearBuilt=1970))
    await homes.list(a_home(420, key="2", **same, YearBuilt=1975))
    await homes.match()
    assert await alerts(homes) == [CAME] * 2


async def test_records_in_any_order_tell_each_time_once_and_nothing_old_after_something_newer(
    world: World, homes: Homes
) -> None:
    await world.a_user(1)
    await homes.search(1, LARGE)
    # If the newest is heard of before a home came into the range for the first time, that is told no more.
    times = {(1, 2, 3): 2, (1, 3, 2): 2, (2, 1, 3): 2, (2, 3, 1): 1, (3, 1, 2): 1, (3, 2, 1): 1}
    for order in times:
        for place in (0, *order):
            await homes.list(RECORDS[place] | {"ListingKey": str(order), "UnparsedAddress": str(order)})
            await homes.match()
    told = Counter(title.partition(": ")[2] for _, title in await alerts(homes))
    assert told == {str(order): count for order, count in times.items()}


async def test_a_home_that_is_offered_again_for_less_is_a_price_change_to_whom_did_not_hear_it_before(
    world: World, homes: Homes
) -> None:
    for user in (1, 2):
        await world.a_user(user)
    prices = [ChangeType.PRICE_CHANGE]
    await homes.search(1, changes=prices)
    await homes.search(2, OneOf("StandardStatus", ("Active", "Withdrawn")), changes=prices)
    cut = "New price: 1 Pinehurst Way NE"
    await homes.list(a_home(0), a_home(60, StandardStatus="Withdrawn", ListPrice=450_000))
    await homes.match()
    assert await alerts(homes) == [(2, cut)]
    await homes.list(a_home(120, ListPrice=450_000))
    await homes.match()
    assert await alerts(homes) == [(2, cut), (1, cut)]


async def test_an_alert_names_what_brought_the_home_into_the_range(world: World, homes: Homes) -> None:
    await world.a_user(1)
    await homes.search(1, LARGE)
    await homes.search(1, Range("LivingArea", 1_000, None, "Square Feet"), schedule=ScheduleType.DAILY)
    areas = {"BedroomsTotal": 2, "LivingArea": 990, "LivingAreaUnits": "Square Feet"}
    await homes.list(a_home(**areas))
    await homes.list(a_home(60, **areas | {"BedroomsTotal": 3}))
    await homes.list(a_home(120, **areas | {"BedroomsTotal": 3, "LivingArea": 1_100, "ListPrice": 510_000}))
    await digest_is_near(homes)
    async with homes.database.reading() as connection:
        table = table_of(Notification)
        texts = (await connection.execute(select(table.c.message).order_by(table.c.id))).scalars()
        by_bedrooms, price, by_area = [text.splitlines() for text in texts]
    assert "Bedrooms: 3 (it was 2)" in by_bedrooms
    assert "Price changed from $500,000 to $510,000" in price
    assert "Living area: 1,100 sq ft (it was 990 sq ft)" in by_area
