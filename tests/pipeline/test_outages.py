"""A part goes away and comes back: nothing accepted is lost, and nobody has to restart anything (I1, I10)."""

from collections.abc import Callable

from property_alert_notification.errors import StoreUnavailable
from property_alert_notification.settings import Settings
from tests.pipeline.world import World, eventually
from tests.services.postgres import Postgres
from tests.services.rabbitmq import RabbitMQ
from tests.services.smtp import SmtpServer


async def test_messages_flow_again_when_a_dead_broker_is_back(
    make_settings: Callable[..., Settings], rabbitmq: RabbitMQ, smtp_server: SmtpServer
) -> None:
    async with World(make_settings("sqlite", "rabbitmq"), smtp_server) as world:
        await world.a_user()
        await world.a_worker()
        await world.until(await world.accept(title="before", channels=["email"]), "sent")
        rabbitmq.keep_new_queues()
        rabbitmq.kill()
        try:
            meanwhile = [await world.accept(title=f"meanwhile {n}", channels=["email"]) for n in range(20)]
        finally:
            rabbitmq.start()

        for notification in meanwhile:
            await world.until(notification, "sent", within=60)
        assert len(world.smtp.mails) == 21


async def test_messages_flow_again_when_a_dead_store_is_back(
    make_settings: Callable[..., Settings], postgres: Postgres, smtp_server: SmtpServer
) -> None:
    async with World(make_settings("postgresql", store_timeout=1), smtp_server) as world:
        await world.a_user()
        await world.a_worker()
        promised = [await world.accept(title=f"before {n}", channels=["email"]) for n in range(20)]
        postgres.kill()
        postgres.start()

        async def accepted_again() -> object:
            try:
                return await world.accept(title="after", channels=["email"])
            except StoreUnavailable:
                return None

        promised.append(await eventually(accepted_again))
        for notification in promised:
            await world.until(notification, "sent", within=60)
        assert {mail.parsed()["Subject"] for mail in world.smtp.mails} == {*(f"before {n}" for n in range(20)), "after"}
