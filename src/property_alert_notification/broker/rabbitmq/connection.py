"""One connection to RabbitMQ with one channel on it, opened again whenever it is lost.

A channel is never repaired: when it fails, or anything that was set up on it, the connection is closed and a new one
is opened. Delivery tags, confirms and consumers belong to a channel; they are lost with it and cannot be used on the
next one by mistake.
"""

import asyncio
import re
from collections import deque
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Generic, TypeVar

import structlog
from aio_pika import Connection
from aio_pika.abc import AbstractChannel
from aio_pika.connection import make_url
from aio_pika.exceptions import InvalidFrameError

from property_alert_notification.base.errors import BrokerUnavailable, ServiceError
from property_alert_notification.base.settings.broker_url import broker_address, broker_urls
from property_alert_notification.base.supervise import Supervisor, is_cancelled, raise_if_cancelled

log = structlog.get_logger()

_ADDRESS_IN_MEMORY = re.compile(r" object at 0x[0-9a-f]+")
_OPENING = 10.0
_CLOSING = 2.0


@dataclass(frozen=True, slots=True)
class Opened:
    """A fresh connection, and a channel on it."""

    channel: AbstractChannel
    new_channel: Callable[[], Awaitable[AbstractChannel]]
    """Opens one more channel on the same connection; the caller closes it."""
    disconnect: Callable[[str], None]
    """Closes the connection and opens another; the text is the reason for the log."""


Session = TypeVar("Session")
Prepare = Callable[[Opened], Awaitable[Session]]
"""Sets up a session on a fresh channel."""


class PersistentConnection(Generic[Session]):
    """Keeps one session with RabbitMQ, from the first time a caller needs it until it is closed."""

    def __init__(
        self,
        url: str,
        name: str,
        prepare: Prepare[Session],
        supervisor: Supervisor,
        *,
        patience: timedelta,
        pause: timedelta,
    ) -> None:
        """Nothing is opened yet.

        Args:
            url: one node or several; the next one is tried when a node cannot be reached or is lost.
            name: the name of the connection in RabbitMQ's own tools.
            prepare: sets up a session on a fresh channel.
            supervisor: runs the task that opens one connection after the other.
            patience: how long `get` waits for a session.
            pause: how long to wait after every node was tried, before the first is tried again.
        """
        self._nodes = deque((broker_address(node), node) for node in broker_urls(url))
        self._causes: dict[str, str] = {}
        self._name = name
        self._prepare = prepare
        self._supervisor = supervisor
        self._patience = patience.total_seconds()
        self._pause = pause.total_seconds()
        self._session: Session | None = None
        self._up = asyncio.Event()
        self._cause = "no connection yet"
        self._keeper: asyncio.Task[None] | None = None
        self._closed = False
        self._tried = 0

    @property
    def address(self) -> str:
        """The node that is connected, or tried next."""
        return self._nodes[0][0]

    @property
    def current(self) -> Session | None:
        """The session; None while there is no connection."""
        return self._session

    def open(self) -> None:
        """Start connecting, unless it has been started or closed."""
        if self._keeper is None and not self._closed:
            self._keeper = self._supervisor.start("rabbitmq", lambda loop: loop.repeat(self._open_next))

    async def get(self) -> Session:
        """The session, after a short wait if it is not there at once.

        Raises:
            BrokerUnavailable: there is no session; the text names the nodes and the cause.
        """
        if self._session is None:
            await self._wait()
        if self._session is None:
            raise self.unavailable(self._cause)
        return self._session

    def unavailable(self, cause: str) -> BrokerUnavailable:
        """An error that names the nodes, without passwords, and the cause."""
        nodes = self.address if self._session is not None else ", ".join(sorted(address for address, _ in self._nodes))
        return BrokerUnavailable(f"RabbitMQ at {nodes}: {cause}")

    @contextmanager
    def faults(self) -> Iterator[None]:
        """Turn the client's errors into BrokerUnavailable; our own errors and our own cancellation pass."""
        try:
            yield
        except BrokerUnavailable:
            raise
        except asyncio.CancelledError:
            if is_cancelled():
                raise
            raise self.unavailable("the connection was closed") from None
        except Exception as error:
            # The client raises even a bare Exception in calls that wait while the connection is lost.
            raise self.unavailable(describe(error)) from error

    async def close(self) -> None:
        """Close the connection and open no other; RabbitMQ puts unacknowledged messages back."""
        self._closed = True
        self._cause = "closed by this process"
        if self._keeper is not None:
            self._keeper.cancel()
            with suppress(asyncio.CancelledError):
                await self._keeper
            self._keeper = None

    async def _wait(self) -> None:
        self.open()
        with suppress(TimeoutError):
            async with asyncio.timeout(self._patience):
                await self._up.wait()

    async def _open_next(self) -> float:
        try:
            cause = await self._hold_open()
        except asyncio.CancelledError as error:
            if is_cancelled():
                raise
            cause = describe(error)  # the client cancels calls that wait on a connection it closes
        except Exception as error:
            cause = describe(error)  # whatever the cause, a new connection is opened
        return self._rotate_nodes(cause)

    def _rotate_nodes(self, cause: str) -> float:
        """Choose the next node; returns the seconds to wait: 0, or the pause once every node was tried."""
        if cause != self._causes.get(self.address):
            log.warning("broker.lost", address=self.address, connection=self._name, cause=cause)
        self._causes[self.address] = cause
        self._cause = cause
        self._nodes.rotate(-1)
        self._tried += 1
        return 0 if self._tried % len(self._nodes) else self._pause

    async def _hold_open(self) -> str:
        """Open a session and wait until it is lost; returns the cause."""
        connection = Connection(make_url(self._nodes[0][1]), client_properties={"connection_name": self._name})
        lost: asyncio.Future[str] = asyncio.get_running_loop().create_future()

        def disconnect(cause: str) -> None:
            if not lost.done():
                lost.set_result(cause)

        def note_close(_sender: object, error: BaseException | None) -> None:
            disconnect(describe(error) if error else "closed")

        try:
            async with asyncio.timeout(_OPENING):
                await connection.connect()
                connection.close_callbacks.add(note_close)
                channel = connection.channel(on_return_raises=True)
                await channel.initialize()
                channel.close_callbacks.add(note_close)
                session = await self._prepare(Opened(channel, partial(_new_channel, connection), disconnect))
            raise_if_cancelled()
            self._begin(session)
            return await lost
        finally:
            self._session = None
            self._up.clear()
            await _close(connection)

    def _begin(self, session: Session) -> None:
        self._session = session
        self._cause = ""
        self._causes.clear()
        self._up.set()
        log.info("broker.connected", address=self.address, connection=self._name)


async def _new_channel(connection: Connection) -> AbstractChannel:
    channel = connection.channel(on_return_raises=True)
    await channel.initialize()
    return channel


async def _close(connection: Connection) -> None:
    # A frozen or blocked node does not confirm the close.
    with suppress(Exception):
        async with asyncio.timeout(_CLOSING):
            await connection.close()


def describe(error: BaseException) -> str:
    """The error as one line. The client's errors repeat the reply of RabbitMQ, never the URL."""
    if isinstance(error, ServiceError):
        return str(error)
    if isinstance(error, TimeoutError):
        return "no answer in time"
    text = _ADDRESS_IN_MEMORY.sub("", " ".join(str(part) for part in error.args if part is not None))
    if isinstance(error, InvalidFrameError) and "Connection.OpenOk" in text:
        # The client drops RabbitMQ's reason; at this stage it is always about the virtual host.
        return (
            "the virtual host at the end of QUEUE_BROKER_URL is not there, or this user may not use it. "
            "Look at `rabbitmqctl list_vhosts` and `rabbitmqctl list_permissions`"
        )
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
