"""What was submitted with a test key reaches no provider, and what is redirected reaches one address only."""

from collections.abc import AsyncIterator, Callable

import pytest
from sqlalchemy import update

from property_alert_notification.base.settings import Settings
from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.database import table_of
from property_alert_notification.deliveries.models import Delivery
from tests.channels.http_server import HttpServer
from tests.pipeline.conftest import STORES
from tests.pipeline.world import World, eventually
from tests.services.smtp import SmtpServer


@pytest.fixture
async def sms_gateway(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[HttpServer]:
    async with HttpServer() as server:
        monkeypatch.setenv("SMS_HTTP_URL", f"{server.url}/messages")
        yield server


@pytest.mark.parametrize("store", STORES)
async def test_test_messages_come_to_what_their_address_asks_for_and_reach_no_provider(
    store: str, make_settings: Callable[..., Settings], smtp_server: SmtpServer, sms_gateway: HttpServer
) -> None:
    settings = make_settings(store, sms_provider="http", retry_max_attempts=2, redirect_email_to="team@example.com")
    async with World(settings, smtp_server) as world:
        await world.a_user(email=True, sms=True)
        asked = {
            ("ada@example.com", "+14155552671"): ("sent", "the provider took it", 1),
            ("temporary-failure@example.com", "+14155550001"): ("failed", "gave up after 2 attempts: a simulated", 2),
            ("permanent-failure@example.com", "+14155550002"): ("failed", "a simulated permanent failure", 1),
            ("unknown+42@example.com", "+14155550003"): ("failed", "it was sent 2 times, and it is unknown", 2),
        }
        ids = {
            addresses: await world.accept(user_email=addresses[0], user_phone_number=addresses[1])
            for addresses in asked
        }
        async with world.parts.database.transaction() as connection:
            await connection.execute(update(table_of(Delivery)).values(test=True))

        await world.a_worker()

        for addresses, (state, reason, attempts) in asked.items():
            await world.until(ids[addresses], state)
            for channel in Channel:
                delivery = await world.delivery(ids[addresses], channel)
                assert (delivery.state, reason in (delivery.reason or "")) == (state, True)
                assert [one.provider for one in delivery.attempts] == ["simulator"] * attempts
    assert smtp_server.mails == []
    assert sms_gateway.requests == []


@pytest.mark.parametrize("store", STORES)
async def test_redirected_messages_reach_one_address_and_no_other(
    store: str, make_settings: Callable[..., Settings], smtp_server: SmtpServer, sms_gateway: HttpServer
) -> None:
    settings = make_settings(
        store, sms_provider="http", redirect_email_to="team@example.com", redirect_sms_to="+14155550100"
    )
    async with World(settings, smtp_server) as world:
        await world.a_user(email=True, sms=True)
        notification = await world.accept(user_email="ada@example.com", user_phone_number="+14155552671")
        await world.a_worker()
        await world.until(notification, "sent")
        (mail,) = await world.smtp.wait_for(1)

        async def sms_is_sent() -> bool:
            return (await world.delivery(notification, Channel("sms"))).state == "sent"

        await eventually(sms_is_sent)

    assert mail.recipients == ("team@example.com",)
    assert mail.parsed()["Subject"] == "[ada@example.com] A home for you"
    assert mail.parsed()["To"] == "team@example.com"
    (request,) = sms_gateway.requests
    assert b"+14155550100" in request.body
    assert b"+14155552671" not in request.body
