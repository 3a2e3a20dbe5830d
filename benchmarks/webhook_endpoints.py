"""A child that creates endpoints that want everything, and records events for them, in the store of the settings."""

import argparse
import asyncio
from datetime import timedelta
from uuid import UUID

from sqlalchemy import update

from benchmarks.children import say
from property_alert_notification.api.access.admission import ANONYMOUS
from property_alert_notification.base import logs
from property_alert_notification.base.process import new_event_loop
from property_alert_notification.base.settings import Settings, load
from property_alert_notification.base.vocabulary import DeliveryState
from property_alert_notification.database import run_within, table_of
from property_alert_notification.events import scripts
from property_alert_notification.events.models import WebhookEndpoint
from property_alert_notification.events.new_event import NewEvent, about_delivery
from property_alert_notification.feedback.webhooks.schemas import EndpointCreate
from property_alert_notification.feedback.webhooks.service import WebhookService
from property_alert_notification.feedback.webhooks.setup import webhook_rules
from property_alert_notification.wiring import Parts, assemble

AT_ONCE = 500


async def prepare(port: int, endpoints: int, events: int, *, blocked: bool) -> None:
    """Create the endpoints and record so many events for each of them."""
    settings = load(Settings).model_copy(update={"store_timeout": 30.0})
    logs.configure(level=settings.log_level, as_json=True)  # its standard output is for the parent
    async with assemble(settings) as parts:
        rules = webhook_rules(settings)
        async with parts.database.transaction() as connection:
            service = WebhookService(connection, parts.clock, ANONYMOUS, rules)
            for number in range(endpoints):
                await service.create(EndpointCreate(url=f"http://127.0.0.1:{port}/{number}"))
            if blocked:
                later = parts.clock.now() + timedelta(days=1)
                await connection.execute(update(table_of(WebhookEndpoint)).values(blocked_until=later))
        for first in range(0, events, AT_ONCE):
            new = [_event(parts, parts.clock.new_id()) for _ in range(min(AT_ONCE, events - first))]
            async with parts.database.transaction() as connection:
                await run_within(connection, scripts.record(new))
    say(endpoints=endpoints, events=events)


def _event(parts: Parts, id_: UUID) -> NewEvent:
    return about_delivery(
        id_,
        DeliveryState.SENT,
        parts.clock.now(),
        notification=id_,
        channel="email",
        reason_code="sent",
        caller=None,
        test=False,
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    for name in ("port", "endpoints", "events"):
        parser.add_argument(name, type=int)
    parser.add_argument("--blocked", action="store_true", help="Events are recorded for them, and none is sent.")
    given = parser.parse_args()
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        runner.run(prepare(given.port, given.endpoints, given.events, blocked=given.blocked))
