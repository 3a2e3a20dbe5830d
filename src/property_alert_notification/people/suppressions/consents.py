"""The consent records of changes of the suppression list. Pure."""

from datetime import datetime
from uuid import UUID

from property_alert_notification.people.consent.models import ConsentRecord
from property_alert_notification.people.consent.rules import ConsentDecision, ConsentOrigin, ConsentSource
from property_alert_notification.people.suppressions.entry import EntryRow
from property_alert_notification.people.suppressions.models import StoredSuppression
from property_alert_notification.people.suppressions.rules import SuppressionReason

REFUSALS = frozenset(SuppressionReason) - {SuppressionReason.HARD_BOUNCE, SuppressionReason.SOFT_BOUNCE}
"""The reasons that are a decision of the user, or made for the user. A bounce says nothing about consent."""


def refusal_of(entry: EntryRow | StoredSuppression, origin: ConsentOrigin) -> ConsentRecord:
    """The record of an entry that is added or extended. It has the id that was made for the entry."""
    return _record(entry, ConsentDecision.OPTED_OUT, origin, id_=entry.id, recorded_at=entry.created_at)


def release_of(
    entry: StoredSuppression, origin: ConsentOrigin, *, id_: UUID, recorded_at: datetime
) -> ConsentRecord | None:
    """The record of an entry that is released; None if it was no refusal."""
    if entry.reason_code not in REFUSALS:
        return None
    return _record(entry, ConsentDecision.OPTED_IN, origin, id_=id_, recorded_at=recorded_at)


def _record(
    entry: EntryRow | StoredSuppression,
    decision: ConsentDecision,
    origin: ConsentOrigin,
    *,
    id_: UUID,
    recorded_at: datetime,
) -> ConsentRecord:
    return ConsentRecord(
        id=id_,
        subject=entry.subject,
        about=entry.about,
        decision=decision,
        channel=entry.channel,
        category=entry.category,
        scope=entry.scope,
        recorded_at=recorded_at,
        expires_at=entry.expires_at if decision is ConsentDecision.OPTED_OUT else None,
        **origin._asdict(),
    )


def reported(entry: StoredSuppression) -> ConsentOrigin:
    """Where an entry comes from that a provider or a mail server made by a report or by a refusal."""
    is_complaint = entry.reason_code == SuppressionReason.COMPLAINT
    return ConsentOrigin(ConsentSource.COMPLAINT if is_complaint else ConsentSource.PROVIDER, entry.added_by)
