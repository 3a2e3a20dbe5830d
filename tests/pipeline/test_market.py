"""What previews and estimates read of the market, on each store."""

from datetime import timedelta
from typing import Any

import pytest

from property_alert_notification.base import turns
from property_alert_notification.base.errors import TooManyAtOnce
from property_alert_notification.homes.criteria.expression import And, Expression, Keywords, OneOf, Range
from property_alert_notification.homes.reso.words import ChangeType
from property_alert_notification.homes.saved_searches.market import kept, queries
from property_alert_notification.homes.saved_searches.market.history import history_of
from property_alert_notification.homes.saved_searches.market.kept import KeptMarket
from tests.pipeline.feeds import Feeds, Record, a_record


async def test_a_sample_is_spread_over_the_market(feeds: Feeds) -> None:
    for number in range(6):
        await feeds.take(a_record(number, ListingKey=str(number), City="Tacoma" if number > 2 else "Seattle"))
    await feeds.take(a_record(9, ListingKey="sold", StandardStatus="Closed"))

    async with feeds.database.reading() as connection:
        total, some = await queries.sample_of_market(connection, limit=2)
        _, every = await queries.sample_of_market(connection, limit=6)

    cities = ["Tacoma" if "Tacoma" in one.record else "Seattle" for one in some]
    assert (total, sorted(cities)) == (6, ["Seattle", "Tacoma"])
    assert len({one.home for one in every}) == 6


async def test_the_changes_of_four_weeks_are_estimated_from_some_of_the_listings(feeds: Feeds) -> None:
    """The newest are of one night in which a market changed; the others are of four weeks."""
    nights = [number * 86_400 for number in range(20)] + [20 * 86_400 + number for number in range(20)]
    await feeds.take(*[a_record(at, ListingKey=str(at)) for at in nights])

    async with feeds.database.reading() as connection:
        every, some = [
            await queries.recent_changes(connection, within=timedelta(days=28), limit=limit) for limit in (100, 9)
        ]

    assert (len(every.changes), every.scale, len(some.changes), some.scale) == (40, 1, 8, 5)
    of_all, of_some = [
        history.per_day(history.matching(EVERY), [ChangeType.NEW_LISTING]) for history in map(history_of, (every, some))
    ]
    assert of_all == pytest.approx(40 / 20, abs=0.01)
    assert of_some == pytest.approx(40 / 20, rel=0.1)


EVERY = And(())
SEATTLE = And((OneOf("City", ("Seattle",)), Range("BedroomsTotal", 3, None)))
KEYWORD = And((OneOf("City", ("Seattle",)), Keywords(("view",))))


def _home(number: int, **fields: Any) -> Record:
    return a_record(number, **{"ListingKey": str(number), "City": "Seattle", "BedroomsTotal": 3} | fields)


async def _found(market: KeptMarket, expression: Expression) -> tuple[int, int, int, list[str]]:
    total, matches, first = await market.compare(expression)
    return total, matches.compared, matches.matching, [one["ListingKey"] for one in first]


async def test_a_comparison_follows_the_market(feeds: Feeds) -> None:
    market = KeptMarket(feeds.database, feeds.clock)
    assert await _found(market, SEATTLE) == (0, 0, 0, [])
    await feeds.take(_home(1), _home(2, City="Tacoma"), _home(3, PublicRemarks="A view."))
    assert await _found(market, SEATTLE) == (3, 3, 2, ["3", "1"])
    assert await _found(market, KEYWORD) == (3, 3, 1, ["3"])

    await feeds.take(_home(4, City="Tacoma") | {"ListingKey": "1"}, _home(5, StandardStatus="Closed"))
    assert await _found(market, SEATTLE) == (3, 3, 1, ["3"])
    await feeds.take(_home(6, City="Seattle") | {"ListingKey": "2"}, _home(7) | {"ListingKey": "1"})
    await feeds.take(_home(8, StandardStatus="Closed") | {"ListingKey": "3"})

    assert await _found(market, SEATTLE) == (2, 2, 2, ["1", "2"])


async def test_a_comparison_without_time_names_what_it_compared(feeds: Feeds, monkeypatch: pytest.MonkeyPatch) -> None:
    await feeds.take(*[_home(number) for number in range(1, 6)])
    monkeypatch.setattr(kept, "AT_ONCE", 2)
    market = KeptMarket(feeds.database, feeds.clock)
    assert await _found(market, SEATTLE) == (5, 5, 5, ["5", "4", "3", "2", "1"])

    monkeypatch.setattr(kept, "LONGEST", timedelta())
    assert await _found(market, SEATTLE) == (5, 5, 5, ["5", "4", "3", "2", "1"])
    assert await _found(market, KEYWORD) == (5, 0, 0, [])
    cold = KeptMarket(feeds.database, feeds.clock)
    assert await _found(cold, SEATTLE) == (5, 0, 0, [])
    await cold.read_on()
    assert await _found(cold, SEATTLE) == (5, 5, 5, ["5", "4", "3", "2", "1"])


async def test_of_a_market_that_is_too_large_the_newest_are_compared(
    feeds: Feeds, monkeypatch: pytest.MonkeyPatch
) -> None:
    await feeds.take(*[_home(number) for number in range(1, 6)])
    monkeypatch.setattr(kept, "MOST", 3)

    assert await _found(KeptMarket(feeds.database, feeds.clock), SEATTLE) == (5, 3, 3, ["5", "4", "3"])


async def test_what_left_the_market_is_forgotten(feeds: Feeds, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "SPARE", 0)
    market = KeptMarket(feeds.database, feeds.clock)
    for number in range(1, 6):
        await feeds.take(_home(number) | {"ListingKey": "1"})
        assert await _found(market, SEATTLE) == (1, 1, 1, ["1"])
        assert len(market) <= 3


async def test_a_comparison_waits_for_two_others_and_no_longer(feeds: Feeds, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "AT_A_TIME", 0)
    monkeypatch.setattr(turns, "LONGEST_WAIT", timedelta(seconds=0.01))

    with pytest.raises(TooManyAtOnce):
        await KeptMarket(feeds.database, feeds.clock).compare(SEATTLE)
