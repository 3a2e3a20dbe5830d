"""What an operator's policy does to our queues costs time, and no message."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from property_alert_notification.base.settings import Settings
from tests.pipeline.world import World
from tests.services.rabbitmq import RabbitMQ
from tests.services.smtp import SmtpServer

MANY = 30


@pytest.fixture
def set_policy(rabbitmq: RabbitMQ) -> Iterator[Callable[[dict[str, Any]], None]]:
    """Sets a policy for every queue of the node, and takes it back at the end."""

    def set_it(definition: dict[str, Any]) -> None:
        rabbitmq.ctl("set_policy", "--apply-to", "queues", "alien", "^test-", json.dumps(definition))

    yield set_it
    rabbitmq.ctl("clear_policy", "alien")


@pytest.mark.parametrize(
    "definition",
    [
        {"max-length": 1},
        {"message-ttl": 1, "dead-letter-exchange": "amq.fanout"},
    ],
    ids=lambda definition: "-".join(definition),
)
async def test_a_policy_that_drops_or_refuses_messages_loses_none(
    make_settings: Callable[..., Settings],
    smtp_server: SmtpServer,
    set_policy: Callable[[dict[str, Any]], None],
    definition: dict[str, Any],
) -> None:
    set_policy(definition)
    async with World(make_settings("sqlite", "rabbitmq"), smtp_server) as world:
        await world.a_user()
        accepted = [await world.accept() for _ in range(MANY)]
        await world.a_worker()

        for one in accepted:
            await world.until(one, "sent")

    assert len(smtp_server.mails) == MANY
