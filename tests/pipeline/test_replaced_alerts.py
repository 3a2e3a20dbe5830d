"""An alert tells also the facts of the older ones about the same home that it replaces, on each store."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select

from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.database import table_of
from property_alert_notification.digests.rules import Reworded
from property_alert_notification.homes.alerts.before_sending.freshness import (
    CHANGED_BACK,
    NEWER_ALERT,
    PRICE_CHANGED_SINCE,
    SEARCH_PAUSED,
)
from property_alert_notification.homes.alerts.before_sending.refresh.scripts import refreshed
from property_alert_notification.homes.reso.words import ChangeType
from property_alert_notification.notifications.models import Notification
from tests.pipeline.homes import Homes, a_home
from tests.pipeline.test_overtaken_alerts import deliver, suppress
from tests.pipeline.world import World

VISIT = {"OpenHouse": [{"OpenHouseDate": "2199-12-31"}]}
NEW, CUT, BACK = "New listing", "Price changed from $500,000 to $400,000", "Back on the market (it was Pending)"
HOUSE = "Open house on December 31, 2199"


async def alerts_of(homes: Homes, *records: dict[str, object]) -> list[UUID]:
    """The alerts that each of these records of a home makes, the oldest first."""
    known = await _alerts(homes)
    for seconds, fields in enumerate(records):
        await homes.list(a_home(60 * (len(known) + seconds), **fields))
        await homes.match()
    return (await _alerts(homes))[len(known) :]


async def _alerts(homes: Homes) -> list[UUID]:
    table = table_of(Notification)
    async with homes.database.reading() as connection:
        return list((await connection.execute(select(table.c.id).order_by(table.c.id))).scalars())


async def told(homes: Homes, alerts: Sequence[UUID]) -> list[object]:
    """What alerts that are sent together tell: the title and the lines about the home, or why they are not sent."""
    for one in alerts:
        await deliver(homes, one, "sending")
    found = await homes.run(refreshed(sorted(alerts), Channel.EMAIL, homes.clock.now()))
    return [lines(found[one]) for one in alerts]


def lines(one: object) -> object:
    if not isinstance(one, Reworded):
        return one
    return one.title.partition(":")[0], *one.message.partition("\n\n")[0].splitlines()[1:]


async def a_user(world: World, homes: Homes, *more: ChangeType) -> None:
    await world.a_user(1)
    await homes.profile(1)
    every = (ChangeType.NEW_LISTING, ChangeType.PRICE_CHANGE, ChangeType.BACK_ON_MARKET, ChangeType.OPEN_HOUSE)
    await homes.search(1, changes=[*every, *more])


async def test_a_cut_before_an_open_house_is_told_with_it_also_when_that_is_sent_later(
    world: World, homes: Homes
) -> None:
    await a_user(world, homes)
    [new] = await alerts_of(homes, {})
    await deliver(homes, new, "sent")
    cut, visit = await alerts_of(homes, {"ListPrice": 400_000}, {"ListPrice": 400_000, **VISIT})
    both = ("New price", "Price: $400,000", CUT, HOUSE)
    assert await told(homes, [cut, visit]) == [NEWER_ALERT, both]
    # The older one has ended, and the newer one waited for quiet hours or is tried again; or the older one waits.
    for reason in (NEWER_ALERT, PRICE_CHANGED_SINCE):
        await suppress(homes, cut, reason)
        assert await told(homes, [visit]) == [both]
    await deliver(homes, cut, "retry_wait")
    assert await told(homes, [visit]) == [both]
    for state in ("sent", "failed", "on_hold"):
        await deliver(homes, cut, state)
        assert await told(homes, [visit]) == [("Open house", "Price: $400,000", HOUSE)]


async def test_a_new_listing_that_was_not_told_stays_one(world: World, homes: Homes) -> None:
    await a_user(world, homes)
    at = "Price: $400,000"
    cheap = {"ListPrice": 400_000}
    alerts = await alerts_of(homes, {}, {"ListPrice": 450_000}, cheap)
    assert await told(homes, alerts) == [PRICE_CHANGED_SINCE, PRICE_CHANGED_SINCE, (NEW, at, CUT)]
    alerts += await alerts_of(homes, cheap | VISIT)
    assert await told(homes, alerts) == [PRICE_CHANGED_SINCE] * 2 + [NEWER_ALERT, (NEW, at, CUT, HOUSE)]
    alerts += await alerts_of(homes, cheap | {"StandardStatus": "Pending"}, cheap)
    assert (await told(homes, alerts))[-1] == (NEW, at, CUT, HOUSE, BACK)


async def test_a_home_that_is_back_at_a_lower_price_and_has_an_open_house(world: World, homes: Homes) -> None:
    await a_user(world, homes, ChangeType.PENDING)
    new, pending = await alerts_of(homes, {}, {"StandardStatus": "Pending"})
    for one in (new, pending):
        await deliver(homes, one, "sent")
    alerts = await alerts_of(homes, {"ListPrice": 400_000}, {"ListPrice": 400_000, **VISIT})
    lines = ("Back on the market", "Price: $400,000", BACK, CUT, HOUSE)
    assert await told(homes, alerts) == [NEWER_ALERT, lines]


async def test_a_price_that_comes_back_is_not_told(world: World, homes: Homes) -> None:
    await a_user(world, homes)
    [new] = await alerts_of(homes, {})
    up, down = await alerts_of(homes, {"ListPrice": 550_000}, {})
    assert (await told(homes, [new, up, down]))[-1] == (NEW, "Price: $500,000")
    await deliver(homes, new, "sent")
    assert await told(homes, [up, down]) == [CHANGED_BACK, CHANGED_BACK]


async def three_searches(world: World, homes: Homes) -> tuple[int, int, int]:
    """One user's searches for new listings, for other prices and for open houses."""
    await world.a_user(1)
    await homes.profile(1)
    first, second, third = [
        await homes.search(1, changes=[one], name=one)
        for one in (ChangeType.NEW_LISTING, ChangeType.PRICE_CHANGE, ChangeType.OPEN_HOUSE)
    ]
    return first, second, third


CHEAP = {"ListPrice": 400_000}


async def test_an_alert_that_does_not_hold_itself_is_sent_with_the_facts_of_one_that_it_replaced(
    world: World, homes: Homes
) -> None:
    _, of_price, of_houses = await three_searches(world, homes)
    new, cut = await alerts_of(homes, {}, CHEAP)
    await deliver(homes, cut, "retry_wait")
    assert await told(homes, [new]) == [PRICE_CHANGED_SINCE]
    await suppress(homes, new, PRICE_CHANGED_SINCE)
    await homes.change_search(of_price, None)
    found = await homes.run(refreshed([cut], Channel.EMAIL, homes.clock.now()))
    assert lines(found[cut]) == (NEW, "Price: $400,000")
    assert found[cut].message.endswith("Your saved search:\n- New Listing: All homes")
    # A newer one that is sent with it has these facts, too, whether it holds itself or not.
    [visit] = await alerts_of(homes, CHEAP | VISIT)
    assert await told(homes, [cut, visit]) == [SEARCH_PAUSED, (NEW, "Price: $400,000", HOUSE)]
    await homes.change_search(of_houses, None)
    assert await told(homes, [cut, visit]) == [(NEW, "Price: $400,000"), SEARCH_PAUSED]
    await suppress(homes, cut, NEWER_ALERT)
    assert await told(homes, [visit]) == [(NEW, "Price: $400,000")]


async def test_an_alert_that_does_not_hold_itself_tells_nothing_that_another_one_tells(
    world: World, homes: Homes
) -> None:
    of_new, of_price, _ = await three_searches(world, homes)
    new, cut, visit = await alerts_of(homes, {}, CHEAP, CHEAP | VISIT)
    await homes.change_search(of_price, None)
    await deliver(homes, visit, "on_hold")
    # The older one is claimed too, waits, or was sent: it tells its facts itself.
    assert await told(homes, [new, cut]) == [(NEW, "Price: $400,000"), SEARCH_PAUSED]
    for state in ("retry_wait", "sent", "failed"):
        await deliver(homes, new, state)
        assert await told(homes, [cut]) == [SEARCH_PAUSED], state
    # A newer one tells them, or went out after they were to be told.
    await suppress(homes, new, PRICE_CHANGED_SINCE)
    for state in ("retry_wait", "sent"):
        await deliver(homes, visit, state)
        assert await told(homes, [cut]) == [SEARCH_PAUSED], state
    await deliver(homes, visit, "collected")
    assert await told(homes, [cut]) == [(NEW, "Price: $400,000")]
    await homes.change_search(of_new, None)
    assert await told(homes, [cut]) == [SEARCH_PAUSED]
