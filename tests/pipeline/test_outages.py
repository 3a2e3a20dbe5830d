"""A part goes away and comes back: nothing accepted is lost, and no operator has to restart anything (I1, I10)."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs

from property_alert_notification.base.errors import StoreUnavailable
from property_alert_notification.base.settings import Settings
from property_alert_notification.base.vocabulary import DeliveryState, Outcome
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
            await world.until(notification, "sent")
        assert len(world.smtp.mails) == 21


async def test_messages_flow_again_when_a_dead_store_is_back(
    make_settings: Callable[..., Settings], postgres: Postgres, smtp_server: SmtpServer
) -> None:
    async with World(make_settings("postgresql", store_timeout=1), smtp_server) as world:
        await world.a_user()
        await world.a_worker()
        accepted = [await world.accept(title=f"before {n}", channels=["email"]) for n in range(20)]
        postgres.kill()
        postgres.start()

        async def accepted_again() -> object:
            try:
                return await world.accept(title="after", channels=["email"])
            except StoreUnavailable:
                return None

        accepted.append(await eventually(accepted_again))
        for notification in accepted:
            await world.until(notification, "sent")
        assert {mail.parsed()["Subject"] for mail in world.smtp.mails} == {*(f"before {n}" for n in range(20)), "after"}


@pytest.mark.parametrize(("lease", "is_still_its_own"), [(0.5, True), (-21, False)])
async def test_a_worker_keeps_its_claims_over_an_outage_unless_their_leases_expired_long_before(
    make_settings: Callable[..., Settings],
    postgres: Postgres,
    smtp_server: SmtpServer,
    lease: float,
    is_still_its_own: bool,
) -> None:
    """No worker could renew a lease meanwhile: that all ran out does not mean that all workers died."""
    async with World(make_settings("postgresql", store_timeout=1), smtp_server) as world:
        await world.a_user()
        delivery = await world.delivery(await world.accept())
        (claim,) = await world.claim(delivery.id, lease=lease)
        rescuer = world.a_rescuer(lease=timedelta(seconds=20))
        with capture_logs() as logs:
            postgres.kill()
            rescuing = world.parts.supervisor.start("rescue", rescuer.run)
            try:
                await eventually(_heard_in(logs, "part.waits", part="rescue"))
            finally:
                postgres.start()
            # Its first look at the store that is back; every lease has run out by now.
            await eventually(_heard_in(logs, "part.resumes", part="rescue"))
            moved = await world.settle(claim, DeliveryState.SENT, Outcome.SENT, "the provider took it")
            rescuing.cancel()

        assert (moved == {delivery.id}) is is_still_its_own


async def test_a_rescuer_that_has_just_started_cannot_know_whether_the_store_was_away(world: World) -> None:
    """Leases that ran out a moment ago may be those of the living, who could not renew them."""
    await world.a_user()
    long_gone, just_now = [await world.delivery(await world.accept()) for _ in range(2)]
    await world.claim(long_gone.id, lease=-1200)
    (claim,) = await world.claim(just_now.id, lease=-1)
    rescuer = world.a_rescuer(lease=timedelta(minutes=10))
    with capture_logs() as logs:
        rescuing = world.parts.supervisor.start("rescue", rescuer.run)
        await eventually(_heard_in(logs, "delivery.rescued"))
        moved = await world.settle(claim, DeliveryState.SENT, Outcome.SENT, "the provider took it")
        rescuing.cancel()

    assert moved == {just_now.id}
    assert [entry["delivery_id"] for entry in logs if entry["event"] == "delivery.rescued"] == [str(long_gone.id)]


def _heard_in(logs: Sequence[Mapping[str, Any]], event: str, **fields: str) -> Callable[[], Awaitable[bool]]:
    async def heard() -> bool:
        return any(entry.items() >= {"event": event, **fields}.items() for entry in logs)

    return heard
