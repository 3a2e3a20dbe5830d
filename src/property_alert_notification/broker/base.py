"""What every broker does: carry doorbells.

A doorbell says "these deliveries are due". The database stays the truth: a doorbell that is lost is rung again,
one that comes twice finds nothing left to claim.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Protocol, Self
from uuid import UUID

from property_alert_notification.base.vocabulary import Channel


@dataclass(frozen=True, slots=True)
class Lane:
    """Doorbells that wait behind each other: one channel, urgent or not. A slow channel holds up no other."""

    channel: Channel
    urgent: bool = False


LANES = tuple(Lane(channel, urgent) for channel in Channel for urgent in (True, False))


class Listener(Protocol):
    """One worker's ear for one channel."""

    async def take(self, limit: int) -> Sequence[UUID]:
        """Wait for up to `limit` due deliveries, urgent ones first.

        Answers an empty sequence after about a second without any, so that the caller can look whether it should
        stop. The caller claims what it took, and calls `done`, before it takes again.

        Raises:
            BrokerUnavailable: the connection is gone; calling again at once waits a moment for the next.
            StoreUnavailable: the embedded broker could not read what is due; calling again later works.
        """

    async def done(self, deliveries: Sequence[UUID]) -> None:
        """These were claimed, or found already claimed: forget their doorbells. Never raises for a lost connection."""

    async def close(self) -> None:
        """Hand back what was taken and not done, and stop listening."""


class Broker(Protocol):
    """Carries doorbells from where deliveries become due to the workers."""

    needs_relay: bool
    """Whether somebody must ring for due deliveries; the embedded broker looks them up itself."""

    async def ring(self, lane: Lane, deliveries: Sequence[UUID]) -> None:
        """Tell the workers of a lane that these deliveries are due; returns when the broker confirmed.

        Raises:
            BrokerUnavailable: not confirmed in time, or not routable. The doorbell may still arrive.
        """

    async def waiting(self, lane: Lane) -> int:
        """At most how many deliveries of the lane have been rung and not yet reached a listener; 0 says none.

        Raises:
            BrokerUnavailable: the broker gave no answer.
        """

    async def reached(self, lane: Lane) -> datetime | None:
        """A doorbell of the lane that was rung before then has reached a listener, or is lost; None says nothing.

        Only what this process itself sees of the lane is known here. Now and then a doorbell is on its way all the
        same: with a listener that is slower than the others.

        Raises:
            BrokerUnavailable: the broker gave no answer.
        """

    async def listen(self, channel: Channel) -> Listener:
        """Begin to listen to the two lanes of a channel. A broker that is away is `take`'s affair."""

    async def check(self) -> None:
        """Prove that a doorbell can be published now.

        Raises:
            BrokerUnavailable: it cannot; the text says why.
        """

    def wake(self) -> None:
        """Something became due in this process: look at once instead of at the next poll."""

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
