"""Shows entries whose row in the store is damaged as decisions treat them. Pure."""

from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.database import repaired
from property_alert_notification.people.suppressions.models import StoredSuppression
from property_alert_notification.people.suppressions.rules import UNREADABLE, SuppressionReason, SuppressionScope

NOTE = "Its row in the store is damaged, so it stops every message to its subject until it is released."


def repaired_entry(entry: StoredSuppression) -> StoredSuppression:
    """The entry; if it is damaged, one that stops all messages to its subject and says so in its note."""
    shown = repaired(entry)
    has_words = (
        shown.channel in _CHANNELS
        and shown.reason_code in _REASONS
        and shown.scope in _SCOPES
        and shown.about in ("address", "user")
    )
    if shown is entry and has_words:
        return entry
    return shown.model_copy(
        update={
            "about": shown.about if shown.about in ("address", "user") else "user",
            "channel": "",
            "reason_code": UNREADABLE.reason,
            "scope": UNREADABLE.scope,
            "category": "",
            "note": NOTE,
            "expires_at": None,
        }
    )


_CHANNELS = frozenset[str](["", *Channel])
_REASONS = frozenset[str](SuppressionReason)
_SCOPES = frozenset[str](SuppressionScope)
