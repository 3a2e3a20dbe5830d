"""Damaged rows about homes and searches: each is left out, and everyone else is told."""

import pytest
from sqlalchemy import text

from property_alert_notification.base.damaged_rows import LEFT_OUT
from property_alert_notification.base.metrics import Metrics
from property_alert_notification.homes.criteria.expression import And
from property_alert_notification.homes.matching.index import SearchIndex
from property_alert_notification.homes.matching.packed import is_sealed
from property_alert_notification.homes.saved_searches.estimate import Estimator
from property_alert_notification.homes.saved_searches.versions.queries import versions_at
from property_alert_notification.homes.saved_searches.words import ScheduleType
from property_alert_notification.homes.search_life.first_alerts import FirstAlerts
from tests.pipeline.homes import Homes, a_home, up_to
from tests.pipeline.test_alert_digests import digest_is_near
from tests.pipeline.test_alerts import alerts
from tests.pipeline.test_first_alerts import set_columns
from tests.pipeline.world import World

A = "(SELECT id FROM listings WHERE listing_key = 'a')"
RECORD = f"UPDATE listing_versions SET record = '{{' WHERE listing_id = {A}"
FACTS = f"UPDATE listing_changes SET facts = '{{' WHERE listing_id = {A}"


async def damage(homes: Homes, statement: str) -> None:
    async with homes.database.transaction() as connection:
        assert (await connection.execute(text(statement))).rowcount == 1


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE saved_searches SET expression = '{' WHERE number = 0",
        "UPDATE saved_searches SET schedule_type = 'Sometimes' WHERE number = 0",
        "UPDATE saved_searches SET change_types = 'x' WHERE number = 0",
        "UPDATE saved_search_versions SET change_types = 'x' WHERE search_number = 0",
        "UPDATE saved_search_versions SET expression = '{' WHERE search_number = 0",
        FACTS,
        RECORD,
    ],
)
async def test_a_damaged_row_keeps_no_alert_from_others(world: World, homes: Homes, statement: str) -> None:
    for user in (1, 2):
        await world.a_user(user)
        await homes.search(user, up_to(600_000))
    await homes.list(a_home(key="a"), a_home(key="b"))
    await damage(homes, statement)
    await homes.match()
    assert (2, "New listing: b Pinehurst Way NE") in await alerts(homes)


async def test_a_matcher_stores_the_packed_forms_that_are_missing_or_damaged(world: World, homes: Homes) -> None:
    for user in (1, 2, 3):
        await world.a_user(user)
        await homes.search(user, up_to(600_000))
    await damage(homes, "UPDATE saved_search_versions SET packed = 'x' WHERE search_number = 1")
    await damage(homes, "UPDATE saved_search_versions SET expression = '{' WHERE search_number = 2")
    await homes.list(a_home(key="a"))
    await homes.match()
    assert [user for user, _ in await alerts(homes)] == [1, 2]
    homes.matcher._matching.forget()  # as after a start
    await homes.match()
    async with homes.database.reading() as connection:
        [part] = [part async for part in versions_at(connection, 2**62)]
    assert [is_sealed(one.packed, one.expression) for one in part] == [True, True, False]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE saved_search_versions SET expression = '{', from_sequence = 99 WHERE search_number = 0",
        "UPDATE saved_searches SET schedule_type = 'Sometimes' WHERE number = 0",
        f"UPDATE match_log SET matches = '!' WHERE listing_id = {A}",
        FACTS,
        RECORD,
    ],
)
async def test_a_damaged_row_keeps_no_digest_from_others(world: World, homes: Homes, statement: str) -> None:
    for user in (1, 2):
        await world.a_user(user)
        await homes.search(user, up_to(600_000), schedule=ScheduleType.DAILY)
    await homes.list(a_home(key="a"), a_home(key="b"))
    await homes.match()
    await damage(homes, statement)
    await digest_is_near(homes)
    assert (2, "New listing: b Pinehurst Way NE") in await alerts(homes)


async def test_a_damaged_listing_keeps_no_first_alert_and_no_search_from_others(world: World, homes: Homes) -> None:
    await world.a_user(1)
    await homes.list(a_home(key="a"), a_home(key="b"))
    number = await homes.search(1, up_to(600_000))
    await set_columns(homes, number, first_alert_at=homes.clock.now())
    await damage(homes, RECORD)
    before = LEFT_OUT["listing.unreadable"]
    first_alerts = FirstAlerts(homes.database, homes.planner, create_index=SearchIndex, wake=lambda: None)
    assert await first_alerts.make_due() == 1
    [(user, title)] = await alerts(homes)
    assert LEFT_OUT["listing.unreadable"] == before + 1
    assert (user, title.startswith("1 home")) == (1, True)
    estimator = Estimator(homes.database, homes.clock, too_many=500)
    await estimator.ready()
    assert estimator.forecast(And(())).warnings == ()
    assert LEFT_OUT["listing.unreadable"] > before + 1
    shown = Metrics().render().decode()
    count = LEFT_OUT["listing.unreadable"]
    assert f'property_alerts_damaged_rows_total{{event="listing.unreadable"}} {count}.0' in shown
