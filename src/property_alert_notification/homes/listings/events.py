"""Reads the body of a call with listing events."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from property_alert_notification.api.problems import contents_of
from property_alert_notification.base.errors import InvalidField
from property_alert_notification.base.json_body import REPEATED, Repeated
from property_alert_notification.homes.listings.answers import RecordResult
from property_alert_notification.homes.listings.read_one import read_one
from property_alert_notification.homes.listings.received import Received
from property_alert_notification.homes.reso.record import KEYS, Feed, key_of
from property_alert_notification.homes.reso.size import shown_name

MOST = 1_000
"""Records of one call."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A record that cannot be understood."""

    result: RecordResult


def records_of(body: Mapping[str, Any]) -> tuple[Sequence[Any], bool]:
    """The records of a body, and whether it is a batch.

    Raises:
        InvalidField: it is neither one record of Property nor a batch.
    """
    context = body.get("@reso.context")
    if isinstance(context, str) and context.rpartition(":")[2].lower() != "property":
        raise InvalidField("@reso.context", "must be that of Property: urn:reso:metadata:2.0:resource:property")
    if "value" not in body:
        return [body], False
    if isinstance(body, Repeated):
        raise InvalidField(shown_name(body.names[0]), REPEATED)
    records = body["value"]
    if not isinstance(records, list) or len(records) > MOST:
        raise InvalidField("value", f"must be a list of at most {MOST:,} records")
    return records, True


def read_all(records: Sequence[Any], *, batch: bool, feed: Feed, now: datetime) -> list[Received | Refused]:
    """Read each record by itself: one that cannot be understood does not affect the others."""
    return [_read(record, ["value", place] if batch else [], feed, now) for place, record in enumerate(records)]


def _read(record: Any, place: Sequence[str | int], feed: Feed, now: datetime) -> Received | Refused:
    try:
        return read_one(record, feed, now)
    except InvalidField as fault:
        error = contents_of(fault)
        error["detail"][0]["loc"] = ["body", *place, fault.field]
        return Refused(RecordResult(ListingKey=_key(record), status="refused", error=error))


def _key(record: Any) -> str | None:
    if isinstance(record, Repeated) and not KEYS.isdisjoint(record.names):
        return None
    try:
        return key_of(record)
    except (InvalidField, AttributeError):
        return None


def results_of(read: Sequence[Received | Refused], accepted: Sequence[bool]) -> list[RecordResult]:
    """One result for each record; `accepted` says of those that were read whether they are new."""
    new = iter(accepted)
    return [
        one.result
        if isinstance(one, Refused)
        else RecordResult(ListingKey=one.record.listing_key, status="accepted" if next(new) else "unchanged")
        for one in read
    ]
