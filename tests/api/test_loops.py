"""An endless loop of the API that breaks is named by readiness, counted, and goes on when it can."""

import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, NoReturn

import httpx2
import pytest

from property_alert_notification.api.access import queries as access
from property_alert_notification.app import create_app
from property_alert_notification.base.settings import Settings
from property_alert_notification.base.supervise import end
from property_alert_notification.base.vocabulary import Scope
from property_alert_notification.deliveries import queues
from property_alert_notification.wiring import Parts
from tests.api.conftest import NOTIFICATION, PREFERENCES, a_guarded_client
from tests.pipeline.world import eventually
from tests.services.callers import a_caller
from tests.services.clock import SameDay
from tests.services.serving import serving


@contextmanager
def _odd(monkeypatch: pytest.MonkeyPatch, queries: Any, question: str) -> Iterator[None]:
    """The store answers this question by an error that none gives which is away, locked, full or old."""

    async def fail(*_: Any, **__: Any) -> NoReturn:
        raise sqlite3.InterfaceError("jane@example.com")

    with monkeypatch.context() as patch:
        patch.setattr(queries, question, fail)
        yield


@asynccontextmanager
async def _service(store_url: str, **settings: Any) -> AsyncIterator[tuple[Parts, httpx2.AsyncClient]]:
    app = create_app(Settings(database_url=store_url, **settings), with_worker=False, clock=SameDay())
    async with serving(app) as url, a_caller(url) as client:
        yield app.state.parts, client


async def test_a_backlog_that_cannot_be_counted_is_named_and_counted_again_when_it_can(
    migrated_sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with _service(migrated_sqlite_url) as (parts, client):

        async def loops() -> dict[str, str]:
            return dict((await client.get("/health/ready")).json()["loops"])

        async def none() -> bool:
            return not await loops()

        with _odd(monkeypatch, queues, "count_waiting"):
            counting = parts.supervisor.start("backlog", parts.backlog.run)  # at once, and not in a while
            named = await eventually(loops)
            degraded = (await client.get("/health/ready")).json()["status"]
        await eventually(none)
        figures = (await client.get("/metrics")).text
        await end(counting)

    assert list(named) == ["backlog"]
    assert named["backlog"].startswith("broke (InterfaceError)")
    assert "jane" not in str(named)
    assert degraded == "degraded"
    assert 'property_alerts_loop_up{loop="backlog"} 1.0' in figures
    assert 'property_alerts_loop_breaks_total{loop="backlog"} 0.0' not in figures


async def test_a_backlog_that_is_full_and_cannot_be_counted_takes_the_api_out_of_service(
    migrated_sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with _service(migrated_sqlite_url, max_backlog=1) as (parts, client):
        await client.put("/api/v1/preferences/1", json=PREFERENCES)
        await client.post("/api/v1/notifications/", json=NOTIFICATION)

        async def is_named() -> bool:
            return "backlog" in parts.supervisor.problems

        with _odd(monkeypatch, queues, "count_waiting"):
            counting = parts.supervisor.start("backlog", parts.backlog.run)
            await eventually(is_named)
            ready = await client.get("/health/ready")
            await end(counting)

    assert (ready.status_code, ready.json()["status"], ready.json()["store"]["up"]) == (503, "down", True)


async def test_keys_that_cannot_be_read_are_503_and_named(
    migrated_sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with a_guarded_client(migrated_sqlite_url, Scope.NOTIFICATIONS_READ) as client:
        with _odd(monkeypatch, access, "live_among"):
            refused = await client.get("/api/v1/notifications")
            ready = await client.get("/health/ready")
        answered = await client.get("/api/v1/notifications")

    assert (refused.status_code, list(ready.json()["loops"])) == (503, ["key_refresh"])
    assert answered.status_code == 200
