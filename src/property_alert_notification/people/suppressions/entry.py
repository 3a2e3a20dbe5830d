"""An entry as callers, operators and files give it, and the row that is stored for it. Pure."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import NamedTuple, TypeVar
from uuid import UUID

from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.people.suppressions.models import StoredSuppression
from property_alert_notification.people.suppressions.rules import SuppressionReason, SuppressionScope, default_scope
from property_alert_notification.people.suppressions.subjects import Subjects


@dataclass(slots=True)
class EntryRow:
    """The row of an entry, for imports: to build a million of `StoredSuppression` takes a minute more."""

    id: UUID
    subject: str
    about: str
    channel: str
    reason_code: str
    scope: str
    category: str
    note: str | None
    added_by: str
    created_at: datetime
    expires_at: datetime | None


Row = TypeVar("Row", EntryRow, StoredSuppression)


class NewEntry(NamedTuple):
    """One entry to add: exactly one of `address`, `user_id` and `subject` is given."""

    reason: SuppressionReason
    channel: Channel | None = None
    """Required with `address`."""
    address: str | None = None
    """The address in the form that is stored with deliveries."""
    user_id: int | None = None
    subject: str | None = None
    """The hash in an exported entry; `about` names the kind of its subject."""
    about: str = ""
    scope: SuppressionScope | None = None
    """None means the default scope of the reason."""
    category: str | None = None
    note: str | None = None
    expires_at: datetime | None = None

    def row(self, subjects: Subjects, *, id_: UUID, now: datetime, added_by: str) -> StoredSuppression:
        """The row to store."""
        return StoredSuppression(**asdict(self.quick_row(subjects, id_=id_, now=now, added_by=added_by)))

    def quick_row(self, subjects: Subjects, *, id_: UUID, now: datetime, added_by: str) -> EntryRow:
        """The row to store, one of very many."""
        about, subject = self._subject(subjects)
        return EntryRow(
            id=id_,
            subject=subject,
            about=about,
            channel=self.channel or "",
            reason_code=self.reason,
            scope=self.scope or default_scope(self.reason),
            category=self.category or "",
            note=self.note,
            added_by=added_by,
            created_at=now,
            expires_at=self.expires_at,
        )

    def _subject(self, subjects: Subjects) -> tuple[str, str]:
        if self.subject is not None:
            return self.about, self.subject
        if self.user_id is not None:
            return "user", subjects.of_user(self.user_id)[0]
        if self.channel is None or self.address is None:
            raise ValueError("an entry about an address names the address and its channel")
        return "address", subjects.of_address(self.channel, self.address)[0]


def merge(rows: Iterable[Row]) -> list[Row]:
    """One row for each entry: of two about the same, the wider scope and the later expiry, as the store keeps them."""
    merged: dict[tuple[str, str, str, str], Row] = {}
    for row in rows:
        kept = merged.setdefault((row.subject, row.channel, row.reason_code, row.category), row)
        if row.scope == SuppressionScope.ALL:
            kept.scope = row.scope
        if kept.expires_at is not None and (row.expires_at is None or row.expires_at > kept.expires_at):
            kept.expires_at = row.expires_at
    return list(merged.values())
