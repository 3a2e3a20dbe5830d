"""Worlds on every store, and on every pair of store and broker."""

import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from property_alert_notification.base.settings import Settings
from property_alert_notification.database import Database
from property_alert_notification.homes.alerts.shards.queries import add_first_shard
from tests.pipeline.feeds import Feeds
from tests.pipeline.homes import Homes
from tests.pipeline.world import World
from tests.services.smtp import SmtpServer

STORES = ("sqlite", "postgresql")
PAIRS = tuple((store, broker) for store in STORES for broker in ("embedded", "rabbitmq"))


@pytest.fixture
def make_settings(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    smtp_server: SmtpServer,
    migrated_sqlite: Callable[[Path], str],
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[..., Settings]:
    """Settings for one store and one broker, with email going to the SMTP server."""
    for name, value in {
        "SMTP_HOST": smtp_server.host,
        "SMTP_PORT": smtp_server.port,
        "SMTP_STARTTLS": "off",
        "EMAIL_FROM": "alerts@example.com",
    }.items():
        monkeypatch.setenv(name, str(value))

    def make(store: str, broker: str = "embedded", categories: dict[str, Any] | None = None, **fields: Any) -> Settings:
        if categories is not None:
            (tmp_path / "categories.json").write_text(json.dumps(categories))
            fields["categories_file"] = str(tmp_path / "categories.json")
        if store == "sqlite":
            file = tmp_path / "alerts.db"
            database_url = f"sqlite:///{file}" if file.exists() else migrated_sqlite(file)
        else:
            database_url = request.getfixturevalue("migrated_postgres_url")
        broker_url = "embedded://" if broker == "embedded" else request.getfixturevalue("rabbitmq_url")
        quick: dict[str, Any] = {
            "database_url": database_url,
            "queue_broker_url": broker_url,
            "queue_routing_key": f"test-{uuid4().hex}",
            "email_provider": "smtp",
            "store_timeout": 30,
            # A worker opens all of them when it starts, and each costs PostgreSQL as much as a dozen statements.
            "database_pool_size": 4,
            "retry_first_wait": 0.05,
        }
        return Settings(**quick | fields)

    return make


@pytest.fixture(params=STORES)
async def world(
    request: pytest.FixtureRequest, make_settings: Callable[..., Settings], smtp_server: SmtpServer
) -> AsyncIterator[World]:
    """A world on each store."""
    async with World(make_settings(request.param), smtp_server) as world:
        yield world


@pytest.fixture(params=PAIRS, ids="-".join)
async def any_world(
    request: pytest.FixtureRequest, make_settings: Callable[..., Settings], smtp_server: SmtpServer
) -> AsyncIterator[World]:
    """A world on each pair of store and broker."""
    async with World(make_settings(*request.param), smtp_server) as world:
        yield world


@pytest.fixture
async def homes(world: World) -> Homes:
    """Listings and saved searches in a world."""
    async with world.parts.database.transaction() as connection:
        await add_first_shard(connection)
    return Homes(world.parts.database, world.planner)


@pytest.fixture(params=STORES)
async def feeds(
    request: pytest.FixtureRequest, tmp_path: Path, migrated_sqlite: Callable[[Path], str]
) -> AsyncIterator[Feeds]:
    """A store that takes records of listings."""
    if request.param == "sqlite":
        url = migrated_sqlite(tmp_path / "listings.db")
    else:
        url = request.getfixturevalue("migrated_postgres_url")
    database = Database(Settings(database_url=url).database_url, wait=30)
    yield Feeds(database)
    await database.close()
