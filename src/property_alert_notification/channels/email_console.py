"""Email that is only shown: prints which address would have been reached."""

from collections.abc import Callable
from typing import ClassVar

from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.channels.base import Limits, OutgoingMessage, Receipt, Tools

# "Hander" is no slip of ours: scripts look for the line in this spelling, as the service has always printed it.
LINE = "Email Hander executed with {address}"


def create(tools: Tools) -> "EmailConsoleSender":
    """Build the sender; it has no settings."""
    return EmailConsoleSender(tools.announce)


class EmailConsoleSender:
    """Takes every message."""

    channel: ClassVar[Channel] = Channel.EMAIL
    name: ClassVar[str] = "console"
    limits = Limits(at_once=64)
    key_window = None
    calls_back = False

    def __init__(self, announce: Callable[[str], None]) -> None:
        """`announce` prints one line."""
        self._announce = announce

    async def send(self, message: OutgoingMessage) -> Receipt:
        """Print one line."""
        self._announce(LINE.format(address=message.to))
        return Receipt()

    async def check(self) -> str:
        """There is nothing to reach."""
        return "email is printed on the console"

    async def close(self) -> None:
        """There is nothing to give back."""
