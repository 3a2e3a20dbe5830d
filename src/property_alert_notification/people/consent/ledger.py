"""Records the decisions of users, in the transaction that stores the change."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.base.clock import Clock
from property_alert_notification.database import run_within
from property_alert_notification.people.categories.rules import CurrentCategories
from property_alert_notification.people.consent import scripts
from property_alert_notification.people.consent.changes import changes_between
from property_alert_notification.people.consent.models import ConsentRecord
from property_alert_notification.people.consent.rules import ConsentChange, ConsentOrigin
from property_alert_notification.people.preferences.rules import Preferences
from property_alert_notification.people.suppressions.subjects import Subjects


class PreferenceChange(NamedTuple):
    """The preferences of a user before and after a change."""

    user_id: int
    before: Preferences | None
    after: Preferences | None
    origin: ConsentOrigin


@dataclass(frozen=True, slots=True)
class ConsentLedger:
    """Adds records of one process."""

    clock: Clock
    subjects: Subjects
    categories: CurrentCategories

    async def record(self, connection: AsyncConnection, changed: Iterable[PreferenceChange]) -> None:
        """Record what users opted in to and out of by changes of their preferences; nothing if they mean the same."""
        known = self.categories()
        decided = [
            (one.user_id, self._record(one.user_id, change, one.origin))
            for one in changed
            for change in changes_between(one.before, one.after, known)
        ]
        if decided:
            await scripts.add([record for _, record in decided]).run(connection)
            await run_within(connection, scripts.record_decisions(decided))

    def _record(self, user_id: int, change: ConsentChange, origin: ConsentOrigin) -> ConsentRecord:
        return ConsentRecord(
            id=self.clock.new_id(),
            subject=self.subjects.of_user(user_id)[0],
            about="user",
            decision=change.decision,
            channel=change.channel or "",
            category=change.category or "",
            scope=change.scope,
            recorded_at=self.clock.now(),
            expires_at=change.expires_at,
            **origin._asdict(),
        )
