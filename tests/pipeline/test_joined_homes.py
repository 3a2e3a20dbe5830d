"""Listings whose records come to identify other homes, several in one batch, on each store: none stops the others."""

from collections import Counter
from collections.abc import Sequence
from random import Random
from typing import Any

from sqlalchemy import select

from property_alert_notification.database import table_of
from property_alert_notification.homes.listings.models import Listing
from property_alert_notification.homes.properties.models import Property
from property_alert_notification.operators.properties.service import ListingName, PropertyService, find, view
from tests.pipeline.feeds import PERIODS, Feeds, Record, a_record

UPI = {"UniversalParcelId": "urn:reso:upi:2.0:US:53033:7338791193"}
PARCEL = {"ParcelNumber": "8338792293", "CountyOrParish": "King", "StateOrProvince": "WA"}
BOTH = UPI | PARCEL


async def _homes(feeds: Feeds) -> list[list[str]]:
    """The keys of the listings of each home; what the store counts and merged agrees with it."""
    listings, properties = table_of(Listing), table_of(Property)
    async with feeds.database.reading() as connection:
        stored = {row.id: row for row in await connection.execute(select(properties))}
        rows = (await connection.execute(select(listings.c.listing_key, listings.c.property_id))).all()
    found: dict[Any, list[str]] = {}
    for key, id_ in rows:
        found.setdefault(stored[id_].merged_into or id_, []).append(key)
    for home, keys in found.items():
        assert stored[home].merged_into is None
        assert stored[home].listings == len(keys)
    assert all(one.merged_into in found or one.merged_into is None for one in stored.values())
    return sorted(map(sorted, found.values()))


async def test_a_corrected_record_joins_the_home_of_its_mates_and_another_one(feeds: Feeds) -> None:
    await feeds.take(a_record(0, key="c", **UPI))
    await feeds.take(a_record(0, key="a", **PARCEL))
    await feeds.take(a_record(0, key="b", **PARCEL))

    assert await feeds.take(a_record(86_400, key="b", ListPrice=480_000, **BOTH)) == [True]

    assert await _homes(feeds) == [["a", "b", "c"]]
    assert await feeds.take(a_record(90_000, key="a", **BOTH), a_record(90_000, key="c", **BOTH)) == [True] * 2


async def test_whatever_records_come_to_say_each_batch_is_stored(feeds: Feeds) -> None:
    random = Random(1)
    keys = "abcdefghij"
    at = 0
    for _ in range(25):
        at += random.choice([10, 60, 4_000])
        late = random.choice([0, 0, 0, 100])
        batch = [_some_record(random, key, at - late) for key in random.sample(keys, random.randint(1, 6))]
        accepted = await feeds.take(*batch)
        assert late or all(accepted)
        if random.random() < 0.15:
            await _correct(feeds, random)
        homes = await _homes(feeds)
        assert max(Counter(key for home in homes for key in home).values()) == 1


def _some_record(random: Random, key: str, at: float) -> Record:
    """A record of one of few homes; what identifies these may contradict itself, or be missing."""
    its: dict[str, Any] = {"StandardStatus": random.choice(["Active", "Active", "Pending", "Delete"])}
    if random.random() < 0.5:
        its["UniversalParcelId"] = f"urn:reso:upi:2.0:US:53033:733879119{random.randint(3, 5)}"
    if random.random() < 0.6:
        its |= PARCEL | {"ParcelNumber": f"833879229{random.randint(3, 5)}"}
    if random.random() < 0.6:
        its |= {"UnparsedAddress": f"{random.randint(1, 3)} Elm St", "PostalCode": "98101"}
    if random.random() < 0.2:
        its["UnitNumber"] = random.choice("45")
    return a_record(at, key=key, ListPrice=random.choice([450_000, 500_000]), **its)


async def _correct(feeds: Feeds, random: Random) -> None:
    """An operator merges two homes, or splits one."""
    homes = await _homes(feeds)
    several = [home for home in homes if len(home) > 1]
    async with feeds.database.transaction() as connection:
        service = PropertyService(connection, feeds.clock, PERIODS, "cli:ada")
        if several and random.random() < 0.5:
            home: Sequence[str] = random.choice(several)
            id_ = (await find(connection, ListingName(home[0]))).property_id
            await service.split(
                id_, [ListingName(key) for key in random.sample(home, random.randint(1, len(home) - 1))]
            )
        elif len(homes) > 1:
            one, other = [(await find(connection, ListingName(home[0]))) for home in random.sample(homes, 2)]
            home_ids = [(await view(connection, each.property_id)).id for each in (one, other)]
            await service.merge(*home_ids)
