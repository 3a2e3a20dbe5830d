"""An endless loop of the API that breaks is named by readiness, counted, and goes on when it can."""

from sqlalchemy import text

from property_alert_notification import migrations
from property_alert_notification.app import create_app
from property_alert_notification.database import Database
from property_alert_notification.settings import Settings
from property_alert_notification.supervise import end
from property_alert_notification.vocabulary import Scope
from tests.api.conftest import NOTIFICATION, WISHES, a_client, a_guarded_client
from tests.pipeline.world import eventually
from tests.services.callers import a_caller
from tests.services.serving import serving


async def _rename(store_url: str, table: str, column: str, new: str) -> None:
    """Make the store answer with an error that is none of those a store that is away gives."""
    database = Database(Settings(database_url=store_url).database_url, wait=10)
    async with database.transaction() as connection:
        await connection.execute(text(f"ALTER TABLE {table} RENAME COLUMN {column} TO {new}"))
    await database.close()


async def _migrate(store_url: str) -> None:
    database = Database(Settings(database_url=store_url).database_url, wait=10)
    await migrations.upgrade(database)
    await database.close()


async def test_a_backlog_that_cannot_be_counted_is_named_and_counted_again_when_it_can(store_url: str) -> None:
    await _migrate(store_url)
    await _rename(store_url, "deliveries", "urgent", "pressing")
    async with a_client(database_url=store_url) as client:

        async def loops() -> dict[str, str]:
            return dict((await client.get("/health/ready")).json()["loops"])

        async def none() -> bool:
            return not await loops()

        named = await eventually(loops)
        degraded = (await client.get("/health/ready")).json()["status"]
        await _rename(store_url, "deliveries", "pressing", "urgent")
        await eventually(none)
        figures = (await client.get("/metrics")).text

    assert list(named) == ["backlog"]
    assert degraded == "degraded"
    assert 'property_alerts_loop_up{loop="backlog"} 1.0' in figures
    assert 'property_alerts_loop_breaks_total{loop="backlog"} 0.0' not in figures


async def test_a_backlog_that_is_full_and_cannot_be_counted_takes_the_api_out_of_service(store_url: str) -> None:
    app = create_app(Settings(database_url=store_url, store_timeout=10, max_backlog=1), with_worker=False)
    async with serving(app) as url, a_caller(url) as client:
        await client.put("/api/v1/preferences/1", json=WISHES)
        await client.post("/api/v1/notifications/", json=NOTIFICATION)
        await _rename(store_url, "deliveries", "urgent", "pressing")
        parts = app.state.parts
        counting = parts.supervisor.start("backlog", parts.backlog.run)  # at once, and not in a while

        async def is_named() -> bool:
            return "backlog" in parts.supervisor.problems

        await eventually(is_named)
        ready = await client.get("/health/ready")
        await end(counting)

    assert (ready.status_code, ready.json()["status"], ready.json()["store"]["up"]) == (503, "down", True)


async def test_keys_that_cannot_be_read_are_503_and_named(store_url: str) -> None:
    async with a_guarded_client(store_url, Scope.NOTIFICATIONS_READ) as client:
        await _rename(store_url, "api_keys", "scopes", "reach")
        refused = await client.get("/api/v1/notifications")
        ready = await client.get("/health/ready")
        await _rename(store_url, "api_keys", "reach", "scopes")
        answered = await client.get("/api/v1/notifications")

    assert (refused.status_code, list(ready.json()["loops"])) == (503, ["key_refresh"])
    assert answered.status_code == 200
