"""Operators correct which listings are of one home, on each store, and the next records do not undo it."""

from collections.abc import Callable
from random import Random
from typing import Any

import pytest
from sqlalchemy import select

from property_alert_notification.api.access.models import AuditEntry
from property_alert_notification.base.errors import Conflict, NotFound
from property_alert_notification.database import table_of
from property_alert_notification.homes.alerts.ledger.queries import NewlyTold, ToldFacts, put_told, told_of
from property_alert_notification.homes.alerts.shards.shard import WHOLE
from property_alert_notification.homes.listings.history import decode_facts
from property_alert_notification.operators.properties.service import (
    HomeView,
    ListingName,
    PropertyService,
    find,
    view,
)
from tests.pipeline.feeds import PERIODS, Feeds, a_record

HOME = {"UnparsedAddress": "11515 Pinehurst Way NE", "City": "Seattle", "StateOrProvince": "WA"}


async def _correct(feeds: Feeds, correction: Callable[[PropertyService], Any]) -> HomeView:
    async with feeds.database.transaction() as connection:
        home: HomeView = await correction(PropertyService(connection, feeds.clock, PERIODS, "cli:ada"))
    return home


async def _home(feeds: Feeds, key: str) -> HomeView:
    async with feeds.database.reading() as connection:
        return await view(connection, (await find(connection, ListingName(key))).property_id)


def _keys(home: HomeView) -> list[str]:
    return [one.listing_key for one in home.members]


def _kinds(facts: list[Any]) -> list[str]:
    return [fact.ChangeType.value for fact in facts]


async def test_a_split_home_stays_split(feeds: Feeds) -> None:
    await feeds.take(*(a_record(at, key=key, **HOME) for at, key in enumerate("abc")))
    home = await _home(feeds, "a")
    assert _keys(home) == ["a", "b", "c"]

    new = await _correct(feeds, lambda service: service.split(home.id, [ListingName("b")]))
    assert _keys(new) == ["b"]
    assert [(one.same, one.made_by) for one in new.rulings] == [(False, "cli:ada")] * 2
    # It is on the market, and nobody has heard of it.
    assert _kinds((await feeds.state("b"))[1]) == ["New Listing"]
    assert [change.sequence for change in await feeds.told()] == [1, 2]

    await feeds.take(*(a_record(100 + at, key=key, **HOME, ListPrice=1) for at, key in enumerate("abc")))
    await feeds.take(a_record(200, key="d", SourceSystemName="Other", **HOME))
    assert _keys(await _home(feeds, "a")) == ["a", "c"]
    assert _keys(await _home(feeds, "b")) == ["b"]
    # It could be of both homes, which are known to be different.
    assert _keys(await _home(feeds, "d")) == ["d"]


async def test_a_home_that_left_the_market_is_no_news_when_it_is_split_off(feeds: Feeds) -> None:
    await feeds.take(a_record(0, key="a", **HOME), a_record(60, key="b", **HOME))
    await feeds.take(a_record(120, key="b", StandardStatus="Expired", **HOME))
    told = await feeds.told()

    await _correct(feeds, lambda service: _split_of(service, "b"))

    assert [change.sequence for change in await feeds.told()] == [change.sequence for change in told]
    assert _kinds((await feeds.state("b"))[1]) == ["New Listing", "Expired"]


async def _split_of(service: PropertyService, key: str) -> HomeView:
    member = await find(service.connection, ListingName(key))
    return await service.split(member.property_id, [ListingName(key)])


async def test_a_merged_home_stays_merged_and_can_be_split_again(feeds: Feeds) -> None:
    await feeds.take(a_record(0, key="a", **HOME), a_record(60, key="b", ListPrice=480_000, City="Kenmore"))
    one, other = await _home(feeds, "a"), await _home(feeds, "b")

    merged = await _correct(feeds, lambda service: service.merge(other.id, one.id))
    assert (_keys(merged), merged.ids) == (["a", "b"], sorted([one.id, other.id]))
    assert _kinds((await feeds.state("b"))[1]) == ["Price Change"]

    await feeds.take(a_record(90, key="b", **HOME | {"UnparsedAddress": "1 Other Street"}))
    assert _keys(await _home(feeds, "b")) == ["a", "b"]
    await feeds.take(a_record(95, key="c", SourceSystemName="Other", **HOME))
    assert _keys(await _home(feeds, "c")) == ["a", "b", "c"]

    await _correct(feeds, lambda service: _split_of(service, "b"))
    assert _keys(await _home(feeds, "b")) == ["b"]
    async with feeds.database.reading() as connection:
        actions = (await connection.execute(select(table_of(AuditEntry).c.action))).scalars().all()
    assert sorted(actions) == ["property.merged", "property.split"]


async def test_a_home_that_was_merged_and_split_off_is_not_heard_of_twice(feeds: Feeds) -> None:
    await feeds.take(a_record(0, key="a", **HOME), a_record(60, key="b", ListPrice=480_000, City="Kenmore"))
    one, other = await _home(feeds, "a"), await _home(feeds, "b")
    before = await feeds.told()
    async with feeds.database.transaction() as connection:
        for change in before:
            assert change.sequence is not None
            told = [NewlyTold(change.listing_id, "f", 7, change.sequence)]
            await put_told(connection, told, ToldFacts({}, {}, {}), shards=[WHOLE], now=feeds.clock.now())
    await _correct(feeds, lambda service: service.merge(other.id, one.id))

    new = await _correct(feeds, lambda service: _split_of(service, "b"))

    assert [change.id for change in await feeds.told()] == [change.id for change in before]
    await feeds.take(a_record(600, key="b", ListPrice=470_000, City="Kenmore"))
    [news] = (await feeds.told())[len(before) :]
    assert [(one.change_type, one.before, one.after) for one in decode_facts(news.facts)] == [
        ("Price Change", 480_000, 470_000)
    ]
    async with feeds.database.reading() as connection:
        known = await told_of(connection, {(new.members[0].id, "f")})
    assert {key: people.tolist() for key, people in known.of_homes.items()} == {(new.id, "f"): [7]}


@pytest.mark.parametrize("seed", range(2))
async def test_a_home_was_told_what_its_listings_told_whatever_happened_to_it(feeds: Feeds, seed: int) -> None:
    random = Random(seed)
    await feeds.take(*(a_record(key=key) for key in "abcd"))
    ids = {key: (await _home(feeds, key)).members[0].id for key in "abcd"}
    homes = [{key} for key in ids]
    told: set[tuple[str, str, int]] = set()
    for number in range(24):
        act = random.choice(["tell", "tell", "merge", "split"])
        if act == "tell":
            key, fact = random.choice("abcd"), random.choice("fg")
            people = {random.randrange(6) for _ in range(2)}
            async with feeds.database.transaction() as connection:
                known = await told_of(connection, {(ids[key], fact)})
                new = people - set(known.of(ids[key], fact).tolist())
                its = [NewlyTold(ids[key], fact, person, number) for person in new]
                await put_told(connection, its, known, shards=[WHOLE], now=feeds.clock.now())
            told |= {(key, fact, one) for one in new}
        elif act == "merge" and len(homes) > 1:
            one, other = random.sample(homes, 2)
            first, second = (await _home(feeds, min(one))).id, (await _home(feeds, min(other))).id
            await _correct(feeds, lambda service, its=(first, second): service.merge(*its))  # type: ignore[misc]
            homes = [its for its in homes if its not in (one, other)] + [one | other]
        elif several := [its for its in homes if len(its) > 1]:
            one = random.choice(several)
            key = random.choice(sorted(one))
            await _correct(feeds, lambda service, key=key: _split_of(service, key))  # type: ignore[misc]
            homes = [its for its in homes if its != one] + [{key}, one - {key}]
        async with feeds.database.reading() as connection:
            known = await told_of(connection, {(id_, fact) for id_ in ids.values() for fact in "fg"})
        for home in homes:
            for fact in "fg":
                expected = sorted({person for by, what, person in told if by in home and what == fact})
                assert {tuple(known.of(ids[key], fact).tolist()) for key in home} == {tuple(expected)}, (number, act)


@pytest.mark.parametrize("feeds", ["sqlite"], indirect=True)
async def test_a_correction_that_is_none_is_refused(feeds: Feeds) -> None:
    await feeds.take(a_record(0, key="a", **HOME), a_record(0, key="b", **HOME), a_record(0, key="c"))
    home, other = await _home(feeds, "a"), await _home(feeds, "c")
    for keys, error in (("ab", Conflict), ("c", Conflict), ("x", NotFound)):
        with pytest.raises(error):
            await _correct(feeds, lambda service, keys=keys: service.split(home.id, [ListingName(key) for key in keys]))  # type: ignore[misc]
    with pytest.raises(Conflict):
        await _correct(feeds, lambda service: service.merge(home.id, home.id))
    with pytest.raises(NotFound):
        await _correct(feeds, lambda service: service.merge(other.id, feeds.clock.new_id()))
