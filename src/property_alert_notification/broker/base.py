"""The interface of every broker: it passes the ids of due deliveries to the workers.

A message names deliveries that are due. The database is the source of truth: a message that is lost is published
again, and a message that comes twice leads to a claim that finds nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, Self
from uuid import UUID

from property_alert_notification.base.vocabulary import Channel


@dataclass(frozen=True, slots=True)
class Queue:
    """One queue for each channel and urgency, so that a slow channel delays no other."""

    channel: Channel
    urgent: bool = False


QUEUES = tuple(Queue(channel, urgent) for channel in Channel for urgent in (True, False))


class Listener(Protocol):
    """Receives the due deliveries of one channel, for one worker."""

    async def take(self, limit: int) -> Sequence[UUID]:
        """Wait for up to `limit` due deliveries, urgent ones first.

        Returns an empty sequence after about a second without any, so that the caller can check whether it should
        stop. The caller claims what it took, and calls `done`, before it takes again.

        Raises:
            BrokerUnavailable: the connection is gone; calling again at once waits a moment for the next.
            StoreUnavailable: the embedded broker could not read what is due; calling again later works.
        """

    async def done(self, deliveries: Sequence[UUID]) -> None:
        """Acknowledge these: they were claimed, by this worker or another. A lost connection raises nothing."""

    async def close(self) -> None:
        """Return what was taken and not done to the queues, and stop listening."""


class Broker(Protocol):
    """Passes the ids of due deliveries to the workers."""

    needs_relay: bool
    """Whether a relay must publish due deliveries; the embedded broker reads them from the store itself."""

    async def publish(self, queue: Queue, deliveries: Sequence[UUID]) -> None:
        """Publish to a queue that these deliveries are due; returns when the broker confirmed.

        Raises:
            BrokerUnavailable: not confirmed in time, or not routable. The messages may still arrive.
        """

    async def waiting(self, queue: Queue) -> int:
        """An upper bound of the deliveries that were published to the queue and not received; 0 means none.

        Raises:
            BrokerUnavailable: the broker gave no answer.
        """

    async def consumed_until(self, queue: Queue) -> datetime | None:
        """Messages published to the queue before this time were received or are lost; None when that is not known.

        This process knows its own listeners only. A slower listener elsewhere may still hold an older message.

        Raises:
            BrokerUnavailable: the broker gave no answer.
        """

    async def listen(self, channel: Channel) -> Listener:
        """Begin to consume the two queues of a channel. When the broker is unavailable, `take` raises."""

    async def check(self) -> None:
        """Prove that a message can be published now.

        Raises:
            BrokerUnavailable: it cannot; the text says why.
        """

    def wake(self) -> None:
        """Read the due deliveries at once instead of at the next poll, because one became due in this process."""

    async def __aenter__(self) -> Self: ...

    async def __aexit__(self, *_: object) -> None: ...
