"""Creates, changes, pauses, resumes and deletes schedules, within the caller's transaction."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.api.access.admission import Admission
from property_alert_notification.api.access.visibility import Visibility
from property_alert_notification.base import times
from property_alert_notification.base.errors import (
    Conflict,
    InvalidField,
    NotFound,
    PreferencesNotFound,
    RowDamaged,
    UnreadableRow,
)
from property_alert_notification.base.vocabulary import Channel, Scope
from property_alert_notification.channels.address_rules import AddressRules
from property_alert_notification.channels.edge import ADDRESSES
from property_alert_notification.database import run_within
from property_alert_notification.notifications.addresses import for_tests, looked_up, stored_addresses
from property_alert_notification.notifications.create import Planner
from property_alert_notification.notifications.refusals import why_unreachable
from property_alert_notification.notifications.schedules import queries
from property_alert_notification.notifications.schedules.advance import timing_of, why_over, written, zone_of
from property_alert_notification.notifications.schedules.damage import DAMAGED, refuse_damaged
from property_alert_notification.notifications.schedules.expand import nth_occurrence
from property_alert_notification.notifications.schedules.models import Schedule
from property_alert_notification.notifications.schedules.occurrences import zones_of
from property_alert_notification.notifications.schedules.rrule import read_rule
from property_alert_notification.notifications.schedules.schemas import ScheduleCreate, SchedulePatch
from property_alert_notification.notifications.schedules.states import ScheduleState
from property_alert_notification.notifications.stored_addresses import read_addresses, write_addresses
from property_alert_notification.people.hours import current
from property_alert_notification.people.scripts import UserOf, time_zones_of

NO_SUCH_SCHEDULE = "Schedule not found"


async def create(
    connection: AsyncConnection, body: ScheduleCreate, admission: Admission, rules: AddressRules, planner: Planner
) -> Schedule:
    """Store a schedule.

    Raises:
        Forbidden: it is urgent, and the key does not allow that.
        InvalidField: it has no address, no time zone or no occurrence.
        PreferencesNotFound: its user has no preferences.
    """
    _check_urgent(body.urgent, admission)
    look_up, addresses = looked_up(body, rules), stored_addresses(body, rules)
    if admission.test:
        addresses, look_up = addresses | for_tests(look_up), []
    if not look_up:
        _check_reachable(addresses, body.channels)
    user = (body.user_id, admission.test)
    zones = await run_within(connection, time_zones_of({user}, default=planner.default_preferences))
    if user not in zones:
        raise PreferencesNotFound(body.user_id)
    now = planner.clock.now()
    schedule = Schedule(
        id=planner.clock.new_id(),
        user_id=body.user_id,
        category=body.category,
        reference=body.reference,
        title=body.title,
        message=body.message,
        urgent=body.urgent,
        channels=_words(body.channels),
        addresses=write_addresses(addresses),
        look_up=" ".join(look_up) or None,
        caller=admission.caller,
        test=admission.test,
        rrule=body.rrule,
        start=written(times.local(body.start)),
        time_zone=body.time_zone,
        used_zone=current.default_time_zone() or "",
        state=ScheduleState.ACTIVE,
        passed_at=now,
        occurred=0,
        changed_at=now,
    )
    _begin(schedule, zones[user], now)
    await queries.add(connection, schedule)
    return schedule


async def change(
    connection: AsyncConnection,
    schedule_id: UUID,
    patch: SchedulePatch,
    admission: Admission,
    rules: AddressRules,
    planner: Planner,
) -> Schedule:
    """Change the content or the times of a schedule. A change of its times makes an ended schedule active again.

    Raises:
        Conflict: another part of it is damaged.
        Forbidden: it becomes urgent, and the key does not allow that.
        InvalidField: it would have no address, no time zone or no occurrence.
        NotFound: no schedule with this id is visible to the caller.
    """
    schedule = await _hold(connection, schedule_id, admission.visible)
    values = patch.model_dump(include=patch.model_fields_set & _PLAIN)
    _check_urgent(values.get("urgent", False), admission)
    if "channels" in patch.model_fields_set:
        values["channels"] = _words(patch.channels)
    if "start" in values:
        values["start"] = written(times.local(values["start"]))
    if (addresses := _changed_addresses(schedule, patch, rules)) is not None:
        values["addresses"] = write_addresses(addresses)
        values["look_up"] = _still_looked_up(schedule, patch)
    changed = schedule.model_copy(update=values)
    if (addresses is not None or "channels" in values) and changed.look_up is None:
        _check_reachable(read_addresses(changed.addresses), changed.requested_channels)
    if values.keys() & _WHEN or schedule.state == ScheduleState.QUARANTINED:
        await _begin_again(connection, changed, planner)
    return await _keep(connection, schedule, changed, planner.clock.now())


_PLAIN = {"title", "message", "category", "reference", "urgent", "rrule", "start", "time_zone"}
"""Fields that are stored unchanged."""

_WHEN = {"rrule", "start", "time_zone"}


async def pause(connection: AsyncConnection, schedule_id: UUID, visible: Visibility, *, now: datetime) -> Schedule:
    """Pause a schedule: it creates no notifications until it is resumed. Pausing it twice changes nothing.

    Raises:
        Conflict: it has ended, or is quarantined.
        NotFound: no schedule with this id is visible to the caller.
    """
    schedule = await _hold(connection, schedule_id, visible)
    if schedule.state not in (ScheduleState.ACTIVE, ScheduleState.PAUSED):
        raise Conflict(f"It cannot be paused: it is {schedule.state}.")
    return await _keep(connection, schedule, schedule.model_copy(update=_PAUSED), now)


_PAUSED: Mapping[str, Any] = {"state": ScheduleState.PAUSED, "next_at": None}


async def resume(connection: AsyncConnection, schedule_id: UUID, visible: Visibility, planner: Planner) -> Schedule:
    """Resume a paused or quarantined schedule at its next occurrence. Occurrences within the pause are skipped.

    Raises:
        Conflict: it has ended, or ended within the pause.
        NotFound: no schedule with this id is visible to the caller.
    """
    schedule = await _hold(connection, schedule_id, visible)
    if schedule.state == ScheduleState.ACTIVE:
        return schedule
    changed = schedule.model_copy(update={"state": ScheduleState.ACTIVE})
    try:
        await _begin_again(connection, changed, planner)
    except InvalidField as fault:
        raise Conflict(f"It cannot be resumed: {fault.field} {fault.problem}.") from None
    return await _keep(connection, schedule, changed, planner.clock.now())


async def remove(connection: AsyncConnection, schedule_id: UUID, visible: Visibility) -> None:
    """Delete a schedule; the notifications that it brought stay.

    Raises:
        NotFound: no schedule with this id is visible to the caller.
    """
    visible_one(await queries.lock(connection, schedule_id), visible)
    await queries.remove(connection, schedule_id)


def visible_one(schedule: Schedule | None, visible: Visibility) -> Schedule:
    """The schedule, if the caller may see it.

    Raises:
        NotFound: no schedule with this id is visible to the caller.
    """
    if schedule is None or not visible.covers(schedule.caller, test=schedule.test):
        raise NotFound(NO_SUCH_SCHEDULE)
    return schedule


async def _hold(connection: AsyncConnection, schedule_id: UUID, visible: Visibility) -> Schedule:
    """The schedule, locked; NotFound if it does not exist or is not visible, RowDamaged if it cannot be changed."""
    schedule = visible_one(await queries.lock(connection, schedule_id), visible)
    refuse_damaged(schedule, "it cannot be changed")
    return schedule


async def _begin_again(connection: AsyncConnection, schedule: Schedule, planner: Planner) -> None:
    """Continue with the first occurrence from now on."""
    user = (schedule.user_id, schedule.test)
    zones = await zones_of(connection, {user}, planner) if schedule.time_zone is None else {}
    is_paused = schedule.state == ScheduleState.PAUSED
    _begin(schedule, zones.get(user), planner.clock.now())
    if is_paused:
        schedule.state, schedule.next_at = ScheduleState.PAUSED, None


def _begin(schedule: Schedule, users_zone: str | None, now: datetime) -> None:
    """Set the next occurrence of the schedule.

    Raises:
        Conflict: a column has an invalid value.
        InvalidField: it has no zone, or its rule never occurs.
    """
    if schedule.time_zone is None and users_zone is None and not schedule.used_zone:
        raise InvalidField("time_zone", "is required: the user's time zone is unknown. Example: America/New_York")
    final = final_of(schedule.rrule, schedule.start)
    schedule.passed_at, schedule.final = now, None if final is None else written(final)
    try:
        zone = zone_of(schedule, users_zone)
        next_at = timing_of(schedule).next(zone)
    except UnreadableRow as fault:
        raise RowDamaged(f"{DAMAGED}: {fault}.") from None
    if next_at is None:
        rule = read_rule(schedule.rrule)
        raise InvalidField("rrule", f"has no further occurrence: {why_over(rule).sentence()}")
    schedule.used_zone, schedule.next_at = zone.key, next_at
    schedule.state, schedule.reason_code, schedule.reason_parameters = ScheduleState.ACTIVE, None, None


def final_of(rrule: str, start: str) -> datetime | None:
    """The local time of the last occurrence that COUNT allows; None without COUNT, or if it is after `FARTHEST`.

    Raises:
        Conflict: the stored rule or start is invalid.
        InvalidField: the rule never occurs.
    """
    try:
        rule, first = read_rule(rrule), times.local(start)
    except (ValueError, TypeError, AttributeError):
        raise RowDamaged(f"{DAMAGED}: its rule or its start cannot be read.") from None
    if nth_occurrence(rule, first, 1) is None:
        raise InvalidField("rrule", "never occurs from `start` on: no date matches all of its parts")
    return None if rule.count is None else nth_occurrence(rule, first, rule.count)


async def _keep(connection: AsyncConnection, before: Schedule, after: Schedule, now: datetime) -> Schedule:
    values = {name: value for name, value in after.model_dump().items() if value != getattr(before, name)}
    if values:
        after.changed_at = now
        await queries.change(connection, before.id, **values, changed_at=now)
    return after


def _check_urgent(urgent: bool, admission: Admission) -> None:
    if urgent:
        admission.require(Scope.NOTIFICATIONS_URGENT)


def _check_reachable(addresses: Mapping[Channel, str], channels: list[Channel] | None) -> None:
    if (unreachable := why_unreachable(addresses, channels)) is not None:
        raise unreachable


def _changed_addresses(schedule: Schedule, patch: SchedulePatch, rules: AddressRules) -> dict[Channel, str] | None:
    """All addresses after the change; None if the change has no address."""
    removed, given = set(ADDRESSES.removed(patch)), stored_addresses(patch, rules)
    if not removed and not given:
        return None
    kept = {channel: one for channel, one in read_addresses(schedule.addresses).items() if channel not in removed}
    return kept | given


def _still_looked_up(schedule: Schedule, patch: SchedulePatch) -> str | None:
    """The channels whose addresses are looked up after the change: those whose fields it leaves out."""
    named = {*ADDRESSES.removed(patch), *(channel for channel, _ in ADDRESSES.given(patch))}
    return " ".join(word for word in (schedule.look_up or "").split() if word not in named) or None


def _words(channels: list[Channel] | None) -> str | None:
    return None if channels is None else " ".join(channels)


def coming(schedule: Schedule, zones: Mapping[UserOf, str], count: int, now: datetime) -> list[datetime]:
    """The next occurrences of a schedule, with the offset of its zone; for a paused one, those it would have. Pure.

    Raises:
        Conflict: a column has an invalid value.
    """
    refuse_damaged(schedule, "its occurrences are unknown")
    if schedule.state == ScheduleState.ENDED:
        return []
    try:
        zone = zone_of(schedule, zones.get((schedule.user_id, schedule.test)))
        timing = timing_of(schedule)
    except UnreadableRow as fault:
        raise RowDamaged(f"{DAMAGED}: {fault}.") from None
    if schedule.state != ScheduleState.ACTIVE:
        timing = replace(timing, passed_at=now)
    return [moment.astimezone(zone) for moment in timing.coming(zone, count)]
