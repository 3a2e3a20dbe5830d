"""Builds the answers about schedules. Pure."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from property_alert_notification.base.clock import time_of
from property_alert_notification.base.errors import UnreadableRow
from property_alert_notification.base.reasons import Reason, code_of
from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.channels.edge import ADDRESSES
from property_alert_notification.notifications.schedules.advance import timing_of, zone_of
from property_alert_notification.notifications.schedules.damage import ScheduleSummary
from property_alert_notification.notifications.schedules.models import Schedule
from property_alert_notification.notifications.schedules.schemas import (
    ScheduleOutline,
    SchedulePublic,
    ScheduleSummaryPublic,
)
from property_alert_notification.notifications.schedules.states import ScheduleState
from property_alert_notification.notifications.stored_addresses import read_addresses
from property_alert_notification.people.scripts import UserOf

Zones = Mapping[UserOf, str]


def outline(schedule: Schedule) -> ScheduleOutline:
    """A schedule without content and addresses, right after a change."""
    return ScheduleOutline(**_shown(schedule, schedule.used_zone))


def summary(schedule: ScheduleSummary, zones: Zones) -> ScheduleSummaryPublic:
    """A schedule in a list; `zones` has the known zones of users."""
    zone = zones.get((schedule.user_id, schedule.test))
    return ScheduleSummaryPublic(**_shown(schedule, zone), title=schedule.title)


def public(schedule: Schedule, zones: Zones) -> SchedulePublic:
    """A schedule with content and addresses; `zones` has the known zones of users."""
    addresses = read_addresses(schedule.addresses)
    by_field = ADDRESSES.shown({channel: addresses.get(channel) for channel in Channel})
    by_field["addresses"] = {name: value for name, value in by_field.get("addresses", {}).items() if value is not None}
    shown = _shown(schedule, zones.get((schedule.user_id, schedule.test)))
    return SchedulePublic(**shown, title=schedule.title, message=schedule.message, **by_field)


def _shown(schedule: Schedule | ScheduleSummary, users_zone: str | None) -> dict[str, Any]:
    used_zone, next_at = _next(schedule, users_zone)
    same = (
        "id",
        "user_id",
        "category",
        "reference",
        "urgent",
        "rrule",
        "start",
        "time_zone",
        "occurred",
        "caller",
        "test",
    )
    code = schedule.reason_code
    reason = None if code is None else Reason.read(code, schedule.reason_parameters)
    return {
        **{name: getattr(schedule, name) for name in same},
        "state": ScheduleState(schedule.state),
        "reason_code": None if code is None else code_of(code),
        "reason": None if reason is None else reason.sentence(),
        "channels": None if schedule.channels is None else schedule.channels.split(),
        "used_time_zone": used_zone,
        "next_at": next_at,
        "created_at": time_of(schedule.id),
    }


def _next(schedule: Schedule | ScheduleSummary, users_zone: str | None) -> tuple[str, datetime | None]:
    """The current zone and the next occurrence in it, even if no worker has processed a change of the zone."""
    try:
        zone = zone_of(schedule, users_zone)
        next_at = timing_of(schedule).next(zone) if schedule.next_at is not None else None
    except UnreadableRow:
        return schedule.used_zone, schedule.next_at
    return zone.key, None if next_at is None else next_at.astimezone(zone)
