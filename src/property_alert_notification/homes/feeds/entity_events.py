"""Reads events of RESO's EntityEvent resource, pushed (RCP-28) or requested (RCP-27). Pure."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from property_alert_notification.base.errors import InvalidField
from property_alert_notification.base.json_body import REPEATED, Repeated
from property_alert_notification.homes.reso.record import LONGEST_KEY
from property_alert_notification.homes.reso.size import shown_name

MOST = 1_000
"""Events of one call."""

LARGEST_SEQUENCE = 2**63 - 1
PROPERTY, OPEN_HOUSE = "Property", "OpenHouse"
"""The resources whose changes are changes of listings."""


class Event(NamedTuple):
    """An event about a listing or an open house."""

    sequence: int
    record_key: str
    resource: str = PROPERTY


class Unreadable(NamedTuple):
    """An event that cannot be understood."""

    place: int
    fault: InvalidField


class EventBatch(NamedTuple):
    """What was read of several events."""

    events: list[Event]
    ignored: int
    """Events about other resources."""
    refused: list[Unreadable]
    last: int | None
    """The greatest sequence, whatever the resource."""


def events_of(body: Mapping[str, Any]) -> tuple[Sequence[Any], bool]:
    """The events of a pushed body, and whether it is a batch.

    Raises:
        InvalidField: it is neither one event nor a batch.
    """
    context = body.get("@reso.context")
    if isinstance(context, str) and context.rpartition(":")[2].lower() != "entityevent":
        raise InvalidField("@reso.context", "must be that of EntityEvent: urn:reso:metadata:2.0:resource:entityevent")
    if "value" not in body:
        return [body], False
    if isinstance(body, Repeated):
        raise InvalidField(shown_name(body.names[0]), REPEATED)
    events = body["value"]
    if not isinstance(events, list) or len(events) > MOST:
        raise InvalidField("value", f"must be a list of at most {MOST:,} events")
    return events, True


def read_events(events: Iterable[Any], *, open_houses: bool = False) -> EventBatch:
    """Read each event by itself: one that cannot be understood does not affect the others.

    Those about open houses are ignored unless `open_houses` is set.
    """
    resources = {one.lower(): one for one in ((PROPERTY, OPEN_HOUSE) if open_houses else (PROPERTY,))}
    found: dict[Event, None] = {}
    ignored, refused, last = 0, list[Unreadable](), -1
    for place, event in enumerate(events):
        try:
            sequence, resource, key = _read(event)
        except InvalidField as fault:
            refused.append(Unreadable(place, fault))
            continue
        last = max(last, sequence)
        if resource in resources:
            found[Event(sequence, key, resources[resource])] = None
        else:
            ignored += 1
    return EventBatch(list(found), ignored, refused, last if last >= 0 else None)


def _read(event: Any) -> tuple[int, str, str]:
    if not isinstance(event, dict):
        raise InvalidField("value", "must be a list of objects, each an event")
    if isinstance(event, Repeated):
        raise InvalidField(shown_name(event.names[0]), REPEATED)
    resource = event.get("ResourceName")
    if not isinstance(resource, str) or not resource.strip():
        raise InvalidField("ResourceName", "must be the name of a resource, such as Property")
    return _sequence(event.get("EntityEventSequence")), resource.strip().lower(), _key(event.get("ResourceRecordKey"))


def _sequence(value: Any) -> int:
    if isinstance(value, str) and value.isascii() and value.strip().isdigit() and len(value.strip()) <= 19:
        value = int(value)
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= LARGEST_SEQUENCE:
        raise InvalidField("EntityEventSequence", f"must be a whole number from 0 to {LARGEST_SEQUENCE}")
    return value


def _key(value: Any) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or not value.strip() or len(value) > LONGEST_KEY or not value.isprintable():
        raise InvalidField("ResourceRecordKey", f"must be the key of a record, 1 to {LONGEST_KEY} printable characters")
    return value.strip()
