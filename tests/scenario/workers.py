"""Workers of the scenario: they work when they are told to, and die when they are told to."""

from collections.abc import Collection
from datetime import datetime, timedelta
from types import TracebackType
from typing import Self
from uuid import UUID

from property_alert_notification.broker.embedded import EmbeddedBroker
from property_alert_notification.notification_worker.claim import claim_batch
from property_alert_notification.notification_worker.route import ProviderOrder
from property_alert_notification.notification_worker.worker import Worker
from property_alert_notification.wiring import Parts
from tests.scenario import observed
from tests.scenario.items import LEASE


class SteppedWorker:
    """A worker whose loops take a turn when they are told to; its consumers run by themselves."""

    def __init__(self, parts: Parts) -> None:
        self.parts = parts
        assert isinstance(parts.broker, EmbeddedBroker)
        parts.broker._poll = timedelta(seconds=1)  # `turn` wakes it
        self._worker = Worker(parts)

    async def __aenter__(self) -> Self:
        worker, start = self._worker, self.parts.supervisor.start
        worker._duties = [start("pauses", worker._pauses.watch)]
        worker._duties += [start(f"consumer_{each.channel}", each.consume) for each in worker._consumers]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._worker.__aexit__(kind, error, trace)

    async def turn(self, due: Collection[str]) -> None:
        """Do what is due."""
        worker = self._worker
        duties = {
            "schedules": worker._scheduler.create_due,
            "addresses": worker._addresses._turn,
            "planning": worker._releaser.release,
            "windows": worker._digests.close,
            "leases": worker._rescuer.rescue,
        }
        for name, duty in duties.items():
            if name in due:
                await duty()
        self.parts.wake()

    async def die(self, now: datetime, *, submits: bool) -> list[UUID]:
        """Claim some due deliveries without sending them; returns the claimed ones."""
        claimed: list[UUID] = []
        for consumer in self._worker._consumers:
            async with self.parts.database.reading() as connection:
                wanted = await observed.queued(connection, consumer.channel, now)
            claiming = claim_batch(
                wanted,
                channel=consumer.channel,
                order=ProviderOrder(consumer._providers.order()),
                may_open=consumer._providers.may_open() if submits else {},
                rules=consumer._rules,
                paused=(),
                may_repeat=lambda *_: True,
                now=now,
                leased_until=now + LEASE,
            )
            batch = await self.parts.database.run(claiming)
            claimed += [job.claim.delivery_id for job in batch.jobs]
        return claimed

    async def follow(self) -> None:
        """End what the digests carried that were sent."""
        await self._worker._digests.follow()
