"""Limits the body of a request: its size, encoding and time; reads and drops the rest.

Nothing of a body is read before its caller was let in. A large one waits for room, so that unfinished bodies hold no
more memory than is set, however many there are.
"""

import asyncio

from starlette.exceptions import HTTPException
from starlette.types import Message, Receive

from property_alert_notification.base.clock import Clock

LARGE = 64 * 1024
"""Bytes that are received without asking for room. The server holds as many of each request in any case."""

LARGEST = 4 * 1024 * 1024
"""The largest body in bytes, and the room of a body without a declared length."""

PATIENCE = 2.0
"""Seconds for which a large body waits for room before it is answered 503."""

STALLED = 1.0
"""Seconds without a byte after which a large body loses its room, if another body needs it."""

LEFTOVER = 2 * LARGEST
"""Bytes of an unread body that are thrown away, so that the caller reads the answer and not of a reset connection."""

LEFTOVER_TIME = 2.0
"""Seconds for which that goes on at most."""

_UTF_16 = (b"\xff\xfe", b"\xfe\xff")


class UnusableBody(HTTPException):
    """The body cannot be used: it is too slow, not in UTF-8, or there is no room for it."""


class Body:
    """The body of one request, as far as it was received."""

    __slots__ = ("_receive", "_room", "_timer", "abandoned", "declared", "ended", "expected", "holds", "size", "waits")

    def __init__(self, receive: Receive, room: "BodyRoom", *, declared: int | None, waits: bool) -> None:
        """`declared` is its size in bytes, None if unknown; `waits`: the caller sends it after a 100 Continue."""
        self._receive = receive
        self._room = room
        self._timer: asyncio.Timeout | None = None
        self.declared = declared
        self.waits = waits
        self.expected = declared != 0
        self.ended = not self.expected
        self.abandoned = False
        self.size = 0
        self.holds = 0
        """Bytes of the room that are kept for it."""

    async def receive(self) -> Message:
        """The next part.

        Raises:
            UnusableBody: it is not in UTF-8, it stalled while others waited for its room, or there is no room for it.
        """
        message = await (self._receive_in_time() if self.holds else self._receive())
        self.ended = not message.get("more_body", False)
        if part := message.get("body"):
            if not self.size:
                _check_encoding(part)
            self.size += len(part)
            if self.size > LARGE and not self.holds:
                await self._room.take(self)
        return message

    def abandon(self) -> None:
        """Wait no longer for the next part."""
        if self._timer is not None:
            self.abandoned = True
            self._timer.reschedule(0)

    async def throw_away(self) -> None:
        """Read an unread body, within bounds: a connection that is closed earlier may lose its answer."""
        if self.waits and not self.size:
            return
        try:
            async with asyncio.timeout(LEFTOVER_TIME):
                left = LEFTOVER
                while not self.ended and not self.abandoned and left > 0:
                    message = await self._receive()
                    left -= len(message.get("body", b""))
                    self.ended = not message.get("more_body", False)
        except TimeoutError:
            return

    async def _receive_in_time(self) -> Message:
        try:
            async with asyncio.timeout(None) as self._timer:
                return await self._receive()
        except TimeoutError:
            raise UnusableBody(408, "The body stopped coming, and others waited for the room it took.") from None
        finally:
            self._timer = None


def _check_encoding(start: bytes) -> None:
    # In UTF-8, JSON holds no zero byte; in UTF-16 and UTF-32 one of the first four is zero.
    if b"\0" in start[:4] or start.startswith(_UTF_16):
        raise UnusableBody(400, "The body is not in UTF-8, which JSON has to be in.")


class BodyRoom:
    """The memory that large bodies may take in one process."""

    def __init__(self, clock: Clock, *, size: int) -> None:
        """`size` is in bytes."""
        self._clock = clock
        self._size = self._free = max(size, LARGEST)
        self._seen: dict[Body, tuple[int, float]] = {}
        """The bodies that hold room: how much had come of each, and since when it is no more."""

    async def take(self, body: Body) -> None:
        """Keep room for a body until it is given back.

        Raises:
            UnusableBody: there was none in time.
        """
        wanted = min(body.declared or LARGEST, self._size)
        ends = self._clock.monotonic() + PATIENCE
        while wanted > self._free:
            if self._clock.monotonic() > ends:
                detail = "Too many large bodies are being received. Try again, or send less at once."
                raise UnusableBody(503, detail, headers={"Retry-After": "1"})
            self._abandon_slowest()
            await asyncio.sleep(0.02)
        self._free -= wanted
        body.holds = wanted
        self._seen[body] = (body.size, self._clock.monotonic())

    def give_back(self, body: Body) -> None:
        """The body is of no use any more."""
        if body.holds:
            self._free += body.holds
            body.holds = 0
            del self._seen[body]

    def _abandon_slowest(self) -> None:
        now = self._clock.monotonic()
        for body, (size, _) in self._seen.items():
            if body.size != size:
                self._seen[body] = (body.size, now)
        stalled = [(since, body) for body, (_, since) in self._seen.items() if not body.ended and not body.abandoned]
        since, slowest = min(stalled, key=lambda one: one[0], default=(now, None))
        if slowest is not None and now - since > STALLED:
            slowest.abandon()
