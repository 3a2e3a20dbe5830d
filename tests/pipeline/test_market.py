"""What previews and estimates read of the market, on each store."""

from property_alert_notification.homes.saved_searches.market import queries
from tests.pipeline.feeds import Feeds, a_record


async def test_a_sample_is_spread_over_the_market(feeds: Feeds) -> None:
    for number in range(6):
        await feeds.take(a_record(number, ListingKey=str(number), City="Tacoma" if number > 3 else "Seattle"))
    await feeds.take(a_record(9, ListingKey="sold", StandardStatus="Closed"))

    async with feeds.database.reading() as connection:
        total, some = await queries.sample_of_market(connection, limit=2)
        _, every = await queries.sample_of_market(connection, limit=6)

    cities = ["Tacoma" if "Tacoma" in one.record else "Seattle" for one in some]
    assert (total, sorted(cities)) == (6, ["Seattle", "Tacoma"])
    assert len({one.home for one in every}) == 6
