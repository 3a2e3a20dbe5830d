"""What identifies the homes of the records that a test writes."""

from typing import Any

from property_alert_notification.homes.properties.identity import (
    Evidence,
    Identity,
    evidence,
    identifying,
    identity_of,
)

Record = dict[str, Any]


def identity_in(record: Record) -> Identity:
    """The identity of the home of a record, as it comes back from the store."""
    return identity_of(identifying(record))


def evidence_in(one: Record, other: Record) -> Evidence | None:
    """Why two records are of the same home."""
    return evidence(identity_in(one), identity_in(other))
