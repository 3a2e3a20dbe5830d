"""Replaces invalid values of damaged rows, so that the rows can be shown. Pure.

A value of a wrong type becomes null, or a default of the right type; so does a word that this version does not know.
Repaired rows are only shown: they are never stored, and no decision uses them.
"""

from collections.abc import Collection
from dataclasses import fields, is_dataclass
from datetime import datetime
from types import NoneType
from typing import Any, TypeVar, get_args, get_type_hints
from uuid import UUID

from property_alert_notification.base.clock import time_of
from property_alert_notification.base.errors import UnreadableRow
from property_alert_notification.base.reasons import ReasonCode
from property_alert_notification.base.vocabulary import Channel, DeliveryState, NotificationStatus, Outcome
from property_alert_notification.deliveries.models import Attempt, Delivery
from property_alert_notification.notifications.models import Notification
from property_alert_notification.notifications.stored_addresses import read_addresses

_PLAINEST: dict[type, Any] = {int: 0, str: "", bool: False, UUID: UUID(int=0)}

Row = TypeVar("Row")


def repaired(row: Row) -> Row:
    """The row with a value of the right type in every field."""
    kinds = get_type_hints(type(row))
    names = [field.name for field in fields(row)] if is_dataclass(row) else list(type(row).model_fields)  # type: ignore[attr-defined]
    values = {name: getattr(row, name) for name in names}
    made_at = time_of(values["id"]) if isinstance(values.get("id"), UUID) else time_of(UUID(int=0))
    return type(row)(**{name: _repaired(values[name], kinds[name], made_at) for name in names})


def _repaired(value: Any, kind: Any, made_at: datetime) -> Any:
    kinds = get_args(kind) or (kind,)
    if any(_is_a(value, one) for one in kinds):
        return value
    if str in kinds and isinstance(value, bytes):
        return value.decode(errors="replace")
    if NoneType in kinds:
        return None
    return made_at if datetime in kinds else _PLAINEST.get(kinds[0])


def _is_a(value: Any, kind: type) -> bool:
    if kind is int:
        return type(value) is int
    return isinstance(value, kind)


def repaired_notification(notification: Notification) -> Notification:
    """A notification with known words and values of the right types."""
    shown = repaired(notification)
    shown.channels = known_channels(shown.channels)
    shown.look_up = known_channels(shown.look_up)
    shown.addresses = shown.addresses if _are_addresses(shown.addresses) else None
    shown.status = shown.status if shown.status in list(NotificationStatus) else None
    return shown


def _are_addresses(text: str | None) -> bool:
    try:
        read_addresses(text)
    except UnreadableRow:
        return False
    return True


def repaired_deliveries(deliveries: Collection[Delivery]) -> list[Delivery]:
    """The deliveries with a known channel. One with an unknown state is shown as quarantined, with the reason."""
    shown = [repaired(delivery) for delivery in deliveries]
    for delivery in shown:
        if delivery.state not in list(DeliveryState):
            delivery.state, delivery.reason_code = DeliveryState.QUARANTINED, ReasonCode.ROW_UNREADABLE
    return [delivery for delivery in shown if delivery.channel in list(Channel)]


def repaired_attempts(attempts: Collection[Attempt]) -> list[Attempt]:
    """Attempts with a known outcome, or without one."""
    shown = [repaired(attempt) for attempt in attempts]
    for attempt in shown:
        attempt.outcome = attempt.outcome if attempt.outcome in list(Outcome) else None
    return shown


def known_channels(words: str | None) -> str | None:
    """The known channels among words separated by spaces; None if there are none."""
    known = [word for word in (words or "").split() if word in list(Channel)]
    return " ".join(known) or None
