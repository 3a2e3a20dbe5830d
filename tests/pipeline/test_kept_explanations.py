"""Why alerts were not sent is known as long as the history of the homes, on each store."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import select

from property_alert_notification.api.access.admission import ANONYMOUS
from property_alert_notification.base.settings import Settings
from property_alert_notification.base.vocabulary import Approval
from property_alert_notification.database import Database, table_of
from property_alert_notification.homes.alerts.models import UnsentAlert
from property_alert_notification.homes.alerts.outcomes import queries
from property_alert_notification.homes.alerts.outcomes.queries import EndedAlert, EndedUnsent
from property_alert_notification.notifications import changes
from tests.pipeline.homes import ANY, Homes, a_home
from tests.pipeline.test_alert_digests import digest_is_near
from tests.pipeline.test_alert_explanations import named_alerts, outcomes, reasons
from tests.pipeline.test_alerts import alerts
from tests.pipeline.test_approvals import decided, on_hold
from tests.pipeline.test_retention import KEPT_FOR, purge
from tests.pipeline.test_unheard_facts import DAILY, ended
from tests.pipeline.world import World
from tests.services.clock import SameDay

KEYS = ("rejected", "approved", "cancelled")


async def cancel(homes: Homes, notification: UUID) -> None:
    async with homes.database.transaction() as connection:
        await changes.cancel(connection, notification, ANONYMOUS, now=homes.clock.now())


async def explained(homes: Homes) -> dict[str, tuple[list[list[str]], set[str | None]]]:
    return {key: (await outcomes(homes, key=key), await reasons(homes, 1, key)) for key in KEYS}


async def test_what_became_of_an_alert_is_answered_after_its_notification_is_deleted(
    world: World, homes: Homes
) -> None:
    await world.a_user(1)
    await homes.profile(1)
    await homes.search(1, concierge=True)
    await homes.list(*(a_home(key=key) for key in KEYS))
    await homes.match()
    await world.a_worker()
    held = await on_hold(homes, 3)
    await decided(homes, Approval.REJECTED, [held["rejected"]])
    await decided(homes, Approval.APPROVED, [held["approved"]])
    await cancel(homes, held["cancelled"])
    await world.until(held["approved"], "sent")
    expected = {"rejected": ([["rejected"]], set()), "approved": ([["told"]], set())}
    expected["cancelled"] = ([["not_told"]], {"cancelled"})
    assert await explained(homes) == expected
    assert {key: await named_alerts(homes, key=key) for key in KEYS} == {key: [[held[key]]] for key in KEYS}

    assert await purge(world, KEPT_FOR + timedelta(days=1)) == 3

    assert await explained(homes) == expected
    assert {key: await named_alerts(homes, key=key) for key in KEYS} == {key: [[None]] for key in KEYS}


async def test_what_nobody_heard_is_told_by_another_search_also_after_its_alert_is_deleted(
    world: World, homes: Homes
) -> None:
    await world.a_user(1)
    await homes.profile(1)
    await homes.search(1, channels="sms")
    daily = await homes.search(1, schedule=DAILY)
    await homes.list(a_home())
    await homes.match()
    await world.a_worker()
    await ended(homes)
    assert await purge(world, KEPT_FOR + timedelta(days=1)) == 1
    assert await outcomes(homes) == [["not_told", "waits_for_digest"]]

    await homes.change_search(daily, ANY, schedule="ASAP")
    await digest_is_near(homes)

    assert [user for user, _ in await alerts(homes)] == [1]
    assert not await reasons(homes, 1, "1")
    await world.smtp.wait_for(1)
    await ended(homes)
    assert await outcomes(homes) == [["told", "told"]]
    [[alert, same]] = await named_alerts(homes)
    assert alert == same is not None

    assert await purge(world, KEPT_FOR + timedelta(days=1)) == 1

    assert await outcomes(homes) == [["told", "told"]]
    assert await named_alerts(homes) == [[None, None]]


async def test_old_reasons_are_deleted_without_waiting_for_another_process(migrated_postgres_url: str) -> None:
    database, clock = Database(Settings(database_url=migrated_postgres_url).database_url, wait=30), SameDay()
    id_, unsent = clock.new_id(), table_of(UnsentAlert)
    alerts_ = [EndedAlert(id_, UUID(int=home), 1, 1, 1, "New Listing/1", "1", None) for home in (1, 2)]
    until = clock.now() + timedelta(days=1)
    async with database.transaction() as connection:
        await queries.keep(connection, [EndedUnsent(one, "sms", "no_address", None) for one in alerts_])

    async with database.transaction() as other:
        await other.execute(select(unsent.c.listing_id).where(unsent.c.listing_id == UUID(int=2)).with_for_update())
        async with database.transaction() as connection:
            deleted = [await queries.remove_old(connection, until=until, limit=10)]
    async with database.transaction() as connection:
        deleted.append(await queries.remove_old(connection, until=until, limit=10))
    await database.close()

    assert deleted == [1, 1]
