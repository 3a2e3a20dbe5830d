"""PostgreSQL through PgBouncer, and with a host that is dead: messages are accepted and delivered all the same."""

import asyncio
from collections.abc import Callable

import pytest

from property_alert_notification.base.errors import ConfigurationError
from property_alert_notification.base.settings import Settings
from property_alert_notification.database import Database
from property_alert_notification.wiring import assemble
from tests.pipeline.world import World
from tests.services.pgbouncer import pgbouncer
from tests.services.process import free_port
from tests.services.smtp import SmtpServer

SOME = 40


async def _accept_and_deliver(settings: Settings, smtp: SmtpServer) -> None:
    async with World(settings, smtp) as world:
        await asyncio.gather(*(world.a_user(user) for user in range(1, SOME + 1)))
        await world.a_worker()
        await world.a_worker()
        accepted = await asyncio.gather(*(world.accept(user) for user in range(1, SOME + 1)))
        for notification in accepted:
            await world.until(notification, "sent")
    assert len(smtp.mails) == SOME


@pytest.mark.parametrize("mode", ["session", "transaction"])
async def test_through_pgbouncer(mode: str, make_settings: Callable[..., Settings], smtp_server: SmtpServer) -> None:
    direct = make_settings("postgresql")
    with pgbouncer(direct.database_url, mode) as url:
        settings = make_settings("postgresql", database_url=url, database_prepared_statements=False)
        await _accept_and_deliver(settings, smtp_server)


async def test_pgbouncer_without_the_setting_is_refused_at_start(make_settings: Callable[..., Settings]) -> None:
    refused = pytest.raises(ConfigurationError, match=r"^DATABASE_URL: .*DATABASE_PREPARED_STATEMENTS=false")
    with pgbouncer(make_settings("postgresql").database_url, "transaction") as url, refused:
        async with assemble(make_settings("postgresql", database_url=url)):
            pass


async def test_the_next_host_is_tried(make_settings: Callable[..., Settings], smtp_server: SmtpServer) -> None:
    whole = make_settings("postgresql").database_url
    start, at, end = whole.partition("@")
    url = f"{start}{at}127.0.0.1:{free_port()},{end}?target_session_attrs=primary"

    await _accept_and_deliver(make_settings("postgresql", database_url=url), smtp_server)


@pytest.mark.parametrize("parameters", ["?sslmode=require", "?sslmode=verify-full"])
async def test_a_server_without_tls_is_refused_at_start_when_tls_is_required(
    make_settings: Callable[..., Settings], parameters: str
) -> None:
    url = make_settings("postgresql").database_url + parameters

    with pytest.raises(ConfigurationError, match=r"^DATABASE_URL: the store cannot be used \("):
        async with assemble(make_settings("postgresql", database_url=url)):
            pass


@pytest.mark.parametrize("parameters", ["?sslmode=disable&connect_timeout=5&application_name=crm", "?sslmode=prefer"])
async def test_parameters_of_libpq(make_settings: Callable[..., Settings], parameters: str) -> None:
    database = Database(make_settings("postgresql").database_url + parameters, wait=30)

    await database.ping()
    await database.close()
