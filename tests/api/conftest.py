"""The API over real HTTP, on each store."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any

import httpx2
import pytest

from property_alert_notification.api.access.service import KeyService
from property_alert_notification.app import create_app
from property_alert_notification.base.settings import Settings
from property_alert_notification.base.vocabulary import Scope
from property_alert_notification.database import Database
from property_alert_notification.deliveries import gauges
from property_alert_notification.operators import health
from tests.pipeline.world import eventually
from tests.services.callers import a_caller
from tests.services.clock import SameDay
from tests.services.process import PATIENCE
from tests.services.serving import serving

NOTIFICATION = {
    "title": "notification title",
    "message": "notification message",
    "user_id": 1,
    "user_email": "user@test.com",
    "user_phone_number": "1231233",
}
PREFERENCES = {"email_enabled": True, "sms_enabled": True}


@pytest.fixture(autouse=True)
def _patient_service(monkeypatch: pytest.MonkeyPatch) -> None:
    """By default a call waits for the store for a second, readiness and figures hardly: a busy machine takes longer."""
    monkeypatch.setenv("STORE_TIMEOUT", "30")
    monkeypatch.setattr(health, "LONGEST_CHECK", PATIENCE)
    monkeypatch.setattr(gauges, "PATIENCE", PATIENCE)


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path, migrated_sqlite: Callable[[Path], str]) -> str:
    """A migrated store that holds nothing."""
    if request.param == "sqlite":
        return migrated_sqlite(tmp_path / "api.db")
    url: str = request.getfixturevalue("migrated_postgres_url")
    return url


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A store without a schema."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/empty.db"
    url: str = request.getfixturevalue("postgres_url")
    return url


@pytest.fixture
async def client(store_url: str) -> AsyncIterator[httpx2.AsyncClient]:
    """A caller of a local service without a worker."""
    async with a_client(database_url=store_url) as client:
        yield client


@pytest.fixture
async def caller(client: httpx2.AsyncClient) -> httpx2.AsyncClient:
    """The same, when user 1 wants everything."""
    await client.put("/api/v1/preferences/1", json=PREFERENCES)
    return client


async def accept(caller: httpx2.AsyncClient, **fields: Any) -> str:
    """Submit a notification, with these fields instead of the usual ones; returns its id."""
    answer = await caller.post("/api/v1/notifications/", json=NOTIFICATION | fields)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["id"])


@pytest.fixture
async def lite(tmp_path: Path, migrated_sqlite: Callable[[Path], str]) -> AsyncIterator[httpx2.AsyncClient]:
    """A caller of a service on SQLite, whose user 1 wants everything: for what the store has no part in."""
    async with a_client(database_url=migrated_sqlite(tmp_path / "lite.db")) as client:
        await client.put("/api/v1/preferences/1", json=PREFERENCES)
        yield client


async def until_the_store_answers(
    client: httpx2.AsyncClient, method: str, path: str, body: dict[str, Any]
) -> httpx2.Response:
    """Repeat a call to a service with a short STORE_TIMEOUT until its store was quick enough."""

    async def answered() -> httpx2.Response | None:
        answer = await client.request(method, path, json=body)
        return None if answer.status_code == HTTPStatus.SERVICE_UNAVAILABLE else answer

    answer: httpx2.Response = await eventually(answered)
    assert answer.is_success, answer.text
    return answer


@asynccontextmanager
async def a_guarded_client(store_url: str, *scopes: Scope, **settings: Any) -> AsyncIterator[httpx2.AsyncClient]:
    """A caller, with a key for these scopes, of a production service of its own."""
    database = Database(Settings(database_url=store_url).database_url, wait=30)
    key = await KeyService(database, SameDay(), actor="test").create("caller", scopes)
    await database.close()
    production = {
        "environment": "production",
        "email_provider": "smtp",
        "sms_provider": "http",
        "secret_keys": "a-secret-of-tests-with-32-characters",
        "signing_keys": "a-signing-key-of-tests-with-32-characters",
        "public_url": "https://alerts.example.com",
    }
    async with a_client(database_url=store_url, **(production | settings)) as client:
        client.headers["Authorization"] = f"Bearer {key}"
        yield client


@asynccontextmanager
async def a_client(**settings: Any) -> AsyncIterator[httpx2.AsyncClient]:
    """A caller of a service of its own with these settings."""
    app = create_app(Settings(**{"store_timeout": 30, **settings}), with_worker=False, clock=SameDay())
    async with serving(app) as url, a_caller(url) as client:
        yield client
