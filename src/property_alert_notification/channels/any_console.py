"""Messages of any channel that are only shown: prints which address would have been reached."""

from collections.abc import Callable
from typing import ClassVar

from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.channels.base import Limits, OutgoingMessage, Receipt, Tools
from property_alert_notification.channels.definition import definition_of

# "Hander" is intended: scripts search for the line in this spelling, as the first version printed it.
_LINE = "{label} Hander executed with {address}"


def announce_sent(announce: Callable[[str], None], channel: Channel, address: str) -> None:
    """Print which address a message went to, or would have gone to."""
    announce(_LINE.format(label=definition_of(channel).label, address=address))


def create(channel: Channel, tools: Tools) -> "ConsoleSender":
    """Build the sender of one channel; it has no settings."""
    return ConsoleSender(channel, tools.announce)


class ConsoleSender:
    """Takes every message."""

    name: ClassVar[str] = "console"
    limits = Limits(at_once=64)
    key_window = None
    calls_back = False

    def __init__(self, channel: Channel, announce: Callable[[str], None]) -> None:
        """`announce` prints one line."""
        self.channel = channel
        self._announce = announce

    async def send(self, message: OutgoingMessage) -> Receipt:
        """Print one line."""
        announce_sent(self._announce, self.channel, message.to)
        return Receipt()

    async def check(self) -> str:
        """There is nothing to reach."""
        return f"{definition_of(self.channel).noun} is printed on the console"

    async def close(self) -> None:
        """There is nothing to give back."""
