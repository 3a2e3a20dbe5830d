"""What the fields of a call mean for the stored search. Pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from property_alert_notification.base.errors import InvalidField
from property_alert_notification.homes.saved_searches.compiled import CompiledQuery
from property_alert_notification.homes.saved_searches.estimate import Estimate
from property_alert_notification.homes.saved_searches.models import SavedSearch
from property_alert_notification.homes.saved_searches.schemas import SavedSearchCreate, SavedSearchPatch
from property_alert_notification.homes.saved_searches.words import (
    DEFAULT_CHANGE_TYPES,
    HalfDay,
    ScheduleType,
    written_changes,
)

_WITHOUT_DAYS = (ScheduleType.ASAP, ScheduleType.MONTHLY)


def new_values(body: SavedSearchCreate) -> dict[str, Any]:
    """The columns of a new search, without its query.

    Raises:
        InvalidField: its schedule is none.
    """
    days = body.DailySchedule or []
    check_schedule(body.ScheduleType, days)
    return {
        "name": body.SavedSearchName,
        "schedule_type": body.ScheduleType.value,
        "daily_schedule": " ".join(days),
        "channels": _channels(body.Channels),
        "change_types": written_changes(body.ChangeTypes or DEFAULT_CHANGE_TYPES),
        "concierge": body.ConciergeYN,
    }


def query_values(query: CompiledQuery) -> dict[str, Any]:
    """The columns of a query."""
    return {"query_type": query.kind.value, "query": query.text, "expression": query.stored}


def estimate_values(estimate: Estimate) -> dict[str, Any]:
    """The columns of what is expected of a query."""
    return {"expected_per_day": estimate.per_day, "warnings": " ".join(estimate.warnings)}


def changed_values(before: SavedSearch, patch: SavedSearchPatch) -> dict[str, Any]:
    """The columns that a change sets, without those of the query.

    Raises:
        InvalidField: the schedule would be none.
    """
    given = patch.model_fields_set
    values: dict[str, Any] = {}
    if "SavedSearchName" in given:
        values["name"] = patch.SavedSearchName
    if "Channels" in given:
        values["channels"] = _channels(patch.Channels)
    if "ChangeTypes" in given:
        values["change_types"] = written_changes(patch.ChangeTypes or DEFAULT_CHANGE_TYPES)
    if "ConciergeYN" in given:
        values["concierge"] = patch.ConciergeYN
    if given & {"ScheduleType", "DailySchedule"}:
        values |= _schedule(before, patch)
    return values


def _schedule(before: SavedSearch, patch: SavedSearchPatch) -> dict[str, Any]:
    kind, days = ScheduleType(before.schedule_type), [HalfDay(day) for day in before.daily_schedule.split()]
    if "ScheduleType" in patch.model_fields_set and patch.ScheduleType != kind:
        kind, days = patch.ScheduleType, []  # those of the other schedule mean nothing here
    if "DailySchedule" in patch.model_fields_set:
        days = patch.DailySchedule or []
    check_schedule(kind, days)
    return {"schedule_type": kind.value, "daily_schedule": " ".join(days)}


def check_schedule(kind: ScheduleType, days: Sequence[HalfDay]) -> None:
    """Check that the half days fit the schedule.

    Raises:
        InvalidField: they do not.
    """
    if days and kind in _WITHOUT_DAYS:
        raise InvalidField("DailySchedule", f"must be empty with the ScheduleType {kind.value}")
    if kind is ScheduleType.WEEKLY and len(days) > 1:
        raise InvalidField("DailySchedule", "must be one half day with the ScheduleType Weekly; Daily takes several")


def _channels(given: Sequence[str] | None) -> str | None:
    return None if given is None else " ".join(given)


CHECK_AGAIN = timedelta(days=7)
"""After this time a search is looked at again."""


def seen(now: datetime) -> dict[str, Any]:
    """The columns of a search at which its user has just looked."""
    return {"viewed_at": now, "ignored": 0, "unseen_since": None, "usual_schedule": None, "check_at": now + CHECK_AGAIN}


def usual_schedule_of(search: SavedSearch) -> dict[str, Any]:
    """The columns of the schedule that a search had before it alerted less often; none if it alerts as it did."""
    if search.usual_schedule is None:
        return {}
    kind, _, days = search.usual_schedule.partition(" ")
    return {"schedule_type": kind, "daily_schedule": days}
