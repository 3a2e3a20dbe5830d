"""Why a user was not told what an alert was to tell, as `explain` and `backtest` say it, on each store."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import select

from property_alert_notification.api.access.admission import ANONYMOUS
from property_alert_notification.database import table_of
from property_alert_notification.homes.alerts.backtest.answers import public
from property_alert_notification.homes.alerts.explain.explain import explained_change
from property_alert_notification.notifications import changes
from property_alert_notification.notifications.models import Notification
from tests.pipeline.homes import Homes, a_home
from tests.pipeline.test_alert_explanations import found
from tests.pipeline.test_approvals import expirer, on_hold
from tests.pipeline.test_backtests import backtest
from tests.pipeline.world import World


async def alert_about(homes: Homes, key: str) -> UUID:
    its = table_of(Notification)
    async with homes.database.reading() as connection:
        return (await connection.execute(select(its.c.id).where(its.c.reference == key))).scalar_one()


async def cancel(homes: Homes, key: str) -> None:
    alert = await alert_about(homes, key)
    async with homes.database.transaction() as connection:
        await changes.cancel(connection, alert, ANONYMOUS, now=homes.clock.now())


async def became(homes: Homes, key: str = "1", *, language: str | None = None) -> tuple[str, str | None, str]:
    """What became of the last change of a home for the one search of user 1: outcome, code and sentence."""
    its = await found(homes, 1, key)
    [explained] = explained_change(its.changes[0], its).searches
    replayed = public(await backtest(homes, 1), {}, language)
    [fact] = [fact for one in replayed.changes if one.sequence == its.changes[0].sequence for fact in one.facts]
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
