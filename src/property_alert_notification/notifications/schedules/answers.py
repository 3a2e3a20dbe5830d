"""Schedules as callers are told of them. Pure."""

from datetime import datetime
from typing import Any

from property_alert_notification.base.clock import time_of
from property_alert_notification.base.reasons import Reason, code_of
from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.base.zones import ZoneUnknown, zone_named
from property_alert_notification.channels.edge import ADDRESSES
from property_alert_notification.notifications.schedules.models import Schedule, ScheduleState
from property_alert_notification.notifications.schedules.queries import ScheduleSummary
from property_alert_notification.notifications.schedules.schemas import (
    ScheduleOutline,
    SchedulePublic,
    ScheduleSummaryPublic,
)
from property_alert_notification.notifications.stored_addresses import read_addresses


def outline(schedule: Schedule | ScheduleSummary) -> ScheduleOutline:
    """A schedule without content and addresses."""
    return ScheduleOutline(**_shown(schedule))


def summary(schedule: ScheduleSummary) -> ScheduleSummaryPublic:
    """A schedule in a list."""
    return ScheduleSummaryPublic(**_shown(schedule), title=schedule.title)


def public(schedule: Schedule) -> SchedulePublic:
    """A schedule with content and addresses."""
    addresses = read_addresses(schedule.addresses)
    by_field = ADDRESSES.shown({channel: addresses.get(channel) for channel in Channel})
    by_field["addresses"] = {name: value for name, value in by_field.get("addresses", {}).items() if value is not None}
    return SchedulePublic(**_shown(schedule), title=schedule.title, message=schedule.message, **by_field)


def _shown(schedule: Schedule | ScheduleSummary) -> dict[str, Any]:
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
        "used_time_zone": schedule.used_zone,
        "next_at": None if schedule.next_at is None else in_zone(schedule.next_at, schedule.used_zone),
        "created_at": time_of(schedule.id),
    }


def in_zone(moment: datetime, zone: str) -> datetime:
    """The moment with the offset of a zone; as it is when the zone is not known here."""
    try:
        return moment.astimezone(zone_named(zone))
    except ZoneUnknown:
        return moment
