"""What can be shown of schedules whose row in the store is damaged. Pure."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from property_alert_notification.base.errors import RowDamaged, UnreadableRow
from property_alert_notification.base.reasons import ReasonCode
from property_alert_notification.database import repaired
from property_alert_notification.notifications.repaired import known_channels
from property_alert_notification.notifications.schedules.models import Schedule
from property_alert_notification.notifications.schedules.states import ScheduleState
from property_alert_notification.notifications.stored_addresses import read_addresses


@dataclass(slots=True)
class ScheduleSummary:
    """One schedule of a list: no message, no address."""

    id: UUID
    user_id: int
    category: str
    reference: str | None
    title: str
    urgent: bool
    channels: str | None
    caller: str | None
    test: bool
    rrule: str
    start: str
    time_zone: str | None
    used_zone: str
    state: str
    reason_code: str | None
    reason_parameters: str | None
    next_at: datetime | None
    passed_at: datetime
    passed_local: str | None
    final: str | None
    occurred: int


Shown = TypeVar("Shown", Schedule, ScheduleSummary)


def repaired_schedule(schedule: Shown) -> Shown:
    """The schedule as it is; or, when a value of it is none, as far as it can be shown, with that as its reason."""
    shown = repaired(schedule)
    is_whole = shown is schedule and shown.state in _STATES and known_channels(shown.channels) == shown.channels
    if is_whole and (isinstance(shown, ScheduleSummary) or _has_addresses(shown)):
        return shown
    if shown.state not in _STATES:
        shown.state = ScheduleState.QUARANTINED
    if isinstance(shown, Schedule) and not _has_addresses(shown):
        shown.addresses = "{}"
    shown.channels = known_channels(shown.channels)
    shown.reason_code, shown.reason_parameters = ReasonCode.ROW_UNREADABLE, None
    return shown


_STATES = frozenset[str](ScheduleState)


def _has_addresses(schedule: Schedule) -> bool:
    try:
        read_addresses(schedule.addresses)
    except UnreadableRow:
        return False
    return True


DAMAGED = "Its row in the store is damaged"


def refuse_damaged(schedule: Schedule, so: str) -> None:
    """Check that a schedule was not repaired for showing.

    Raises:
        RowDamaged: it was, so that what the caller wants is impossible.
    """
    if schedule.reason_code == ReasonCode.ROW_UNREADABLE:
        raise RowDamaged(f"{DAMAGED}, so {so}. Delete it, and create it anew.")
