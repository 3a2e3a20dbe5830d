"""Email that is taken at once and goes nowhere, so that only the service's own work is left to measure."""

import json
import os
import time
from pathlib import Path
from typing import ClassVar

from benchmarks.sink import Taken
from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.channels.base import Limits, OutgoingMessage, Receipt, Tools

ARRIVALS = "BENCHMARK_ARRIVALS"
"""The variable that names a file for the instant, the recipient and the subject of each message, if they are wanted."""


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
        self._arrivals: list[tuple[float, str, str]] = []
        self._file = os.environ.get(ARRIVALS)

    async def send(self, message: OutgoingMessage) -> Receipt:
        """Take one message."""
        self._taken.note(b"Message-ID: <%s>" % message.delivery_id.hex.encode())
        if self._file is not None:
            self._arrivals.append((time.monotonic(), message.to, message.subject))
        return Receipt()

    async def check(self) -> str:
        """There is nothing to reach."""
        return "takes everything"

    async def close(self) -> None:
        """Say what was taken."""
        self._write_arrivals()
        self._taken.report()

    def _write_arrivals(self) -> None:
        if self._file is not None:
            Path(self._file).write_text(json.dumps(self._arrivals))
