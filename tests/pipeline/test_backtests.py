"""What searches would have told in a past period, on each store: what the matcher told, from the tables alone."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select, update

from property_alert_notification.base.reasons import Reason, ReasonCode
from property_alert_notification.database import table_of
from property_alert_notification.homes.alerts.backtest.look_up import Wanted, look_up
from property_alert_notification.homes.alerts.backtest.queries import number_before
from property_alert_notification.homes.alerts.backtest.run import Found, Period, Run
from property_alert_notification.homes.alerts.models import Alert, MatchLogEntry, Told
from property_alert_notification.homes.alerts.numbers import unpack
from property_alert_notification.homes.alerts.outcomes.words import Became, Outcome
from property_alert_notification.homes.criteria.expression import Expression, to_json
from property_alert_notification.homes.listings.models import Listing, ListingChange
from property_alert_notification.homes.saved_searches.models import SavedSearch
from property_alert_notification.homes.saved_searches.words import ScheduleType
from tests.pipeline.homes import ANY, Homes, a_home, up_to
from tests.pipeline.world import World

NO_PREFERENCES = 3
PEOPLE = (1, 2, NO_PREFERENCES, 4)


async def backtest(
    homes: Homes,
    user: int,
    expression: Expression | None = None,
    *,
    key: UUID | None = None,
    is_now: bool = False,
    after: int | None = None,
    limit: int = 500,
    is_over: Callable[[], bool] = lambda: False,
) -> Found:
    """Replay the last hour."""
    wanted = Wanted(key, None if expression is None else to_json(expression), None, is_now)
    now = homes.clock.now()
    period = Period(now - timedelta(hours=1), now + timedelta(hours=1))
    async with homes.database.reading() as connection:
        found = await look_up(connection, user, wanted)
    refusal = Became(Outcome.NOT_TOLD, Reason(ReasonCode.NO_PREFERENCES)) if user == NO_PREFERENCES else None
    run = Run(homes.database, found.replay, found.person, refusal, period, limit, is_over)
    return await run.go_on(after)


def outcomes(found: Found) -> list[tuple[str, str, str]]:
    """Home, kind and outcome of each fact, in the order of homes."""
    facts = [(one.change.after["ListingKey"], fact) for one in found.changes for fact in one.facts]
    return sorted(((key, fact.news.kind, fact.became.outcome) for key, fact in facts), key=lambda one: one[0])


async def told(homes: Homes) -> set[tuple[int, UUID, str]]:
    """The ledger: who was told which fact of which home."""
    async with homes.database.reading() as connection:
        its, ledger = table_of(Listing), table_of(Told)
        asked = select(its.c.property_id, ledger.c.fact, ledger.c.people).join(its, its.c.id == ledger.c.listing_id)
        rows = (await connection.execute(asked)).all()
    return {(person, home, fact) for home, fact, people in rows for person in unpack(people).tolist()}


async def a_story(world: World, homes: Homes) -> None:
    """Searches of every kind, which are edited, paused and resumed while homes are listed, change and leave."""
    for user in PEOPLE:
        if user != NO_PREFERENCES:
            await world.a_user(user)
    first = await homes.search(1, up_to(600_000))
    await homes.search(1, up_to(480_000), name="Near school")
    await homes.search(1, up_to(700_000), name="Weekend", schedule=ScheduleType.DAILY)
    second = await homes.search(2, up_to(400_000))
    await homes.search(NO_PREFERENCES, ANY)
    await homes.search(4, ANY)
    other = {"UnparsedAddress": "1 PINEHURST WY. N.E., Seattle", "SourceSystemName": "Other"}
    await homes.list(a_home(), a_home(key="2", ListPrice=650_000), a_home(key="3", ListPrice=390_000))
    await homes.match()
    await homes.discard(4, "3")
    await homes.list(a_home(60, key="W-7", **other), a_home(60, key="3", ListPrice=385_000))
    await homes.change_search(second, up_to(500_000))
    await homes.list(a_home(120, ListPrice=470_000), a_home(130, key="W-7", ListPrice=470_000, **other))
    await homes.match()
    await homes.change_search(first, None)
    await homes.list(a_home(180, key="3", ListPrice=380_000), a_home(180, key="2", StandardStatus="Pending"))
    await homes.list(a_home(190, key="4", InternetEntireListingDisplayYN=False))
    await homes.resume_search(first, up_to(400_000))
    await homes.list(a_home(240, StandardStatus="Withdrawn"), a_home(250, key="5", ListPrice=395_000))
    await homes.match()


async def test_a_backtest_of_everything_is_what_the_matcher_told(world: World, homes: Homes) -> None:
    await a_story(world, homes)
    found = {user: await backtest(homes, user) for user in PEOPLE}
    by_outcome: dict[str, set[tuple[int, UUID, str]]] = {}
    for user, its in found.items():
        assert its.after is None
        for one in its.changes:
            assert all(search.matches and search.matched_then for search in one.searches)
            for fact in one.facts:
                by_outcome.setdefault(fact.became.outcome, set()).add((user, one.change.property_id, fact.news.key))
    assert by_outcome["on_its_way"] == await told(homes)
    assert {user for user, _, _ in by_outcome["waits_for_digest"]} == {1}
    assert {user for user, _, _ in by_outcome["not_told"]} == {NO_PREFERENCES, 4}
    assert by_outcome.keys() == {"on_its_way", "waits_for_digest", "not_told"}
    why = Counter((user, fact.became.code) for user, its in found.items() for one in its.changes for fact in one.facts)
    assert why[4, "home_discarded"] == 2
    assert {one for user, one in why if user == NO_PREFERENCES} == {"no_preferences"}


async def test_an_edit_can_be_judged_before_it_is_made(world: World, homes: Homes) -> None:
    await world.a_user(1)
    number = await homes.search(1, up_to(600_000))
    await homes.list(a_home(), a_home(key="2", ListPrice=350_000), a_home(key="3", ListPrice=620_000))
    await homes.match()
    async with homes.database.reading() as connection:
        asked = select(table_of(SavedSearch).c.id).where(table_of(SavedSearch).c.number == number)
        key = (await connection.execute(asked)).scalar_one()

    assert outcomes(await backtest(homes, 1, up_to(400_000), key=key)) == [
        ("1", "New Listing", "would_not_be_told"),
        ("2", "New Listing", "on_its_way"),
    ]
    assert outcomes(await backtest(homes, 1, up_to(650_000), key=key)) == [
        ("1", "New Listing", "on_its_way"),
        ("2", "New Listing", "on_its_way"),
        ("3", "New Listing", "would_be_told"),
    ]
    # What was told by another search is told, also to a query that is not saved.
    assert [one for _, _, one in outcomes(await backtest(homes, 1, ANY))] == [
        "on_its_way",
        "on_its_way",
        "would_be_told",
    ]
    await homes.change_search(number, up_to(400_000))
    assert outcomes(await backtest(homes, 1, is_now=True))[0] == ("1", "New Listing", "would_not_be_told")
    assert [one for _, _, one in outcomes(await backtest(homes, 1))] == ["on_its_way", "on_its_way"]
    await homes.list(a_home(60, key="2", ListPrice=340_000))
    assert ("2", "Price Change", "not_yet_matched") in outcomes(await backtest(homes, 1))
    await homes.discard(1, "3")
    assert ("3", "New Listing", "not_told") in outcomes(await backtest(homes, 1, ANY))


async def test_what_the_matcher_left_out_is_missed(world: World, homes: Homes) -> None:
    await world.a_user(1)
    await homes.search(1, up_to(600_000))
    await homes.list(a_home(), a_home(key="2"))
    await homes.match()
    log, ledger = table_of(MatchLogEntry), table_of(Told)
    async with homes.database.transaction() as connection:
        first = (await connection.execute(select(log).order_by(log.c.sequence).limit(1))).mappings().one()
        its = log.c.sequence == first["sequence"]
        await connection.execute(update(log).where(its).values(matches=""))
        await connection.execute(ledger.delete().where(ledger.c.listing_id == first["listing_id"]))
    assert [one for _, _, one in outcomes(await backtest(homes, 1))].count("missed") == 1

    async with homes.database.transaction() as connection:
        await connection.execute(update(log).where(its).values(matches=first["matches"]))
    # What became of its alert is known, whatever the ledger has.
    assert [one for _, _, one in outcomes(await backtest(homes, 1))] == ["on_its_way"] * 2
    async with homes.database.transaction() as connection:
        alerts = table_of(Alert)
        await connection.execute(alerts.delete().where(alerts.c.listing_id == first["listing_id"]))
    assert [one for _, _, one in outcomes(await backtest(homes, 1))].count("not_told") == 1


async def test_a_long_period_is_compared_in_parts(world: World, homes: Homes) -> None:
    await world.a_user(1)
    await homes.search(1, up_to(600_000))
    await homes.list(*(a_home(key=str(key)) for key in range(12)))
    await homes.match()
    whole = outcomes(await backtest(homes, 1))
    assert len(whole) == 12
    for options in ({"limit": 5}, {"is_over": lambda: True}):
        parts, after, calls = [], None, 0
        while calls == 0 or after is not None:
            found = await backtest(homes, 1, after=after, **options)  # type: ignore[arg-type]
            parts += outcomes(found)
            after, calls = found.after, calls + 1
        assert sorted(parts) == sorted(whole)
        assert calls >= 3


async def test_a_period_begins_with_its_first_change(world: World, homes: Homes) -> None:
    for key in range(7):
        await homes.list(a_home(key=str(key)))
        await homes.search(1)
    changes = table_of(ListingChange)
    async with homes.database.reading() as connection:
        rows = (
            await connection.execute(select(changes.c.sequence, changes.c.made_at).order_by(changes.c.sequence))
        ).all()
        for (before, _), (sequence, made_at) in zip([(0, None), *rows], rows, strict=False):
            found = await number_before(connection, made_at, last=rows[-1][0])
            assert before <= found < sequence
        assert await number_before(connection, homes.clock.now(), last=rows[-1][0]) == rows[-1][0]
