"""The connections to one SMTP server: opened when needed, reused, and limited to as many as the server accepts."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from property_alert_notification.base.clock import Clock
from property_alert_notification.base.errors import RetryLater
from property_alert_notification.channels.mime import Mail
from property_alert_notification.channels.smtp.connection import Connection, Stale, Unwilling
from property_alert_notification.channels.smtp.connection_limit import ConnectionLimit
from property_alert_notification.channels.smtp.faults import NoConnection

TRIES = 8
"""Connections that the server may refuse to one message before `send` raises."""


class Pool:
    """Connections for one message at a time each."""

    def __init__(
        self,
        open_connection: Callable[[], Awaitable[Connection]],
        clock: Clock,
        *,
        connections: int,
        messages_per_connection: int,
        idle_timeout: float,
    ) -> None:
        """`connections` is the most that may ever be open; the server may take fewer."""
        self._open_connection = open_connection
        self._clock = clock
        self._messages_per_connection = messages_per_connection
        self._idle_timeout = idle_timeout
        self._limit = ConnectionLimit(connections)
        self._idle: deque[Connection] = deque()  # the longest unused one is on the left
        self._slots = 0  # taken by messages on their way
        self._open = 0  # in use or idle
        self._opening = 0
        self._quits: set[asyncio.Task[None]] = set()
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._opened = asyncio.Event()
        self._closed = False

    @property
    def at_once(self) -> int:
        """How many messages may be sent at the same time now."""
        return self._limit.at(self._clock.monotonic())

    async def send_mail(self, mail: Mail) -> str | None:
        """Send one message; returns the server's queue id if the reply holds one.

        Raises:
            SendError: as `connection` says.
        """
        fresh = False
        for _ in range(TRIES):
            async with self._slot():
                connection = None if fresh else self._reused()
                fresh = connection is None
                try:
                    return await self._use(connection or await self._new(), mail)
                except NoConnection as error:
                    last = error
                    fresh = False
                    await self._learn(error)
                except Unwilling as error:
                    if fresh:  # at once: if others of ours work, the server takes no more than those
                        last = NoConnection(str(error))
                        await self._learn(last)
                    fresh = not fresh
                except Stale as error:
                    if fresh:
                        raise RetryLater(str(error)) from None
                    fresh = True
        raise last

    async def check(self, ask: Callable[[Connection], Awaitable[None]]) -> str:
        """Open a connection, ask the server over it, and close it; returns what the connection is like."""
        async with self._slot():
            if self._idle:  # the limit holds for this one too
                await self._quit(self._idle.popleft())
            connection = await self._new()
            try:
                await ask(connection)
            finally:
                await self._quit(connection)
        return connection.description

    async def close(self) -> None:
        """Send QUIT on every idle connection; those in use follow when their message is sent."""
        self._closed = True
        while self._idle:
            self._begin_quit(self._idle.popleft())
        await asyncio.gather(*self._quits)

    @asynccontextmanager
    async def _slot(self) -> AsyncIterator[None]:
        while self._slots + len(self._quits) >= self.at_once:
            turn = asyncio.get_running_loop().create_future()
            self._waiting.append(turn)
            try:
                await turn
            except asyncio.CancelledError:
                self._wake()  # this message may have been woken already
                raise
        self._slots += 1
        try:
            self._wake()
            yield
        finally:
            self._slots -= 1
            self._wake()

    def _wake(self) -> None:
        """Wake the next waiting message, if there is room; it wakes the one after it."""
        while self._waiting and self._slots + len(self._quits) < self.at_once:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return

    def _reused(self) -> Connection | None:
        """The connection used last, so that those not needed grow old; the old ones are closed on the way."""
        oldest = self._clock.monotonic() - self._idle_timeout
        while self._idle and (self._idle[0].used_at < oldest or not self._idle[0].is_alive):
            self._begin_quit(self._idle.popleft())
        while self._idle:
            connection = self._idle.pop()
            if connection.is_alive:
                return connection
            self._drop(connection)
        return None

    async def _new(self) -> Connection:
        if self._idle and self._slots + len(self._idle) > self.at_once:
            await self._quit(self._idle.popleft())
        while self._quits and self._slots + len(self._idle) + len(self._quits) > self.at_once:
            await asyncio.wait(self._quits, return_when=asyncio.FIRST_COMPLETED)
        self._opening += 1
        try:
            connection = await self._open_connection()
            self._open += 1
        finally:
            self._opening -= 1
            self._opened.set()
        self._limit.taken(self._open, self._clock.monotonic())
        return connection

    async def _learn(self, refusal: NoConnection) -> None:
        """Use fewer connections, if other connections work.

        Raises:
            NoConnection: no other works, so the server accepts none.
        """
        while not self._open and self._opening:
            self._opened.clear()
            await self._opened.wait()
        if not self._open:
            self._limit.forget()
            raise refusal
        self._limit.refused(self._open, self._clock.monotonic())

    async def _use(self, connection: Connection, mail: Mail) -> str | None:
        try:
            return await connection.send_mail(mail)
        finally:
            self._put_back(connection)

    def _put_back(self, connection: Connection) -> None:
        """Keep the connection for the next message. It never waits: the receipt must not wait for a QUIT."""
        if not connection.is_alive:
            self._drop(connection)  # it may be open with replies outstanding, which nothing reads any more
        elif self._closed or connection.messages >= self._messages_per_connection:
            self._begin_quit(connection)
        else:
            connection.used_at = self._clock.monotonic()
            self._idle.append(connection)

    def _begin_quit(self, connection: Connection) -> None:
        quitting = asyncio.create_task(self._quit(connection))
        self._quits.add(quitting)
        quitting.add_done_callback(self._has_quit)

    def _has_quit(self, quitting: asyncio.Task[None]) -> None:
        self._quits.discard(quitting)
        self._wake()

    async def _quit(self, connection: Connection) -> None:
        try:
            await connection.quit()
        finally:
            self._open -= 1

    def _drop(self, connection: Connection) -> None:
        connection.close()
        self._open -= 1
