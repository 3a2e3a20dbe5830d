"""Adding and releasing entries of the suppression list, each with an entry in the audit record."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.api.access import queries as access
from property_alert_notification.base.clock import Clock
from property_alert_notification.base.errors import NotFound
from property_alert_notification.people.suppressions import queries
from property_alert_notification.people.suppressions.entry import NewEntry, merge
from property_alert_notification.people.suppressions.models import StoredSuppression
from property_alert_notification.people.suppressions.subjects import Subjects


@dataclass(frozen=True, slots=True)
class SuppressionService:
    """The operations of one caller or operator; `actor` is their name in the audit record."""

    connection: AsyncConnection
    """The connection of the transaction that stores the change."""
    clock: Clock
    actor: str
    subjects: Subjects

    async def add(self, entry: NewEntry) -> StoredSuppression:
        """Add one entry. After the commit no claim sends a message that it stops."""
        [stored] = await self._store([entry])
        await self._record("suppression.added", stored)
        return stored

    async def add_once(self, entry: NewEntry) -> bool:
        """Add an entry as `add` does; returns whether it is new. One that was there already is not recorded again."""
        row = entry.row(self.subjects, id_=self.clock.new_id(), now=self.clock.now(), added_by=self.actor)
        [stored] = await queries.add(self.connection, [row])
        if is_new := stored.id == row.id:
            await self._record("suppression.added", stored)
        return is_new

    async def load(self, entries: Sequence[NewEntry]) -> int:
        """Add many entries, as of an import, without a record for each; returns how many were new or longer."""
        return len(await self._store(entries))

    async def release(self, id_: UUID) -> None:
        """Delete an entry: waiting messages are then sent if no other entry stops them; suppressed ones are not.

        Raises:
            NotFound: there is no entry with this id.
        """
        if (released := await queries.remove(self.connection, id_)) is None:
            raise NotFound("Suppression not found")
        await self._record("suppression.released", released)

    async def _store(self, entries: Sequence[NewEntry]) -> list[StoredSuppression]:
        now = self.clock.now()
        rows = (entry.row(self.subjects, id_=self.clock.new_id(), now=now, added_by=self.actor) for entry in entries)
        return await queries.add(self.connection, merge(rows))

    async def _record(self, action: str, entry: StoredSuppression) -> None:
        details: dict[str, Any] = {
            name: value for name in ("about", "channel", "reason_code", "category") if (value := getattr(entry, name))
        }
        await access.record(
            self.connection, self.clock, actor=self.actor, action=action, subject=str(entry.id), **details
        )
