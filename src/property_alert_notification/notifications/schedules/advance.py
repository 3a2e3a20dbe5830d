"""Advances a schedule that is due: computes its occurrence, its next due time, or its end. Pure."""

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple, Protocol
from uuid import UUID
from zoneinfo import ZoneInfo

from property_alert_notification.base.clock import time_of
from property_alert_notification.base.errors import UnreadableRow
from property_alert_notification.base.reasons import Reason, ReasonCode
from property_alert_notification.base.vocabulary import NotificationStatus
from property_alert_notification.base.zones import ZoneUnknown, zone_named
from property_alert_notification.database import of_kinds
from property_alert_notification.notifications.schedules.models import Schedule
from property_alert_notification.notifications.schedules.rrule import Rule, RuleRefused, read_rule
from property_alert_notification.notifications.schedules.states import ScheduleState
from property_alert_notification.notifications.schedules.timing import Timing, local_time
from property_alert_notification.notifications.scripts import NewNotification
from property_alert_notification.notifications.stored_addresses import read_addresses


class Timed(Protocol):
    """The columns of a schedule that determine its occurrences."""

    rrule: str
    start: str
    time_zone: str | None
    used_zone: str
    passed_at: datetime
    passed_local: str | None
    final: str | None


class Advance(NamedTuple):
    """The columns of a schedule that change when a worker advances it."""

    id: UUID
    state: ScheduleState
    reason_code: ReasonCode | None
    reason_parameters: str | None
    used_zone: str
    next_at: datetime | None
    passed_at: datetime
    passed_local: str | None
    created: int
    """How many notifications it creates now: one or none."""


class Due(NamedTuple):
    """An occurrence that becomes a notification."""

    moment: datetime
    local: str


def advance(schedule: Schedule, users_zone: str | None, now: datetime) -> tuple[Advance, Due | None]:
    """Compute the changed columns of a schedule, and its occurrence if one is due: only the last one of several.

    `users_zone` is the zone of its user, if known.

    Raises:
        UnreadableRow: a column has an invalid value.
    """
    zone = zone_of(schedule, users_zone)
    timing = timing_of(schedule)
    due = None
    if (moment := timing.last_missed(zone, now)) is not None:
        timing = timing.passed(moment, zone)
        due = Due(moment, written(local_time(moment, zone)))
    return _advanced(schedule, timing, zone, created=int(due is not None)), due


def _advanced(schedule: Schedule, timing: Timing, zone: ZoneInfo, *, created: int) -> Advance:
    next_at = timing.next(zone)
    reason = None if next_at else why_over(timing.rule)
    return Advance(
        schedule.id,
        ScheduleState.ACTIVE if next_at else ScheduleState.ENDED,
        reason.code if reason else None,
        reason.stored if reason else None,
        zone.key,
        next_at,
        timing.passed_at,
        None if timing.passed_local is None else written(timing.passed_local),
        created,
    )


def why_over(rule: Rule) -> Reason:
    """The reason why a rule has no further occurrence."""
    if rule.count is not None:
        return Reason(ReasonCode.COUNT_REACHED, {"count": rule.count})
    if rule.until is not None:
        return Reason(ReasonCode.UNTIL_REACHED)
    return Reason(ReasonCode.NO_OCCURRENCE)


def zone_of(schedule: Timed, users_zone: str | None) -> ZoneInfo:
    """The zone of its local times: its own, else that of its user, else the last one used.

    Raises:
        UnreadableRow: none of them is a valid zone.
    """
    for name in (schedule.time_zone, users_zone, schedule.used_zone):
        if name is not None:
            try:
                return zone_named(name)
            except (ZoneUnknown, TypeError):
                if name != users_zone:
                    raise UnreadableRow("its time zone is not known here") from None
    raise UnreadableRow("it has no time zone")


def timing_of(schedule: Timed) -> Timing:
    """The rule of a schedule with its last processed occurrence.

    Raises:
        UnreadableRow: a column has an invalid value.
    """
    try:
        return Timing(
            read_rule(schedule.rrule),
            _read(schedule.start),
            schedule.passed_at,
            None if schedule.passed_local is None else _read(schedule.passed_local),
            None if schedule.final is None else _read(schedule.final),
        )
    except (RuleRefused, ValueError, TypeError, AttributeError):
        raise UnreadableRow("its rule or a time of it cannot be read") from None


def _read(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is not None:
        raise ValueError("a local time has no offset")
    return moment


def written(local: datetime) -> str:
    """The stored form of a local time."""
    return local.isoformat(timespec="minutes")


def notification_of(schedule: Schedule, due: Due, new_id: Callable[[], UUID]) -> NewNotification:
    """Build the notification of an occurrence as a scheduled notification that is due, so that it is planned like one.

    Raises:
        UnreadableRow: a column has an invalid value.
    """
    of_kinds(schedule, _KINDS)
    read_addresses(schedule.addresses)
    id_ = new_id()
    return NewNotification(
        id=id_,
        user_id=schedule.user_id,
        category=schedule.category,
        reference=schedule.reference,
        title=schedule.title,
        message=schedule.message,
        urgent=schedule.urgent,
        channels=schedule.channels,
        accepted_at=time_of(id_),
        expires_at=None,
        caller=schedule.caller,
        test=schedule.test,
        status=NotificationStatus.SCHEDULED,
        send_at=due.moment,
        addresses=schedule.addresses,
    )


_KINDS = (("user_id", int), ("category", str), ("title", str), ("message", str), ("urgent", bool), ("test", bool))
