"""A store with keys, and a clock that tests move."""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from property_alert_notification.api.access.authenticator import Authenticator
from property_alert_notification.api.access.service import KeyService
from property_alert_notification.base.clock import Clock
from property_alert_notification.database import Database


class MovedClock(Clock):
    """A clock that only moves when a test moves it."""

    def __init__(self) -> None:
        super().__init__()
        self._seconds = 0.0

    def now(self) -> datetime:
        return datetime(2026, 3, 8, 12, 0, 30, tzinfo=UTC) + timedelta(seconds=self._seconds)

    def monotonic(self) -> float:
        return self._seconds

    def move(self, seconds: float) -> None:
        self._seconds += seconds


@pytest.fixture
def clock() -> MovedClock:
    return MovedClock()


@pytest.fixture(params=["sqlite", "postgresql"])
async def store(
    request: pytest.FixtureRequest, tmp_path: Path, migrated_sqlite: Callable[[Path], str]
) -> AsyncIterator[Database]:
    """A migrated store."""
    if request.param == "sqlite":
        url = migrated_sqlite(tmp_path / "keys.db")
    else:
        url = request.getfixturevalue("migrated_postgres_url")
    database = Database(url.replace("sqlite:", "sqlite+aiosqlite:"), wait=30)
    yield database
    await database.close()


@pytest.fixture
def key_service(store: Database, clock: MovedClock) -> KeyService:
    return KeyService(store, clock, actor="cli:ada")


@pytest.fixture
async def an_authenticator(store: Database, clock: MovedClock) -> AsyncIterator[Callable[..., Authenticator]]:
    """Makes authenticators, as other processes would have them."""
    authenticators: list[Authenticator] = []

    def make(**options: Any) -> Authenticator:
        authenticators.append(Authenticator(store, clock, **({"keyless": False, "patience": 30} | options)))
        return authenticators[-1]

    yield make
    for authenticator in authenticators:
        await authenticator.close()


@pytest.fixture
def asked(store: Database) -> list[str]:
    """Every statement that reaches the store from now on."""
    statements: list[str] = []

    @event.listens_for(store.engine.sync_engine, "before_cursor_execute")
    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        statements.append(statement)

    return statements
