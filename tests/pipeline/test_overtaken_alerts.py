"""A newer alert about the same home replaces an older one only if it is sent, on each store."""

from uuid import UUID

import pytest
from sqlalchemy import delete, insert, select, update

from property_alert_notification.base.reasons import Reason
from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.database import table_of
from property_alert_notification.deliveries.models import Delivery
from property_alert_notification.digests.rules import Reworded
from property_alert_notification.homes.alerts.before_sending.freshness import (
    NEWER_ALERT,
    PRICE_CHANGED_SINCE,
    SEARCH_PAUSED,
)
from property_alert_notification.homes.alerts.before_sending.refresh.scripts import refreshed
from property_alert_notification.homes.reso.words import ChangeType
from property_alert_notification.notifications.models import Notification
from tests.pipeline.homes import ANY, Homes, a_home
from tests.pipeline.world import World

NOW = "New listing: 1 Pinehurst Way NE", "Price: $470,000"


async def two_alerts(world: World, homes: Homes, *, concierge: bool = False) -> tuple[UUID, UUID, int]:
    """An alert by email that tells a price, a newer one that tells another, and the search of the newer one.

    With `concierge` the newer one needs approval.
    """
    await world.a_user(1)
    await homes.profile(1)
    await homes.search(1, changes=[ChangeType.NEW_LISTING])
    newer = await homes.search(1, changes=[ChangeType.PRICE_CHANGE], concierge=concierge)
    await homes.list(a_home())
    await homes.match()
    await homes.list(a_home(60, ListPrice=470_000))
    await homes.match()
    async with homes.database.reading() as connection:
        table = table_of(Notification)
        first, second = (await connection.execute(select(table.c.id).order_by(table.c.id))).scalars()
    return first, second, newer


async def deliver(
    homes: Homes, notification: UUID, state: str, channel: Channel = Channel.EMAIL, *, unknowns: int = 0
) -> None:
    """The addresses of an alert are found, and this becomes of it."""
    deliveries, notifications = table_of(Delivery), table_of(Notification)
    its = {"notification_id": notification, "channel": channel, "address": "user1@example.com", "state": state}
    row = {"id": homes.clock.new_id(), **its, "urgent": False, "fence": 1, "changed_at": homes.clock.now()}
    async with homes.database.transaction() as connection:
        await connection.execute(delete(deliveries).where(deliveries.c.notification_id == notification))
        await connection.execute(insert(deliveries).values(row | {"unknowns": unknowns}))
        found = update(notifications).where(notifications.c.id == notification)
        await connection.execute(found.values(look_up_at=None))


async def suppress(homes: Homes, notification: UUID, reason: Reason) -> None:
    """An alert ended for this reason."""
    await deliver(homes, notification, "suppressed")
    deliveries = table_of(Delivery)
    async with homes.database.transaction() as connection:
        its = update(deliveries).where(deliveries.c.notification_id == notification)
        await connection.execute(its.values(reason_code=reason.code))


async def now_of(homes: Homes, *alerts: UUID, channel: Channel = Channel.EMAIL) -> list[object]:
    """What alerts that are sent together tell now: the title and the price, or why they are not sent."""
    found = await homes.run(refreshed(sorted(alerts), channel, homes.clock.now()))
    return [
        (one.title, next(line for line in one.message.splitlines() if line.startswith("Price:")))
        if isinstance(one := found[id_], Reworded)
        else one
        for id_ in alerts
    ]


async def test_a_user_hears_of_a_home_by_the_older_alert_if_the_search_of_the_newer_one_was_paused(
    world: World, homes: Homes
) -> None:
    _, second, search = await two_alerts(world, homes)
    await homes.change_search(search, None)

    await world.a_worker()

    [mail] = await world.smtp.wait_for(1)
    text = mail.parsed().get_body(("plain",)).get_content()
    assert (mail.parsed()["Subject"], "Price: $470,000" in text) == (NOW[0], True)
    assert (await world.until(second, "suppressed")).deliveries[0].reason_code == "search_paused"


async def test_of_two_alerts_that_are_sent_together_the_older_one_is_sent_if_the_newer_one_is_not(
    world: World, homes: Homes
) -> None:
    first, second, search = await two_alerts(world, homes)
    # Those of one batch are claimed before they are looked at; those of one digest are still collected.
    for state in ("sending", "collected"):
        for one in (first, second):
            await deliver(homes, one, state)
        assert (await now_of(homes, first, second))[0] == PRICE_CHANGED_SINCE
    async with homes.database.transaction() as connection:
        notifications = table_of(Notification)
        cancelled = update(notifications).where(notifications.c.id == second).values(cancelled_at=homes.clock.now())
        await connection.execute(cancelled)
    assert (await now_of(homes, first, second))[0] == NOW
    await homes.change_search(search, None)
    for state in ("sending", "collected"):
        for one in (first, second):
            await deliver(homes, one, state)
        assert await now_of(homes, first, second) == [NOW, SEARCH_PAUSED]


async def test_a_newer_alert_counts_only_if_it_is_sent_or_will_be_soon(world: World, homes: Homes) -> None:
    first, second, search = await two_alerts(world, homes)
    assert await now_of(homes, first) == [PRICE_CHANGED_SINCE]
    for state in ("queued", "held", "retry_wait", "unknown", "sending", "sent", "delivered"):
        await deliver(homes, second, state)
        assert await now_of(homes, first) == [PRICE_CHANGED_SINCE], state
    # When its digest will be made, it may not hold any more; on hold, it may be rejected.
    for state in ("suppressed", "failed", "expired", "cancelled", "collected", "on_hold", "quarantined"):
        await deliver(homes, second, state)
        assert await now_of(homes, first) == [NOW], state
    await homes.change_search(search, None)
    for state in ("queued", "held", "retry_wait"):
        await deliver(homes, second, state)
        assert await now_of(homes, first) == [NOW], state
    await deliver(homes, second, "retry_wait", unknowns=1)
    assert await now_of(homes, first) == [PRICE_CHANGED_SINCE]


async def test_a_newer_alert_that_waits_for_approval_does_not_count_before_its_addresses_are_known(
    world: World, homes: Homes
) -> None:
    first, _, _ = await two_alerts(world, homes, concierge=True)
    assert await now_of(homes, first) == [NOW]


async def test_a_newer_alert_on_another_channel_does_not_count(world: World, homes: Homes) -> None:
    first, second, _ = await two_alerts(world, homes)
    await deliver(homes, second, "sent", Channel.SMS)
    assert await now_of(homes, first) == [NOW]
    assert await now_of(homes, first, channel=Channel.SMS) == [PRICE_CHANGED_SINCE]


@pytest.mark.parametrize("is_paused", [False, True])
async def test_of_three_alerts_the_newest_that_is_sent_overtakes_the_others(
    world: World, homes: Homes, is_paused: bool
) -> None:
    first, second, search = await two_alerts(world, homes)
    await homes.search(1, ANY, changes=[ChangeType.PENDING])
    await homes.search(1, ANY, changes=[ChangeType.BACK_ON_MARKET])
    await homes.list(a_home(120, ListPrice=470_000, StandardStatus="Pending"))
    await homes.list(a_home(180, ListPrice=470_000))
    await homes.match()
    async with homes.database.reading() as connection:
        table = table_of(Notification)
        *_, back = (await connection.execute(select(table.c.id).order_by(table.c.id))).scalars()
    if is_paused:
        await homes.change_search(search + 2, None)
    else:
        await homes.change_search(search, None)
    for one in (first, second, back):
        await deliver(homes, one, "sending")
    told = await now_of(homes, first, second, back)
    told_now = [isinstance(one, tuple) for one in told]
    assert told_now == ([False, True, False] if is_paused else [False, False, True])
    assert told[0] == PRICE_CHANGED_SINCE
    assert told[1] == (NOW if is_paused else SEARCH_PAUSED)
    assert NEWER_ALERT not in told


async def test_a_home_is_in_a_digest_once_with_all_that_its_alerts_tell(world: World, homes: Homes) -> None:
    await world.a_user(1)
    await homes.profile(1)
    await homes.search(1)
    for record in (a_home(), a_home(60, StandardStatus="Withdrawn"), a_home(120)):
        await homes.list(record)
        await homes.match()
    async with homes.database.reading() as connection:
        its = table_of(Notification).c.id
        first, second = (await connection.execute(select(its).order_by(its))).scalars()
    for alert in (first, second):
        await deliver(homes, alert, "collected")

    found = await homes.run(refreshed([first, second], Channel.EMAIL, homes.clock.now()))
    told = found[second]
    assert found[first] == NEWER_ALERT
    assert isinstance(told, Reworded)
    assert told.title == "New listing: 1 Pinehurst Way NE"
    assert "Back on the market (it was Withdrawn)" in told.message
