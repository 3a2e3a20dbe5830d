"""Alerts of searches with `ConciergeYN` wait until they are approved or rejected, on each store."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, text, update

from property_alert_notification.api.access import queries as access
from property_alert_notification.base.clock import time_of
from property_alert_notification.base.errors import RequestError
from property_alert_notification.base.vocabulary import Approval
from property_alert_notification.database import table_of
from property_alert_notification.deliveries.windows.models import DigestWindow
from property_alert_notification.homes.alerts.approvals import queries
from property_alert_notification.homes.alerts.approvals.service import decide
from property_alert_notification.homes.alerts.models import Told
from property_alert_notification.homes.reso.words import ChangeType
from property_alert_notification.homes.saved_searches.words import ScheduleType
from property_alert_notification.notification_worker.expire import Expirer
from property_alert_notification.notifications.models import Notification
from tests.pipeline.homes import Homes, a_home
from tests.pipeline.test_alert_digests import digest_is_near
from tests.pipeline.test_alert_explanations import outcomes
from tests.pipeline.test_first_alerts import a_first_alert, maker
from tests.pipeline.test_merged_homes import PARCEL
from tests.pipeline.world import World, eventually

_NOTIFICATIONS = table_of(Notification)


def expirer(world: World, message_ttl: timedelta = timedelta(days=5)) -> Expirer:
    parts, rules = world.parts, replace(world.rules, message_ttl=message_ttl)
    return Expirer(parts.database, parts.clock, parts.metrics, rules=rules)


async def waiting(homes: Homes, user_id: int = 1, *, search: int | None = None) -> list[UUID]:
    async with homes.database.reading() as connection:
        return await queries.page(connection, user_id, search=search, before=None, limit=100)


async def on_hold(homes: Homes, count: int, user_id: int = 1) -> dict[str, UUID]:
    """The alerts of a user that wait, the newest first, by the keys of their listings, once there are so many."""

    async def found() -> dict[str, UUID] | None:
        ids = await waiting(homes, user_id)
        async with homes.database.reading() as connection:
            known = await queries.notifications_of(connection, ids)
        return {str(known[id_].reference): id_ for id_ in ids} if len(ids) == count else None

    return await eventually(found)


async def decided(
    homes: Homes, decision: Approval, ids: Sequence[UUID], *, user_id: int | None = 1
) -> list[tuple[int, str] | None]:
    """The status and detail of each error; None if the decision holds."""
    async with homes.database.transaction() as connection:
        found = await decide(connection, user_id, ids, decision, actor="ada", clock=homes.clock)
    return [_error(found[id_]) for id_ in ids]


def _error(error: RequestError | None) -> tuple[int, str] | None:
    return None if error is None else (error.status, error.detail)


async def test_an_alert_waits_until_it_is_approved_or_rejected_or_expires(world: World, homes: Homes) -> None:
    for user in (1, 2):
        await world.a_user(user)
        await homes.profile(user)
    search = await homes.search(1, concierge=True)
    await homes.search(2)
    await homes.list(*(a_home(key=key) for key in ("1", "bad", "gone", "late")))
    await homes.match()
    await world.a_worker()
    await world.smtp.wait_for(4)
    alerts = await on_hold(homes, 4)
    assert (await world.delivery(alerts["1"])).reason_code == "waits_for_approval"
    assert await outcomes(homes) == [["waits_for_approval"]]
    assert sorted(await waiting(homes, search=search), reverse=True) == await waiting(homes)
    assert await waiting(homes, search=search + 1) == await waiting(homes, 2) == []

    # The other user's alerts are no affair of this one, and what does not need approval has none.
    no_such = (404, "The user has no alert with this id that needs approval.")
    assert await decided(homes, Approval.APPROVED, [alerts["1"]], user_id=2) == [no_such]
    assert await decided(homes, Approval.REJECTED, [homes.clock.new_id()]) == [no_such]
    await homes.list(a_home(60, key="gone", StandardStatus="Pending"))
    async with homes.database.transaction() as connection:
        its = _NOTIFICATIONS.c.id == alerts["late"]
        await connection.execute(update(_NOTIFICATIONS).where(its).values(expires_at=homes.clock.now()))
    assert await expirer(world).expire_on_hold() == 1
    for _ in range(2):  # a decision may be repeated
        assert await decided(homes, Approval.REJECTED, [alerts["bad"]]) == [None]
        assert await decided(homes, Approval.APPROVED, [alerts["1"], alerts["gone"]]) == [None, None]
    assert await decided(homes, Approval.APPROVED, [alerts["bad"], alerts["late"]]) == [
        (409, "It was rejected before."),
        (409, "It does not wait for approval: it is not planned yet, or it has ended."),
    ]

    mails = await world.smtp.wait_for(5)
    assert [mail.parsed()["Subject"] for mail in mails if mail.recipients[0] == "user1@example.com"] == [
        "New listing: 1 Pinehurst Way NE"
    ]
    assert await waiting(homes) == []
    assert (await world.until(alerts["gone"], "suppressed")).deliveries[0].reason_code == "listing_gone"
    reasons = {key: (await world.delivery(alerts[key])).reason_code for key in ("bad", "late")}
    assert reasons == {"bad": "rejected", "late": "not_decided"}
    async with homes.database.reading() as connection:
        record = await access.changes(connection, limit=10)
    assert [(one.action, one.subject, one.actor) for one in reversed(record)] == [
        ("alerts.rejected", "1 alerts", "ada"),
        ("alerts.approved", "2 alerts", "ada"),
    ]
    # What was rejected is told no more, also if another agent lists it.
    await homes.list(a_home(60, key="bad", OriginatingSystemName="another", UnparsedAddress="bad Pinehurst Way NE"))
    await homes.match()
    assert await waiting(homes) == []


async def all_waiting(homes: Homes, *users: int, **asked: Any) -> list[str | None]:
    """The keys of the listings of alerts that wait, as the list of all users has them."""
    wanted = {"made": (None, None), "after": None, "limit": 100} | asked
    async with homes.database.reading() as connection:
        ids = await queries.oldest(connection, users, **wanted)
        known = await queries.notifications_of(connection, ids)
    return [known[id_].reference for id_ in ids]


async def test_one_call_decides_about_alerts_of_several_users_the_oldest_first(world: World, homes: Homes) -> None:
    for user in (1, 2, 3):
        await world.a_user(user, sms=True)
        await homes.profile(user, phone_number="+14155552671")
        await homes.search(user, concierge=user < 3)
    for key in ("a", "b"):
        await homes.list(a_home(key=key))
        await homes.match()
    await world.a_worker()
    alerts = {user: list(reversed((await on_hold(homes, 2, user)).values())) for user in (1, 2)}
    everyone = sorted([*alerts[1], *alerts[2]])

    assert await all_waiting(homes) == ["a", "a", "b", "b"]
    assert await all_waiting(homes, limit=3, after=everyone[0]) == ["a", "b", "b"]
    assert await all_waiting(homes, 2) == await all_waiting(homes, 3, 2) == ["a", "b"]
    between = time_of(everyone[2])
    assert await all_waiting(homes, made=(None, between)) == ["a", "a"]
    assert await all_waiting(homes, made=(between, None)) == ["b", "b"]
    if homes.database.is_sqlite:  # which keeps anything in a column
        for title in ("x'ff'", "'as before'"):
            async with homes.database.transaction() as connection:
                its = _NOTIFICATIONS.c.id == everyone[3]
                await connection.execute(update(_NOTIFICATIONS).where(its).values(title=text(title)))
            assert await all_waiting(homes) == ["a", "a", "b", "b"]

    assert await decided(homes, Approval.APPROVED, everyone[:3], user_id=None) == [None] * 3
    assert await decided(homes, Approval.REJECTED, [everyone[0], homes.clock.new_id()], user_id=None) == [
        (409, "It was approved before."),
        (404, "There is no alert with this id that needs approval."),
    ]
    assert await all_waiting(homes) == ["b"]
    assert await expirer(world).expire_on_hold() == 0
    assert await expirer(world, timedelta()).expire_on_hold() > 0
    assert await all_waiting(homes) == []


async def test_a_rejected_alert_is_explained(world: World, homes: Homes) -> None:
    await world.a_user(1)
    await homes.profile(1)
    await homes.search(1, concierge=True)
    await homes.list(a_home())
    await homes.match()
    assert await outcomes(homes) == [["waits_for_approval"]]
    # A word of another version does not send it either.
    async with homes.database.transaction() as connection:
        await connection.execute(update(_NOTIFICATIONS).values(approval="postponed"))
    await world.a_worker()
    alerts = await on_hold(homes, 1)
    assert await decided(homes, Approval.REJECTED, list(alerts.values())) == [None]
    assert await outcomes(homes) == [["rejected"]]


async def test_an_item_of_a_digest_waits_and_joins_its_digest(world: World, homes: Homes) -> None:
    await world.a_user(1)
    await homes.profile(1)
    await homes.search(1, schedule=ScheduleType.DAILY, concierge=True)
    await homes.list(a_home(key="in time"), a_home(key="rejected"))
    await digest_is_near(homes)
    await world.a_worker()
    alerts = await on_hold(homes, 2)
    assert await decided(homes, Approval.APPROVED, [alerts["in time"]]) == [None]
    assert (await world.until_delivery(alerts["in time"], "collected")).reason_code == "collected_for_search"
    async with homes.database.reading() as connection:
        [closes_at] = (await connection.execute(select(table_of(DigestWindow).c.closes_at))).scalars()
    assert closes_at - homes.clock.now() < timedelta(minutes=2)


async def test_one_search_that_needs_no_approval_is_enough(world: World, homes: Homes) -> None:
    await world.a_user(1)
    await homes.search(1, concierge=True)
    await homes.search(1, schedule=ScheduleType.DAILY)
    await homes.list(a_home(key="waits"))
    await homes.match()
    await homes.search(1)
    await homes.list(a_home(key="sent"))
    await homes.match()
    first = await homes.search(1, concierge=True)
    await a_first_alert(homes, first)
    await maker(homes).make_due()
    assert await approvals(homes) == [("waits", "waiting"), ("sent", None), (None, "waiting")]


async def approvals(homes: Homes) -> list[tuple[str | None, str | None]]:
    """The listing of each alert, and whether it waits for approval, in their order."""
    asked = select(_NOTIFICATIONS.c.reference, _NOTIFICATIONS.c.approval).order_by(_NOTIFICATIONS.c.id)
    async with homes.database.reading() as connection:
        return [(row[0], row[1]) for row in await connection.execute(asked)]


async def test_a_search_that_needs_no_approval_tells_what_was_not_approved_and_nothing_is_told_twice(
    world: World, homes: Homes
) -> None:
    await world.a_user(1)
    await homes.profile(1)
    await homes.search(1, concierge=True)
    await homes.search(1, schedule=ScheduleType.DAILY)
    await homes.list(*(a_home(key=key) for key in ("approved", "rejected", "waits")))
    await homes.match()
    await world.a_worker()
    held = await on_hold(homes, 3)
    assert await decided(homes, Approval.REJECTED, [held["rejected"]]) == [None]
    assert await decided(homes, Approval.APPROVED, [held["approved"]]) == [None]
    await world.until(held["approved"], "sent")
    expected = {"approved": ["told"] * 2, "rejected": ["rejected", "waits_for_digest"]}
    expected["waits"] = ["waits_for_approval", "waits_for_digest"]
    assert {key: await outcomes(homes, key=key) for key in expected} == {key: [its] for key, its in expected.items()}

    await digest_is_near(homes)

    assert sorted((await approvals(homes))[3:]) == [("rejected", None), ("waits", None)]
    told = {one for key in expected for [some] in [await outcomes(homes, key=key)] for one in some}
    assert told <= {"told", "on_its_way", "waits_for_digest"}
    assert await decided(homes, Approval.APPROVED, [held["waits"]]) == [None]
    assert (await world.until(held["waits"], "suppressed")).deliveries[0].reason_code == "already_told"


async def test_changes_of_one_batch_tell_a_fact_once_with_approval_and_once_without(world: World, homes: Homes) -> None:
    await world.a_user(1)
    await homes.search(1, concierge=True)
    await homes.list(a_home(key="a", **PARCEL))
    await homes.search(1)
    # These turn out to be listings of the same home.
    for key in ("b", "c"):
        await homes.list(a_home(key=key))
    await homes.list(a_home(60, key="b", **PARCEL), a_home(60, key="c", **PARCEL))
    await homes.match()
    assert await approvals(homes) == [("a", "waiting"), ("b", None)]


async def test_a_digest_needs_approval_if_all_that_tell_one_of_its_facts_ask_for_it(world: World, homes: Homes) -> None:
    await world.a_user(1)
    await homes.list(a_home())
    price, both = [ChangeType.PRICE_CHANGE], [ChangeType.PRICE_CHANGE, ChangeType.PENDING]
    await homes.search(1, changes=price)
    await homes.search(1, changes=price, schedule=ScheduleType.DAILY)
    await homes.search(1, changes=both, schedule=ScheduleType.DAILY, concierge=True)
    await homes.list(a_home(60, ListPrice=490_000))
    await homes.match()
    await homes.list(a_home(120, ListPrice=490_000, StandardStatus="Pending"))
    await digest_is_near(homes)
    # Its price was told; the search that needs no approval has nothing to say of its status.
    assert await approvals(homes) == [("1", None), ("1", "waiting")]


async def test_what_a_first_alert_tells_is_told_once_it_is_approved(world: World, homes: Homes) -> None:
    await world.a_user(1)
    await homes.profile(1)
    await homes.list(a_home())
    await homes.match()
    await a_first_alert(homes, await homes.search(1, concierge=True))
    await maker(homes).make_due()
    await world.a_worker()
    held = await on_hold(homes, 1)

    async def told() -> int:
        async with homes.database.reading() as connection:
            return int((await connection.execute(select(func.count()).select_from(table_of(Told)))).scalar_one())

    assert await told() == 0
    assert await decided(homes, Approval.APPROVED, list(held.values())) == [None]
    assert await told() == 1
    assert len(await world.smtp.wait_for(1)) == 1
