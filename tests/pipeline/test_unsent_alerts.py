"""Why a user was not told what an alert was to tell, as `explain` and `backtest` say it, on each store."""

from collections import Counter
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select

from property_alert_notification.api.access.admission import ANONYMOUS
from property_alert_notification.database import table_of
from property_alert_notification.homes.alerts.backtest.answers import public
from property_alert_notification.homes.alerts.explain.explain import explained_change
from property_alert_notification.homes.reso.words import ChangeType
from property_alert_notification.homes.saved_searches.words import ScheduleType
from property_alert_notification.notifications import changes
from property_alert_notification.notifications.models import Notification
from property_alert_notification.people.directory import queries as directory
from property_alert_notification.people.directory.profile import Entry, Profile
from tests.pipeline.homes import Homes, a_home, up_to
from tests.pipeline.test_alert_digests import digest_is_near
from tests.pipeline.test_alert_explanations import found
from tests.pipeline.test_approvals import expirer, on_hold
from tests.pipeline.test_backtests import backtest
from tests.pipeline.test_merged_homes import PARCEL
from tests.pipeline.world import World


async def alert_about(homes: Homes, key: str, user: int = 1) -> UUID:
    """The first alert about a home to a user."""
    its = table_of(Notification)
    asked = select(its.c.id).where(its.c.reference == key, its.c.user_id == user).order_by(its.c.id)
    async with homes.database.reading() as connection:
        return next(iter((await connection.execute(asked)).scalars()))


async def cancel(homes: Homes, key: str) -> None:
    alert = await alert_about(homes, key)
    async with homes.database.transaction() as connection:
        await changes.cancel(connection, alert, ANONYMOUS, now=homes.clock.now())


async def became(homes: Homes, key: str, user: int = 1, *, language: str | None = None) -> tuple[str, str | None, str]:
    """What became of the first change of a home for the one search of a user: outcome, code and sentence."""
    its = await found(homes, user, key)
    change = its.changes[-1]
    [explained] = explained_change(change, its).searches
    replayed = public(await backtest(homes, user), {}, language)
    [fact] = [fact for one in replayed.changes if one.sequence == change.sequence for fact in one.facts]
    assert (explained.outcome, explained.reason_code) == (fact.outcome, fact.reason_code)
    if language is None:
        assert explained.reason == fact.reason
    return fact.outcome, fact.reason_code, fact.reason.removeprefix("the search matches, but the user is not told: ")


async def test_an_alert_that_ended_before_anybody_decided_is_explained(world: World, homes: Homes) -> None:
    await world.a_user(1)
    await homes.search(1, concierge=True)
    await homes.list(*(a_home(key=key) for key in ("early", "cancelled", "late")))
    await homes.match()
    await cancel(homes, "early")  # before its addresses are looked up
    await homes.profile(1)
    await world.a_worker()
    await on_hold(homes, 2)
    await cancel(homes, "cancelled")
    assert await expirer(world, timedelta()).expire_on_hold() == 1

    by_caller = ("not_told", "cancelled", "its caller cancelled it")
    assert [await became(homes, key) for key in ("early", "cancelled")] == [by_caller] * 2
    code, reason = (await became(homes, "late"))[1:]
    assert (code, reason[:49]) == ("not_decided", "it expired before it was decided about: it waits ")
    spanish = (await became(homes, "cancelled", language="es"))[2]
    assert spanish.startswith("la búsqueda coincide, pero no se avisa al usuario: ")


async def test_what_nobody_got_is_not_told(world: World, homes: Homes) -> None:
    for user in (1, 2, 4):
        await world.a_user(user)
        await homes.search(user, schedule=ScheduleType.DAILY if user == 2 else ScheduleType.ASAP)
    await homes.list(*(a_home(key=key) for key in ("sent", "gone", "discarded")))
    await homes.match()
    on_its_way, waits = "its alert is on its way", "it waits for its digest"
    assert await became(homes, "sent") == ("on_its_way", None, on_its_way)
    outcome, code, sentence = await became(homes, "sent", 2)
    assert (outcome, code, sentence.startswith(f"{waits}: ")) == ("waits_for_digest", "collected_for_search", True)
    await digest_is_near(homes)
    assert await became(homes, "sent", 2) == ("on_its_way", None, on_its_way)
    await homes.discard(1, "discarded")
    await homes.list(a_home(60, key="gone", StandardStatus="Withdrawn"))
    await homes.match()
    await homes.profile(1)
    await homes.profile(2)
    async with homes.database.transaction() as connection:
        await directory.put(connection, {4: Entry(Profile(4), homes.clock.now(), pushed=True)})
    await world.a_worker()
    ends = [("sent", 1, "sent"), ("gone", 1, "suppressed"), ("discarded", 1, "suppressed"), ("sent", 4, "suppressed")]
    for key, user, status in [*ends, ("sent", 2, "pending")]:
        await world.until(await alert_about(homes, key, user), status)
    await world.until_delivery(await alert_about(homes, "sent", 2), "collected")

    assert await became(homes, "sent") == ("told", None, "the user was told")
    assert await became(homes, "gone") == (
        "not_told",
        "listing_gone",
        "the home left the market, or may not be shown any more",
    )
    assert await became(homes, "discarded") == ("not_told", "home_discarded", "the user discarded the home")
    outcome, code, sentence = await became(homes, "sent", 2)
    assert (outcome, code, sentence.startswith(f"{waits}: ")) == ("waits_for_digest", "collected_for_search", True)
    no_address = "the User service has no address of the user for email"
    assert await became(homes, "sent", 4) == ("not_told", "no_address", no_address)
    counted = Counter(fact.became.outcome for one in (await backtest(homes, 1)).changes for fact in one.facts)
    assert counted["told"] == 1


async def test_a_change_that_tells_nothing_new_is_no_change_that_the_search_does_not_ask_for(
    world: World, homes: Homes
) -> None:
    await world.a_user(1)
    await homes.search(1, up_to(490_000), changes=[ChangeType.OPEN_HOUSE])
    await homes.list(a_home(key="A1", **PARCEL))
    await homes.list(a_home(60, key="A1", ListPrice=480_000, **PARCEL))
    await homes.list(a_home(120, key="A2", ListPrice=480_000, OriginatingSystemName="another", **PARCEL))
    await homes.list(a_home(180, key="A2", ListPrice=480_000, InternetAddressDisplayYN=False, **PARCEL))
    await homes.match()
    its = await found(homes, 1, "A1")
    hidden, again, cut, _ = (explained_change(one, its) for one in its.changes)
    assert [one.ChangeType for one in cut.facts] == ["Price Change", "In Range"]
    assert cut.facts[1].FieldName == "ListPrice"
    assert [(one.facts, one.searches[0].outcome.value) for one in (again, hidden)] == [
        ([], "already_told"),
        ([], "no_change"),
    ]
    assert again.searches[0].reason == "an earlier change of the home told the same (ListingKey A1)"
