"""Messages of any channel into the development mailbox: kept in the store, shown on a page, never sent."""

from datetime import datetime
from typing import ClassVar

from property_alert_notification.base.errors import OutcomeUnknown, StoreUnavailable
from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.channels.any_console import announce_sent
from property_alert_notification.channels.base import Limits, OutgoingMessage, Receipt, Tools
from property_alert_notification.channels.definition import definition_of
from property_alert_notification.channels.mailbox.capture import Capture
from property_alert_notification.channels.mailbox.queries import Captured


def create(channel: Channel, tools: Tools) -> "MailboxSender":
    """Build the sender of one channel; it has no settings."""
    return MailboxSender(channel, tools)


class MailboxSender:
    """Takes every message."""

    name: ClassVar[str] = "mailbox"
    limits = Limits(at_once=512)
    """Many, because messages that are sent together share one commit."""
    key_window = None
    calls_back = False

    def __init__(self, channel: Channel, tools: Tools, *, sender: str | None = None) -> None:
        """Nothing is written yet; `sender` is whom messages come from, by default the service's name."""
        self.channel = channel
        self._sender = sender or tools.settings.project_name
        self._clock = tools.clock
        self._announce = tools.announce
        self._database = tools.database
        self._capture = Capture(tools.database)

    async def send(self, message: OutgoingMessage) -> Receipt:
        """Keep one message."""
        now = self._clock.now()
        captured = Captured(
            id=self._clock.new_id(),
            delivery_id=message.delivery_id,
            channel=self.channel,
            sender=self._sender,
            address=message.to,
            subject=message.subject,
            text=message.text,
            html=message.html,
            raw=self.raw(message, now),
            captured_at=now,
        )
        try:
            await self._capture.take(captured)
        except StoreUnavailable:
            raise OutcomeUnknown("the store did not confirm the mailbox's copy") from None
        announce_sent(self._announce, self.channel, message.to)
        return Receipt(provider_message_id=str(captured.id))

    def raw(self, message: OutgoingMessage, now: datetime) -> str | None:
        """The bytes of a message as its channel's server would have been given them; None when it has no such form."""
        return None

    async def check(self) -> str:
        """The mailbox is as reachable as the store."""
        await self._database.ping()
        return f"{definition_of(self.channel).noun} is kept in the mailbox"

    async def close(self) -> None:
        """The store's connections are not ours."""
