"""The order in which records of feeds arrive decides nothing: homes, facts and what holds are the same in the end."""

from collections.abc import Iterable
from datetime import timedelta
from itertools import permutations
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from property_alert_notification.database import table_of
from property_alert_notification.homes.listings import queries
from property_alert_notification.homes.listings.answers import facts_of
from property_alert_notification.homes.listings.facts import Fact
from property_alert_notification.homes.listings.history import encode_facts
from property_alert_notification.homes.listings.models import Listing
from property_alert_notification.homes.listings.queries import NewChange
from property_alert_notification.homes.reso.words import ChangeType
from tests.pipeline.feeds import START, Feeds, Record, a_record

ELM = {"StreetNumber": "1", "StreetName": "Elm St", "PostalCode": "98101"}
OAK = {"StreetNumber": "2", "StreetName": "Oak St", "PostalCode": "98101"}


def gone(seconds: float, *, key: str) -> Record:
    return a_record(seconds, key=key, MlgCanView=False)


async def _end(feeds: Feeds, records: Iterable[Record], keys: set[str]) -> Any:
    """The homes of listings, their records and their facts, after records that came one after the other."""
    await feeds.forget()
    for record in records:
        await feeds.take(record)
    await feeds.end_quiet_times()
    listings = table_of(Listing)
    homes: dict[UUID, set[str]] = {}
    async with feeds.database.reading() as connection:
        for home, key in await connection.execute(select(listings.c.property_id, listings.c.listing_key)):
            homes.setdefault(home, set()).add(key)
    return sorted(map(sorted, homes.values())), [await feeds.state(key) for key in sorted(keys)]


X_ELM, X_OAK = a_record(0, key="x", **ELM), a_record(60, key="x", **OAK)
_CASES = {
    "deleted after its address was corrected": [X_ELM, a_record(30, key="y", **OAK), X_OAK, gone(120, key="x")],
    "deleted at the time of its correction": [X_ELM, a_record(30, key="y", **ELM), X_OAK, gone(60, key="x")],
    "its newest record has no address": [X_ELM, a_record(30, key="y", **OAK), X_OAK, a_record(90, key="x")],
}


@pytest.mark.parametrize("feeds", ["sqlite"], indirect=True)
@pytest.mark.parametrize("records", _CASES.values(), ids=_CASES.keys())
async def test_homes_and_facts_do_not_depend_on_the_order_of_arrival(feeds: Feeds, records: list[Record]) -> None:
    expected = await _end(feeds, records, {"x", "y"})

    for order in permutations(records):
        assert await _end(feeds, order, {"x", "y"}) == expected


@pytest.mark.parametrize("hidden", [{"MlgCanView": False}, {"InternetEntireListingDisplayYN": False}])
async def test_of_records_of_one_time_the_one_counts_that_hides_the_listing(
    feeds: Feeds, hidden: dict[str, Any]
) -> None:
    for number in range(4):
        shown, not_shown = a_record(key=str(number)), a_record(key=str(number), **hidden)
        for one in (shown, not_shown) if number % 2 else (not_shown, shown):
            await feeds.take(one)

        record, _ = await feeds.state(str(number))
        assert ('"Delete"' if "MlgCanView" in hidden else '"InternetEntireListingDisplayYN":false') in record


def removed(key: str, **more: Any) -> Record:
    return {"ListingKey": key, "@removed": {"reason": "deleted"}} | more


async def test_a_deletion_without_a_time_is_right_after_the_last_record(feeds: Feeds) -> None:
    assert await feeds.take(removed("x")) == [False]  # of a listing that is not known
    first, late, newer = a_record(100, key="x"), a_record(50, key="x", ListPrice=1), a_record(101, key="x")
    assert await feeds.take(first, removed("x"), removed("x"), a_record(100, key="y"), removed("y")) == [
        True, True, False, True, True,
    ]  # fmt: skip
    # Neither a repetition nor a late record brings it back.
    assert await feeds.take(removed("x"), first, late) == [False, False, True]
    assert '"Delete"' in (await feeds.state("x"))[0]
    assert await feeds.take(newer) == [True]
    assert '"Active"' in (await feeds.state("x"))[0]
    async with feeds.database.reading() as connection:
        assert [len(await queries.find(connection, key)) for key in "xyz"] == [1, 1, 0]


@pytest.mark.parametrize("feeds", ["sqlite"], indirect=True)
async def test_a_deletion_without_a_source_is_of_the_only_listing_with_its_key(feeds: Feeds) -> None:
    await feeds.take(a_record(key="x", SourceSystemName="One"), a_record(key="y", SourceSystemName="One"))
    await feeds.take(a_record(key="y", SourceSystemName="Two"))

    assert await feeds.take(removed("x"), removed("y"), removed("y", SourceSystemName="Two")) == [True, False, True]


async def test_pages_of_a_history_leave_nothing_out_between_changes_to_one_record(feeds: Feeds) -> None:
    await feeds.take(a_record())
    async with feeds.database.reading() as connection:
        [listing] = await queries.find(connection, "1")
    prices = [Fact(ChangeType.PRICE_CHANGE, "ListPrice", price, price + 1) for price in range(5)]
    rows = [
        NewChange(
            feeds.clock.new_id(), listing.id, START, START - timedelta(seconds=price.before % 2), None,
            encode_facts([price]), None, START, None,
        )
        for price in prices
    ]  # fmt: skip
    histories = []
    for some in (rows, [row._replace(id=feeds.clock.new_id()) for row in reversed(rows)]):
        async with feeds.database.transaction() as connection:
            await queries.supersede(connection, [row.id for row in rows], now=START)
            await queries.add_changes(connection, some)
        async with feeds.database.reading() as connection:
            whole = await queries.history_page(connection, listing.id, below=None, limit=100)
            page, paged = await queries.history_page(connection, listing.id, below=None, limit=1), []
            while page:
                paged += page
                page = await queries.history_page(connection, listing.id, below=page[-1].id, limit=1)
        assert [one.id for one in paged] == [one.id for one in whole]
        assert len(paged) == 6
        histories.append(facts_of(whole))
    assert histories[0] == histories[1]
