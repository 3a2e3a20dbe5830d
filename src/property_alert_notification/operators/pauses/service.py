"""Pausing and resuming, each with an entry in the audit record."""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.api.access import queries as access
from property_alert_notification.base.clock import Clock
from property_alert_notification.base.errors import NotFound
from property_alert_notification.operators.pauses import queries
from property_alert_notification.operators.pauses.models import Pause


@dataclass(frozen=True, slots=True)
class PauseService:
    """The operations of one operator; `actor` is their name in the audit record."""

    connection: AsyncConnection
    """Of the transaction whose commit makes it so."""
    clock: Clock
    actor: str

    async def pause(self, name: str) -> Pause:
        """Stop sending what this is the name of, on every worker within five seconds; what is on the wire goes on.

        One that holds already stays as it is, with who began it.
        """
        wanted = Pause(name=name, paused_at=self.clock.now(), paused_by=self.actor)
        pause = await queries.begin(self.connection, wanted)
        if pause.paused_at == wanted.paused_at:
            await self._record("sending.paused", name)
        return pause

    async def resume(self, name: str) -> None:
        """Resume sending; within seconds the workers queue the held deliveries.

        Also when only what it held is left of a pause: its row may be gone, as after a restored backup.

        Raises:
            NotFound: nothing of this name is paused or held.
        """
        now = self.clock.now()
        ended = await queries.end(self.connection, name, now=now)
        if not ended and not await queries.end_orphaned(self.connection, name, actor=self.actor, now=now):
            raise NotFound(f"Sending of {name} is not paused.")
        await self._record("sending.resumed", name)

    async def _record(self, action: str, name: str) -> None:
        await access.record(self.connection, self.clock, actor=self.actor, action=action, subject=name)
