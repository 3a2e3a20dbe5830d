"""Rescues deliveries whose worker died or froze before it settled them."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.base.clock import Clock
from property_alert_notification.base.errors import StoreUnavailable
from property_alert_notification.base.metrics import Metrics
from property_alert_notification.base.supervise import Loop
from property_alert_notification.base.vocabulary import Outcome
from property_alert_notification.database import Database, process_due, run_within
from property_alert_notification.deliveries import leases, queries
from property_alert_notification.deliveries.records import Claim, Settlement
from property_alert_notification.notification_worker.claim import STOPPED
from property_alert_notification.notification_worker.earlier_attempts import attempts_by_delivery
from property_alert_notification.notification_worker.settlement import postponed, settle_within
from property_alert_notification.notification_worker.verdict import (
    ABANDONED,
    Circumstances,
    RetryPolicy,
    judge_abandoned,
)
from property_alert_notification.notifications import scripts as notification_scripts
from property_alert_notification.operators.quarantine.broken_rows import BrokenRows
from property_alert_notification.people.categories.rules import CurrentCategories

log = structlog.get_logger()

AT_ONCE = 500
"""How many deliveries one transaction rescues."""

FENCE_OF_THE_FIRST_RESCUE = 2
"""A delivery that was claimed once has no earlier attempts."""


class Rescuer:
    """Rescues deliveries whose lease has expired. Any number of rescuers may share one store."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        metrics: Metrics,
        *,
        lease: timedelta,
        policy: RetryPolicy,
        categories: CurrentCategories,
        keyed: Collection[tuple[str, str]] = (),
        calling_back: Collection[tuple[str, str]] = (),
    ) -> None:
        """Connect the rescuer to the parts of its worker.

        Args:
            database: the store.
            clock: the source of time.
            metrics: counts rescued deliveries.
            lease: how long a rescuer leases the deliveries that it rescues.
            policy: how long a delivery that lost several workers waits.
            categories: which of them are never resent.
            keyed: channels and providers that recognise repeats, so that a resend is no duplicate.
            calling_back: channels and providers that may still report the result by a callback.
        """
        self._keyed = frozenset(keyed)
        self._calling_back = frozenset(calling_back) - self._keyed
        self._database = database
        self._clock = clock
        self._metrics = metrics
        self._lease = lease
        self._broken_rows = BrokenRows(database, clock, metrics)
        self._pause = lease.total_seconds() / 4
        self._doubtful_since: datetime | None = None
        """By when leases ran out that were abandoned without doubt; None when no other is in doubt either."""
        self._waited = False
        """Whether those in doubt have had their moment."""
        self._policy = policy
        self._categories = categories

    async def run(self, loop: Loop) -> None:
        """Search for abandoned deliveries until cancelled.

        While the store is away every lease runs out, those of the living included. So when it is back, they get a
        moment to renew them and to write down what they sent; only much older leases are abandoned without doubt.
        Whether the store was away before the start is unknown, so it begins as after an outage.
        """
        self._doubtful_since = self._clock.now() - self._lease
        await loop.repeat(self._rescue_once, after_a_fault=self._pause)

    async def _rescue_once(self) -> float:
        """Rescue those without doubt first, and after a pause the others; or all at once when there is no doubt."""
        if self._doubtful_since is not None and not self._waited:
            await self.rescue(ran_out_by=self._doubtful_since)
            self._waited = True
            return self._pause
        asked_at = self._clock.now()
        try:
            found = await self.rescue()
        except StoreUnavailable:
            # Kept over several faults: a store that is full still answers, as long as there is nothing to write.
            self._doubtful_since = self._doubtful_since or asked_at - self._lease
            self._waited = False
            raise
        self._doubtful_since, self._waited = None, False
        return 0 if found == AT_ONCE else self._pause

    async def rescue(self, *, ran_out_by: datetime | None = None) -> int:
        """Decide over those that are abandoned now; returns how many there were, at most `AT_ONCE`.

        Args:
            ran_out_by: the latest time at which their leases had run out; by default now.
        """
        ran_out_by = ran_out_by or self._clock.now()
        # A delivery that cannot be judged is quarantined.
        quarantine = partial(self._broken_rows.quarantine_delivery, outcome=Outcome.UNKNOWN)
        due_ids, rescue = partial(self._abandoned, ran_out_by), partial(self._rescue, ran_out_by=ran_out_by)
        return sum(await process_due(due_ids, rescue, quarantine))

    async def _abandoned(self, ran_out_by: datetime) -> Sequence[UUID]:
        async with self._database.reading() as connection:
            return await leases.abandoned(connection, ran_out_by=ran_out_by, limit=AT_ONCE)

    async def _rescue(self, wanted: Collection[UUID] | None, ran_out_by: datetime) -> int:
        """Decide over those of these that are abandoned, or over any, in one transaction; returns how many."""
        now = self._clock.now()
        leased_until = now + self._lease
        async with self._database.transaction() as connection:
            if wanted is None:
                abandoned = await leases.seize_abandoned(
                    connection, ran_out_by=ran_out_by, leased_until=leased_until, limit=AT_ONCE
                )
            else:
                abandoned = await leases.seize_these(
                    connection, wanted, ran_out_by=ran_out_by, leased_until=leased_until
                )
            if not abandoned:
                return 0
            ids = [claim.delivery_id for claim in abandoned]
            providers = await queries.close_open_attempts(
                connection, ids, reason=ABANDONED, abandoned=True, ended_at=now
            )
            submitted = [claim for claim in abandoned if claim.delivery_id in providers]
            settlements = [
                *await self._decide_submitted(connection, submitted, providers),
                *await self._give_back(connection, [claim for claim in abandoned if claim not in submitted]),
            ]
            await run_within(connection, settle_within(settlements))
        by_id = {claim.delivery_id: claim for claim in abandoned}
        for settlement in settlements:
            self._report(by_id[settlement.delivery_id], settlement, provider=providers.get(settlement.delivery_id))
        return len(abandoned)

    async def _give_back(self, connection: AsyncConnection, unsubmitted: Sequence[Claim]) -> list[Settlement]:
        """Return what no provider can have to the queue: its worker stored no attempt, so it never called one."""
        now = self._clock.now()
        again = [claim.delivery_id for claim in unsubmitted if claim.fence > FENCE_OF_THE_FIRST_RESCUE]
        attempts = await run_within(connection, attempts_by_delivery(again))
        return [
            postponed(claim, attempts.get(claim.delivery_id, ()), due_at=now, reason=STOPPED, now=now)
            for claim in unsubmitted
        ]

    async def _decide_submitted(
        self, connection: AsyncConnection, submitted: Sequence[Claim], providers: Mapping[UUID, str]
    ) -> list[Settlement]:
        """Decide over what its provider may have."""
        if not submitted:
            return []
        ids = [claim.delivery_id for claim in submitted]
        lost_workers = await queries.count_abandoned(connection, ids)
        never_resent = await self._never_resent(connection, submitted, providers)
        return [
            self._decide(
                claim,
                lost_workers.get(claim.delivery_id, 1),
                Circumstances(
                    resend=claim not in never_resent,
                    calls_back=(claim.channel, providers[claim.delivery_id]) in self._calling_back,
                ),
            )
            for claim in submitted
        ]

    async def _never_resent(
        self, connection: AsyncConnection, submitted: Sequence[Claim], providers: Mapping[UUID, str]
    ) -> list[Claim]:
        """Those that may not be sent again."""
        if not self._categories().some_give_up:
            return []
        contents = await run_within(
            connection, notification_scripts.contents({claim.notification_id for claim in submitted})
        )
        return [
            claim
            for claim in submitted
            if not self._categories().of(contents[claim.notification_id].category).resends
            and (claim.channel, providers[claim.delivery_id]) not in self._keyed
        ]

    def _decide(self, claim: Claim, lost_workers: int, circumstances: Circumstances) -> Settlement:
        now = self._clock.now()
        jitter = self._clock.jitter()
        verdict = judge_abandoned(lost_workers, circumstances, self._policy, now=now, jitter=jitter)
        return Settlement(
            delivery_id=claim.delivery_id,
            fence=claim.fence,
            state=verdict.state,
            reason=verdict.reason,
            due_at=verdict.due_at,
            outcome=None,  # its attempt is closed already, and does not count as one that a provider left open
            settled_at=now,
            counted=False,
        )

    def _report(self, claim: Claim, settlement: Settlement, *, provider: str | None) -> None:
        if provider is not None:
            self._metrics.attempts.labels(claim.channel, provider, Outcome.UNKNOWN).inc()
        self._metrics.settled.labels(claim.channel, settlement.state).inc()
        log.warning(
            "delivery.rescued",
            state=settlement.state,
            channel=claim.channel,
            notification_id=str(claim.notification_id),
            delivery_id=str(claim.delivery_id),
        )
