"""Doorbells through RabbitMQ: one quorum queue per lane, publisher confirms, many deliveries per message.

A message names up to 50 deliveries by id, and nothing else: `{"v":1,"deliveries":["<uuid>", ...]}`. Its property
`timestamp` says when it was rung, in whole seconds: a queue keeps the order, so what was rung much earlier than a
doorbell that came has come as well.
Publishing and listening have connections of their own, because RabbitMQ stops reading from a connection that
publishes during a memory or disk alarm, acknowledgements included
(https://www.rabbitmq.com/docs/connection-blocked).
"""

import asyncio
import json
import math
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any, Self
from uuid import UUID

import structlog
from aio_pika import DeliveryMode, Message
from aio_pika.abc import AbstractIncomingMessage
from aio_pika.exceptions import DeliveryError, PublishError

from property_alert_notification.base.clock import Clock
from property_alert_notification.base.errors import BrokerUnavailable
from property_alert_notification.base.metrics import Metrics
from property_alert_notification.base.supervise import Supervisor, is_cancelled
from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.broker.base import LANES, Lane
from property_alert_notification.broker.rabbitmq_link import Link, Opened, Prepare, Session, describe
from property_alert_notification.broker.rabbitmq_queues import QueueRefused, Queues

log = structlog.get_logger()

DELIVERIES_PER_DOORBELL = 50
_VERSION = 1
_LARGEST_BODY = 65_536
# Doorbells of one lane that a listener holds at most, unacknowledged.
_PREFETCH = 8
_IDLE = 1.0
# Seconds after which a listener that hears nothing asks whether there is something to hear.
_SUSPICIOUS_SILENCE = 5.0
# How much earlier than a doorbell that one listener has handed out another may have been rung that waits with another
# listener: each holds a few.
_SPREAD = timedelta(seconds=5)


class RabbitMQBroker:
    """Carries doorbells through RabbitMQ, and comes back by itself whenever RabbitMQ does.

    Nothing is opened before it is needed, and a broker that is away stops nothing but the call that needed it.
    """

    needs_relay = True

    def __init__(
        self,
        url: str,
        routing_key: str,
        *,
        patience: timedelta = timedelta(seconds=1),
        confirm_within: timedelta = timedelta(seconds=5),
        reconnect_after: timedelta = timedelta(milliseconds=500),
        clock: Clock | None = None,
        supervisor: Supervisor | None = None,
    ) -> None:
        """Nothing is opened yet.

        Args:
            url: one node or several, as `broker_url` reads it.
            routing_key: how the names of the queues begin. The queue of exactly this name is never touched.
            patience: how long a call waits for a connection, or for the answer of `check` and `waiting`.
            confirm_within: how long `ring` waits for the confirms of all it published.
            reconnect_after: the pause between two tries to connect.
            clock: stamps the doorbells.
            supervisor: keeps the connections.
        """
        self._url = url
        self._routing_key = routing_key
        self._patience = patience
        self._confirm_within = confirm_within
        self._reconnect_after = reconnect_after
        self._clock = clock or Clock()
        self._supervisor = supervisor or Supervisor(Metrics())
        self._publishing = self._link("publish", _Publisher.on)
        self._asking = self._link("ask", _only_the_queues)
        self._listeners: set[RabbitMQListener] = set()

    async def ring(self, lane: Lane, deliveries: Sequence[UUID]) -> None:
        """Publish doorbells for these deliveries; returns when every one is confirmed.

        Raises:
            BrokerUnavailable: not connected, not confirmed in time, or the queue is full. They may still arrive.
        """
        if not deliveries:
            return
        publisher = await self._publishing.get()
        with self._publishing.faults():
            async with asyncio.timeout(self._confirm_within.total_seconds()):
                await publisher.publish(self.queue_name(lane), _doorbells(deliveries, self._clock.now()))

    async def waiting(self, lane: Lane) -> int:
        """An upper bound: RabbitMQ counts messages, and each may name 50 deliveries, or one.

        Raises:
            BrokerUnavailable: the broker gave no answer.
        """
        queues = await self._asking.get()
        with self._asking.faults():
            async with asyncio.timeout(self._patience.total_seconds()):
                queue = await queues.declare(self.queue_name(lane))
        return (queue.declaration_result.message_count or 0) * DELIVERIES_PER_DOORBELL

    async def reached(self, lane: Lane) -> datetime | None:
        """Now when the lane is silent; else a while before the ring of what was handed out last in this process.

        Raises:
            BrokerUnavailable: the broker gave no answer.
        """
        asked_at, queue = self._clock.now(), self.queue_name(lane)
        ears = [listener.ear for listener in self._listeners if listener.listens_to(queue)]
        if not all(ears):
            return None
        if not any(ear.holds(urgent=lane.urgent) for ear in ears if ear) and not await self.waiting(lane):
            return asked_at
        handed_out = [rung_at for ear in ears if ear and (rung_at := ear.last_ring(urgent=lane.urgent))]
        # Another process's clock may be ahead of ours.
        return min(max(handed_out), asked_at) - _SPREAD if handed_out else None

    async def listen(self, channel: Channel) -> "RabbitMQListener":
        """Begin to listen to the two lanes of a channel, at the latest when the broker is there."""
        listener = RabbitMQListener(
            lambda prepare: self._link(f"listen {channel}", prepare),
            urgent=self.queue_name(Lane(channel, urgent=True)),
            plain=self.queue_name(Lane(channel)),
            is_anything_waiting=lambda urgent: self._is_anything_waiting(Lane(channel, urgent)),
            on_close=self._listeners.discard,
        )
        self._listeners.add(listener)
        return listener

    async def _is_anything_waiting(self, lane: Lane) -> bool:
        return await self.waiting(lane) > 0

    async def check(self) -> None:
        """Prove that a doorbell can be published now, by publishing one to a queue of this process.

        Declaring or connecting would prove nothing: both work during an alarm, while a publish hangs. That each lane
        has its queue is asked on top.

        Raises:
            BrokerUnavailable: it cannot; the text names the broker and the cause, or the queue and what to do.
        """
        publisher = await self._publishing.get()
        with self._publishing.faults():
            async with asyncio.timeout(self._patience.total_seconds()):
                await publisher.publish_canary()
            # Where the queues are not there yet they are made, which takes longer.
            async with asyncio.timeout(self._confirm_within.total_seconds()):
                await publisher.queues.check([self.queue_name(lane) for lane in LANES])

    def wake(self) -> None:
        """Nothing to do: doorbells are pushed."""

    def queue_name(self, lane: Lane) -> str:
        """The queue of a lane."""
        return f"{self._routing_key}.{lane.channel}" + (".urgent" if lane.urgent else "")

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await asyncio.gather(
            self._publishing.close(), self._asking.close(), *(listener.close() for listener in tuple(self._listeners))
        )

    def _link(self, purpose: str, prepare: Prepare[Session]) -> Link[Session]:
        return Link(
            self._url,
            f"{self._routing_key} {purpose}",
            prepare,
            self._supervisor,
            patience=self._patience,
            pause=self._reconnect_after,
        )


class _Publisher:
    """A channel to publish on, with confirms."""

    def __init__(self, opened: Opened, canary: str) -> None:
        self._channel = opened.channel
        self._canary = canary
        self._declared: set[str] = set()
        self.queues = Queues(opened)

    @classmethod
    async def on(cls, opened: Opened) -> Self:
        # Nobody reads the canaries: the queue keeps the last one and goes with its connection.
        canary = await opened.channel.declare_queue(exclusive=True, auto_delete=True, arguments={"x-max-length": 1})
        return cls(opened, canary.name)

    async def publish(self, queue: str, messages: Sequence[Message]) -> None:
        """Publish all and wait for their confirms; a queue that was deleted meanwhile is declared again."""
        if queue not in self._declared:
            await self.queues.declare(queue)
            self._declared.add(queue)
        returned = await self._send(queue, messages)
        if returned:
            log.warning("queue.missing", queue=queue)
            await self.queues.check([queue])
            if await self._send(queue, returned):
                raise BrokerUnavailable(f"RabbitMQ has no queue {queue}.")

    async def publish_canary(self) -> None:
        if await self._send(self._canary, [_message(b"{}", None)]):
            raise BrokerUnavailable("RabbitMQ lost this process's own queue.")

    async def _send(self, queue: str, messages: Sequence[Message]) -> Sequence[Message]:
        """Returns those for which there is no queue; raises the first other failure."""
        exchange = self._channel.default_exchange
        results = await asyncio.gather(
            *(exchange.publish(message, routing_key=queue, mandatory=True) for message in messages),
            return_exceptions=True,
        )
        for result in results:
            if isinstance(result, DeliveryError) and not isinstance(result, PublishError):
                raise BrokerUnavailable(f"RabbitMQ refused a doorbell: the queue {queue} is full.")
            if isinstance(result, BaseException) and not isinstance(result, PublishError):
                raise result
        return [message for message, result in zip(messages, results, strict=True) if isinstance(result, PublishError)]


class RabbitMQListener:
    """Holds a few doorbells of both lanes and hands out the deliveries they name."""

    def __init__(
        self,
        link: Callable[[Prepare["_Ear"]], Link["_Ear"]],
        *,
        urgent: str,
        plain: str,
        is_anything_waiting: Callable[[bool], Awaitable[bool]],
        on_close: Callable[["RabbitMQListener"], None],
    ) -> None:
        self._link = link(self._prepare)
        self._queues = {urgent: True, plain: False}
        self._is_anything_waiting = is_anything_waiting
        self._on_close = on_close
        self._link.open()
        self.unreadable = 0
        """Messages that were not doorbells, and were thrown away: the database still knows what is due."""

    @property
    def ear(self) -> "_Ear | None":
        """What came by the connection that there is now."""
        return self._link.current

    def listens_to(self, queue: str) -> bool:
        """Whether it is one of its own."""
        return queue in self._queues

    async def take(self, limit: int) -> Sequence[UUID]:
        """Wait, about a second at most, for up to `limit` due deliveries, urgent ones first.

        Raises:
            BrokerUnavailable: the connection is gone; calling again later works.
        """
        ear = await self._link.get()
        for urgent in ear.silent_lanes():
            if await self._is_something_waiting(urgent):
                # Seen when a queue was deleted while two workers redeclared it: the broker keeps a consumer that
                # it never serves, and says nothing about it.
                ear.give_up("hears nothing of what is waiting")
        return await ear.take(limit)

    async def _is_something_waiting(self, urgent: bool) -> bool:
        with suppress(QueueRefused):  # there is nothing to hear, and the other lane goes on
            return await self._is_anything_waiting(urgent)
        return False

    async def done(self, deliveries: Sequence[UUID]) -> None:
        """Forget these; a doorbell is acknowledged when all its deliveries are done.

        Never raises for a lost connection: its doorbells come again, and find nothing to claim.
        """
        if self.ear is not None:
            await self.ear.forget(deliveries)

    async def close(self) -> None:
        """Stop listening; doorbells with deliveries that are not done go back to their queue."""
        await self._link.close()
        self._on_close(self)

    async def _prepare(self, opened: Opened) -> "_Ear":
        # The broker cancels a consumer when its queue is deleted; a new session declares the queue again.
        underlay = await opened.channel.get_underlay_channel()
        underlay.on_consumer_cancel_callbacks.add(lambda _frame: opened.give_up("a queue was deleted"))
        await opened.channel.set_qos(prefetch_count=_PREFETCH)
        ear = _Ear(underlay.basic_ack, opened.give_up)
        queues, refusals = Queues(opened), list[QueueRefused]()
        for name, urgent in self._queues.items():
            try:
                queue = await queues.declare(name)
            except QueueRefused as refusal:
                log.warning("queue.refused", queue=name, cause=refusal.detail)
                refusals.append(refusal)
            else:
                await queue.consume(self._hear(ear, name, urgent=urgent))
        if len(refusals) == len(self._queues):
            raise refusals[0]
        return ear

    def _hear(self, ear: "_Ear", queue: str, *, urgent: bool) -> Callable[[AbstractIncomingMessage], Any]:
        async def hear(message: AbstractIncomingMessage) -> None:
            if message.delivery_tag is None:
                return
            try:
                deliveries = _read(message.body)
            except ValueError as problem:
                self.unreadable += 1
                log.warning("doorbell.unreadable", queue=queue, bytes=message.body_size, problem=str(problem))
                deliveries = []
            await ear.hear(message.delivery_tag, deliveries, urgent=urgent, rung_at=message.timestamp)

        return hear


@dataclass(slots=True, eq=False)
class _Doorbell:
    """One message, until every delivery it names is done."""

    tag: int
    open: int
    urgent: bool
    rung_at: datetime | None
    """In whole seconds; None when its sender did not say."""


class _Ear:
    """What one channel delivered. It is lost with the channel, since its tags mean nothing on another."""

    def __init__(self, acknowledge: Callable[..., Any], give_up: Callable[[str], None]) -> None:
        self._acknowledge = acknowledge
        self.give_up = give_up
        self._urgent: deque[tuple[UUID, _Doorbell]] = deque()
        self._plain: deque[tuple[UUID, _Doorbell]] = deque()
        self._last_rings: dict[bool, datetime] = {}
        self._handed_out: dict[UUID, list[_Doorbell]] = {}
        self._unacknowledged: dict[int, _Doorbell] = {}
        self._heard = asyncio.Event()
        self._last_asked = dict.fromkeys((True, False), asyncio.get_running_loop().time())

    def silent_lanes(self) -> Sequence[bool]:
        """The lanes, urgent or not, of which nothing came for a while although there is room; once in that time."""
        now = asyncio.get_running_loop().time()
        for doorbell in self._unacknowledged.values():
            self._last_asked[doorbell.urgent] = now
        silent = [urgent for urgent, asked in self._last_asked.items() if now - asked >= _SUSPICIOUS_SILENCE]
        self._last_asked |= dict.fromkeys(silent, now)
        return silent

    def holds(self, *, urgent: bool) -> bool:
        """Whether something of the lane came that was not handed out yet."""
        return bool(self._urgent if urgent else self._plain)

    def last_ring(self, *, urgent: bool) -> datetime | None:
        """When the youngest doorbell of the lane was rung of which something was handed out."""
        return self._last_rings.get(urgent)

    async def hear(self, tag: int, deliveries: Sequence[UUID], *, urgent: bool, rung_at: datetime | None) -> None:
        self._last_asked[urgent] = asyncio.get_running_loop().time()
        doorbell = self._unacknowledged[tag] = _Doorbell(tag, len(deliveries), urgent, rung_at)
        lane = self._urgent if urgent else self._plain
        lane.extend((delivery, doorbell) for delivery in deliveries)
        if deliveries:
            self._heard.set()
        else:
            await self._acknowledge_finished()

    async def take(self, limit: int) -> Sequence[UUID]:
        if not self._heard.is_set():
            try:
                async with asyncio.timeout(_IDLE):
                    await self._heard.wait()
            except TimeoutError:
                return []
        taken: list[UUID] = []
        for urgent, lane in ((True, self._urgent), (False, self._plain)):
            while lane and len(taken) < limit:
                delivery, doorbell = lane.popleft()
                self._note_ring(doorbell.rung_at, urgent=urgent)
                doorbells = self._handed_out.setdefault(delivery, [])
                # Rung twice: one claim answers both.
                if not doorbells:
                    taken.append(delivery)
                doorbells.append(doorbell)
        if not self._urgent and not self._plain:
            self._heard.clear()
        return taken

    def _note_ring(self, rung_at: datetime | None, *, urgent: bool) -> None:
        if rung_at is not None:
            self._last_rings[urgent] = max(rung_at, self._last_rings.get(urgent, rung_at))

    async def forget(self, deliveries: Sequence[UUID]) -> None:
        finished = False
        for delivery in deliveries:
            for doorbell in self._handed_out.pop(delivery, ()):
                doorbell.open -= 1
                finished = finished or not doorbell.open
        if finished:
            await self._acknowledge_finished()

    async def _acknowledge_finished(self) -> None:
        try:
            async with asyncio.timeout(_IDLE):
                for tag, multiple in self._pop_finished():
                    await self._acknowledge(tag, multiple=multiple)
        except (Exception, asyncio.CancelledError) as error:
            # The client raises all sorts when the connection is gone, and cancels what waits on it. An
            # acknowledgement that may be missing would hold a place in the prefetch for ever.
            self.give_up(describe(error))
            if is_cancelled():
                raise

    def _pop_finished(self) -> Sequence[tuple[int, bool]]:
        """Tags to acknowledge: one for the unbroken run from the oldest on, the others one by one."""
        finished = [tag for tag, doorbell in self._unacknowledged.items() if not doorbell.open]
        for tag in finished:
            del self._unacknowledged[tag]
        oldest_open = min(self._unacknowledged, default=math.inf)
        run = [tag for tag in finished if tag < oldest_open]
        return [(tag, True) for tag in run[-1:]] + [(tag, False) for tag in finished if tag > oldest_open]


async def _only_the_queues(opened: Opened) -> Queues:
    return Queues(opened)


def _doorbells(deliveries: Sequence[UUID], rung_at: datetime) -> Sequence[Message]:
    chunks = (
        deliveries[start : start + DELIVERIES_PER_DOORBELL]
        for start in range(0, len(deliveries), DELIVERIES_PER_DOORBELL)
    )
    return [_message(_body(chunk), rung_at) for chunk in chunks]


def _body(deliveries: Sequence[UUID]) -> bytes:
    doorbell = {"v": _VERSION, "deliveries": [str(delivery) for delivery in deliveries]}
    return json.dumps(doorbell, separators=(",", ":")).encode()


def _message(body: bytes, rung_at: datetime | None) -> Message:
    return Message(body, content_type="application/json", delivery_mode=DeliveryMode.PERSISTENT, timestamp=rung_at)


def _read(body: bytes) -> Sequence[UUID]:
    """The deliveries a doorbell names. Raises ValueError, which never repeats the body."""
    if len(body) > _LARGEST_BODY:
        raise ValueError("too large")
    try:
        doorbell = json.loads(body)
    except (ValueError, RecursionError):
        raise ValueError("not JSON") from None
    if not isinstance(doorbell, dict) or doorbell.get("v") != _VERSION:
        raise ValueError("unknown version")
    try:
        return [UUID(delivery) for delivery in doorbell["deliveries"]]
    except (KeyError, TypeError, AttributeError, ValueError):
        raise ValueError("not a list of deliveries") from None
