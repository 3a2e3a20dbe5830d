"""The shape of an export as a JSON schema, for the documentation of the API. It follows the declarations."""

from functools import cache
from typing import Any

from sqlalchemy import JSON, BigInteger, Boolean, DateTime, Integer, SmallInteger, Uuid
from sqlalchemy.types import TypeEngine

from property_alert_notification.operators.privacy.declaration import FoundBy
from property_alert_notification.operators.privacy.export import AS_JSON, DELIVERIES, NOTIFICATIONS, section_of
from property_alert_notification.operators.privacy.queries import found_by, table_named
from property_alert_notification.operators.privacy.registry import TABLES


@cache
def schema() -> dict[str, Any]:
    """The schema of the document."""
    top = [name for name, one in TABLES.items() if one.exported and one.found_by not in _NESTED]
    sections = {section_of(name): _rows(name) for name in top}
    properties = {"user_id": {"type": "integer"}, "exported_at": _TIME, **sections}
    return {"type": "object", "title": "PersonalData", "properties": properties, "required": list(properties)}


def example() -> dict[str, Any]:
    """The document of a user who has an entry on the suppression list, and has got nothing yet."""
    # Every column has a value: the documentation leaves out what is null.
    entry = {
        "about": "user",
        "channel": "sms",
        "reason_code": "manual",
        "scope": "promotional",
        "category": "listing_alert",
        "note": "asked by telephone",
        "added_by": "backoffice",
        "created_at": "2026-11-22T09:00:00.000193Z",
        "expires_at": "2027-11-22T09:00:00Z",
    }
    sections: dict[str, Any] = {name: [] for name in schema()["properties"]}
    return {**sections, "user_id": 1, "exported_at": "2026-11-22T09:04:07.640218Z", "suppressions": [entry]}


_NESTED = (FoundBy.NOTIFICATION, FoundBy.DELIVERY)
_TIME = {"type": "string", "format": "date-time"}


def _rows(name: str) -> dict[str, Any]:
    table = table_named(name)
    properties = {
        one: {} if one in AS_JSON else _kind(table.c[one].type, is_nullable=bool(table.c[one].nullable))
        for one in TABLES[name].exported.split()
    }
    properties |= {section_of(inner): _rows(inner) for inner in _inner(name)}
    items = {"type": "object", "properties": properties, "required": list(properties)}
    return {"type": "array", "description": TABLES[name].holds, "items": items}


def _inner(name: str) -> list[str]:
    ways = {NOTIFICATIONS: FoundBy.NOTIFICATION, DELIVERIES: FoundBy.DELIVERY}
    return found_by(ways[name]) if name in ways else []


def _kind(kind: TypeEngine[Any], *, is_nullable: bool) -> dict[str, Any]:
    match kind:
        case Boolean():
            shape: dict[str, Any] = {"type": "boolean"}
        case BigInteger() | Integer() | SmallInteger():
            shape = {"type": "integer"}
        case DateTime():
            shape = dict(_TIME)
        case Uuid():
            shape = {"type": "string", "format": "uuid"}
        case JSON():
            return {}
        case _:
            shape = {"type": "string"}
    return {"anyOf": [shape, {"type": "null"}]} if is_nullable else shape
