"""Addresses that a mail server refuses while messages are sent to them, on each store."""

from collections.abc import Callable

import pytest

from property_alert_notification.base.settings import Settings
from property_alert_notification.deliveries.reports.models import DeliveryReport
from property_alert_notification.people.suppressions.models import StoredSuppression
from tests.pipeline.conftest import STORES
from tests.pipeline.test_callbacks import rows
from tests.pipeline.world import EMAIL, World
from tests.services.smtp import SmtpServer

ADDRESS = "full@example.com"


@pytest.mark.parametrize(
    ("store", "reply"), list(zip(STORES, ["452 4.2.2 Mailbox full", "552 5.2.2 Mailbox full"], strict=True))
)
async def test_a_full_mailbox_is_suppressed_for_a_while_after_several_messages(
    store: str, reply: str, make_settings: Callable[..., Settings], smtp_server: SmtpServer
) -> None:
    smtp_server.answer = lambda _: reply
    async with World(make_settings(store, retry_max_attempts=2), smtp_server) as world:
        await world.a_user(1)
        await world.a_worker()
        for number in range(3):
            assert not await rows(world, StoredSuppression), number
            await world.until(await world.accept(1, channels=[EMAIL], user_email=ADDRESS), "failed")
        await world.until(await world.accept(1, channels=[EMAIL], user_email=ADDRESS), "suppressed")

        (entry,) = await rows(world, StoredSuppression)
        assert (entry.reason_code, entry.added_by) == ("soft_bounce", "refused:email/smtp")
        assert entry.expires_at is not None
        assert [(one.provider, one.cause) for one in await rows(world, DeliveryReport)] == [("smtp", "soft_bounce")] * 3


async def test_a_mailbox_that_takes_the_message_later_has_not_bounced(world: World) -> None:
    replies = ["451 4.7.1 Greylisted, try again later", "452 4.2.2 Mailbox full"]
    world.smtp.answer = lambda _: replies.pop() if replies else "250 2.0.0 OK"
    await world.a_user(1)
    await world.a_worker()
    await world.until(await world.accept(1, channels=[EMAIL]), "sent")

    assert not await rows(world, DeliveryReport)
