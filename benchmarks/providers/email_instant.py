"""Email that is taken at once and goes nowhere, so that only the service's own work is left to measure."""

from typing import ClassVar

from benchmarks.sink import Taken
from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.channels.base import Limits, OutgoingMessage, Receipt, Tools


def create(_tools: Tools) -> "InstantSender":
    """Build the sender; it has no settings."""
    return InstantSender()


class InstantSender:
    """Counts what it takes, and says the count when it is closed."""

    channel: ClassVar[Channel] = Channel("email")
    name: ClassVar[str] = "instant"
    limits = Limits(at_once=1_000)
    key_window = None
    calls_back = False

    def __init__(self) -> None:
        self._taken = Taken()

    async def send(self, message: OutgoingMessage) -> Receipt:
        """Take one message."""
        self._taken.note(b"Message-ID: <%s>" % message.delivery_id.hex.encode())
        return Receipt()

    async def check(self) -> str:
        """There is nothing to reach."""
        return "takes everything"

    async def close(self) -> None:
        """Say what was taken."""
        self._taken.report()
