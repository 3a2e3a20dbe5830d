"""A record of a feed as the intake takes it. Pure."""

import json
from dataclasses import dataclass

from property_alert_notification.homes.listings.precedence import digest_of
from property_alert_notification.homes.listings.snapshot import Snapshot, snapshot_of
from property_alert_notification.homes.properties.identity import identifying
from property_alert_notification.homes.reso.record import ListingRecord

_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":")).encode


@dataclass(frozen=True, slots=True)
class Received:
    """A record with what is derived from it, without the store."""

    record: ListingRecord
    snapshot: Snapshot
    text: str
    digest: str
    """Of two records of the same time, the one with the greater digest counts."""
    identity: str

    @property
    def listing(self) -> tuple[str, str]:
        """Its source and its key."""
        return self.record.source, self.record.listing_key


def received(record: ListingRecord) -> Received:
    """Derive what the store needs."""
    text = _encode(record.fields)
    snapshot = snapshot_of(record.fields, record.modified_at)
    return Received(record, snapshot, text, digest_of(record.fields, text), identifying(record.fields))
