"""Replays and discards quarantined deliveries, each with an entry in the audit record."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.api.access import queries as access
from property_alert_notification.base.clock import Clock
from property_alert_notification.base.errors import Conflict, NotFound
from property_alert_notification.base.reasons import Reason, ReasonCode
from property_alert_notification.database import run_within
from property_alert_notification.notifications import scripts as notification_scripts
from property_alert_notification.operators.quarantine import moves, queries
from property_alert_notification.operators.quarantine.queries import Case

REPLAYED = Reason(ReasonCode.REPLAYED)


@dataclass(frozen=True, slots=True)
class QuarantineService:
    """The decisions of one operator; `actor` is their name in the audit record."""

    connection: AsyncConnection
    """Of the transaction whose commit makes it so."""
    clock: Clock
    actor: str
    test: bool | None = None
    """They decide over tests only, or over what is live only; None: over both."""

    async def replay(self, delivery_id: UUID) -> Case:
        """Let the workers try it again at once.

        Consent, expiry, cancellation and pauses are looked at like before any attempt, and the provider gets the
        same key. It is quarantined again after five more attempts that break.

        Raises:
            NotFound: there is no such delivery.
            Conflict: it is not quarantined.
        """
        await self._find(delivery_id)
        moved = await moves.replay(self.connection, delivery_id, reason=REPLAYED, now=self.clock.now())
        return await self._record("delivery.replayed", delivery_id, moved=moved)

    async def discard(self, delivery_id: UUID) -> Case:
        """Discard it: it ends as failed.

        Raises:
            NotFound: there is no such delivery.
            Conflict: it is not quarantined.
        """
        reason, now = (await self._find(delivery_id)).stored_reason.behind(ReasonCode.DISCARDED), self.clock.now()
        moved = await moves.discard(self.connection, delivery_id, reason=reason, now=now)
        if moved:
            await run_within(self.connection, notification_scripts.conclude([delivery_id], at=now))
        return await self._record("delivery.discarded", delivery_id, moved=moved)

    async def _record(self, action: str, delivery_id: UUID, *, moved: bool) -> Case:
        case = await self._find(delivery_id)
        if not moved:
            raise Conflict(f"It is not quarantined: it is {case.state}.")
        await access.record(
            self.connection,
            self.clock,
            actor=self.actor,
            action=action,
            subject=str(delivery_id),
            test=case.test,
            notification_id=str(case.notification_id),
            channel=case.channel,
        )
        return case

    async def _find(self, delivery_id: UUID) -> Case:
        case = await queries.find(self.connection, delivery_id)
        if case is None or self.test not in (None, case.test):
            raise NotFound("Delivery not found")
        return case
