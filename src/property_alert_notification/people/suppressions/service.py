"""Adding and releasing entries of the suppression list, with their audit records and consent records."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.api.access import queries as access
from property_alert_notification.base.clock import Clock
from property_alert_notification.base.errors import NotFound
from property_alert_notification.database import run_within
from property_alert_notification.people.consent import scripts as consents
from property_alert_notification.people.consent.rules import ConsentOrigin
from property_alert_notification.people.suppressions import queries, scripts
from property_alert_notification.people.suppressions.consents import release_of
from property_alert_notification.people.suppressions.entry import NewEntry, merge
from property_alert_notification.people.suppressions.models import StoredSuppression
from property_alert_notification.people.suppressions.subjects import Subjects


@dataclass(frozen=True, slots=True)
class SuppressionService:
    """The operations of one caller or operator."""

    connection: AsyncConnection
    """The connection of the transaction that stores the change."""
    clock: Clock
    origin: ConsentOrigin
    """Its actor is the author in the audit record, too."""
    subjects: Subjects

    async def add(self, entry: NewEntry) -> StoredSuppression:
        """Add one entry. After the commit no claim sends a message that it stops."""
        given = self._row(entry)
        changed = await self._add([entry])
        [stored] = changed or [await queries.find_same(self.connection, given) or given]
        await self._audit("suppression.added", stored)
        return stored

    async def add_once(self, entry: NewEntry, *, users: Collection[int] = ()) -> bool:
        """Add an entry as `add` does; returns whether it changed the list. If it did not, nothing is recorded.

        `users` are those who have its address, if they are known: endpoints are told only of users.
        """
        changed = await self._add([entry], users)
        for stored in changed:
            await self._audit("suppression.added", stored)
        return bool(changed)

    async def load(self, entries: Sequence[NewEntry]) -> int:
        """Add many entries, as of an import, without an audit record and an event for each.

        Returns how many changed the list.
        """
        now, new_id, actor = self.clock.now(), self.clock.new_id, self.origin.actor
        rows = (entry.quick_row(self.subjects, id_=new_id(), now=now, added_by=actor) for entry in entries)
        return await run_within(self.connection, scripts.load(merge(rows), self.origin))

    async def release(self, id_: UUID, *, users: Collection[int] = ()) -> None:
        """Delete an entry: waiting messages are then sent if no other entry stops them; suppressed ones are not.

        `users` are those whom it is about, if they are known: endpoints are told only of users.

        Raises:
            NotFound: there is no entry with this id.
        """
        if (released := await queries.remove(self.connection, id_)) is None:
            raise NotFound("Suppression not found")
        await self._audit("suppression.released", released)
        record = release_of(released, self.origin, id_=self.clock.new_id(), recorded_at=self.clock.now())
        if record is not None:
            await consents.add([record]).run(self.connection)
            await run_within(self.connection, consents.record_decisions([(user_id, record) for user_id in users]))

    def _row(self, entry: NewEntry) -> StoredSuppression:
        return entry.row(self.subjects, id_=self.clock.new_id(), now=self.clock.now(), added_by=self.origin.actor)

    async def _add(self, entries: Sequence[NewEntry], users: Collection[int] = ()) -> list[StoredSuppression]:
        rows = [self._row(entry) for entry in entries]
        about = {
            scripts.key_of(row): users if entry.user_id is None else [entry.user_id]
            for row, entry in zip(rows, entries, strict=True)
        }
        added = await run_within(self.connection, scripts.add(merge(rows), lambda _: self.origin))
        decided = [(user_id, record) for key, record in added.records.items() for user_id in about[key]]
        await run_within(self.connection, consents.record_decisions(decided))
        return added.entries

    async def _audit(self, action: str, entry: StoredSuppression) -> None:
        details: dict[str, Any] = {
            name: value for name in ("about", "channel", "reason_code", "category") if (value := getattr(entry, name))
        }
        await access.record(
            self.connection, self.clock, actor=self.origin.actor, action=action, subject=str(entry.id), **details
        )
