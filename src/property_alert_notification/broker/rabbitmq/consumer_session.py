"""What one RabbitMQ channel delivered to a listener and the listener has not acknowledged yet."""

import asyncio
import math
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from property_alert_notification.base.supervise import is_cancelled
from property_alert_notification.broker.rabbitmq.connection import describe

IDLE = 1.0
"""Seconds for which `take` waits for a message, and `acknowledge` for RabbitMQ."""

SUSPICIOUS_SILENCE = 5.0
"""Seconds without a message after which a listener asks RabbitMQ whether messages are waiting."""


@dataclass(slots=True, eq=False)
class ReceivedMessage:
    """A message that is not acknowledged yet."""

    tag: int
    open: int
    """How many of its deliveries are not done."""
    urgent: bool
    published_at: datetime | None
    """In whole seconds; None when its sender set no timestamp."""


class ConsumerSession:
    """Buffers the messages of one channel. A new channel gets a new session: delivery tags are valid on one channel."""

    def __init__(self, acknowledge: Callable[..., Any], disconnect: Callable[[str], None]) -> None:
        """`acknowledge` is the channel's `basic_ack`; `disconnect` closes the connection, with a reason."""
        self._acknowledge = acknowledge
        self.disconnect = disconnect
        self._buffers: dict[bool, deque[tuple[UUID, ReceivedMessage]]] = {True: deque(), False: deque()}
        self._last_published: dict[bool, datetime] = {}
        self._taken: dict[UUID, list[ReceivedMessage]] = {}
        self._unacknowledged: dict[int, ReceivedMessage] = {}
        self._received = asyncio.Event()
        self._last_checked = dict.fromkeys((True, False), asyncio.get_running_loop().time())

    def silent_queues(self) -> Sequence[bool]:
        """The queues (urgent or not) without a message for SUSPICIOUS_SILENCE, each once in that time.

        A queue with unacknowledged messages is not silent: its prefetch window may be full.
        """
        now = asyncio.get_running_loop().time()
        for message in self._unacknowledged.values():
            self._last_checked[message.urgent] = now
        silent = [urgent for urgent, asked in self._last_checked.items() if now - asked >= SUSPICIOUS_SILENCE]
        self._last_checked |= dict.fromkeys(silent, now)
        return silent

    def holds(self, *, urgent: bool) -> bool:
        """Whether a delivery of the queue was received and not handed out yet."""
        return bool(self._buffers[urgent])

    def last_published(self, *, urgent: bool) -> datetime | None:
        """The latest publishing time among the messages of the queue of which a delivery was handed out."""
        return self._last_published.get(urgent)

    async def receive(
        self, tag: int, deliveries: Sequence[UUID], *, urgent: bool, published_at: datetime | None
    ) -> None:
        """Buffer the deliveries of a message; a message without any is acknowledged at once."""
        self._last_checked[urgent] = asyncio.get_running_loop().time()
        message = self._unacknowledged[tag] = ReceivedMessage(tag, len(deliveries), urgent, published_at)
        self._buffers[urgent].extend((delivery, message) for delivery in deliveries)
        if deliveries:
            self._received.set()
        else:
            await self._acknowledge_finished()

    async def take(self, limit: int) -> Sequence[UUID]:
        """Wait, IDLE seconds at most, for up to `limit` deliveries, urgent ones first."""
        if not self._received.is_set():
            try:
                async with asyncio.timeout(IDLE):
                    await self._received.wait()
            except TimeoutError:
                return []
        taken: list[UUID] = []
        for buffer in self._buffers.values():  # urgent first
            while buffer and len(taken) < limit:
                delivery, message = buffer.popleft()
                self._note_published(message)
                messages = self._taken.setdefault(delivery, [])
                # Published twice: one claim is enough, and finishes both messages.
                if not messages:
                    taken.append(delivery)
                messages.append(message)
        if not any(self._buffers.values()):
            self._received.clear()
        return taken

    def _note_published(self, message: ReceivedMessage) -> None:
        if (at := message.published_at) is not None:
            self._last_published[message.urgent] = max(at, self._last_published.get(message.urgent, at))

    async def finish(self, deliveries: Sequence[UUID]) -> None:
        """Note that these deliveries are done; acknowledge each message whose deliveries are all done."""
        finished = False
        for delivery in deliveries:
            for message in self._taken.pop(delivery, ()):
                message.open -= 1
                finished = finished or not message.open
        if finished:
            await self._acknowledge_finished()

    async def _acknowledge_finished(self) -> None:
        try:
            async with asyncio.timeout(IDLE):
                for tag, multiple in self._pop_finished():
                    await self._acknowledge(tag, multiple=multiple)
        except (Exception, asyncio.CancelledError) as error:
            # The client raises all sorts when the connection is gone, and cancels what waits on it. An
            # acknowledgement that may be missing would hold a place in the prefetch window for ever.
            self.disconnect(describe(error))
            if is_cancelled():
                raise

    def _pop_finished(self) -> Sequence[tuple[int, bool]]:
        """Tags to acknowledge: one for the unbroken run from the oldest on, the others one by one."""
        finished = [tag for tag, message in self._unacknowledged.items() if not message.open]
        for tag in finished:
            del self._unacknowledged[tag]
        oldest_open = min(self._unacknowledged, default=math.inf)
        run = [tag for tag in finished if tag < oldest_open]
        return [(tag, True) for tag in run[-1:]] + [(tag, False) for tag in finished if tag > oldest_open]
