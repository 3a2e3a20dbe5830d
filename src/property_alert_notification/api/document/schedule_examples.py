"""The examples of answers about schedules."""

from typing import Any

from property_alert_notification.base.errors import NotFound

_OUTLINE: dict[str, Any] = {
    "id": "01a225fa-8a89-7d59-9374-28dbc278e5b1",
    "state": "active",
    "reason_code": None,
    "reason": None,
    "user_id": 1,
    "category": "viewing",
    "reference": None,
    "urgent": False,
    "channels": None,
    "rrule": "FREQ=WEEKLY;BYDAY=MO",
    "start": "2026-12-01T09:00",
    "time_zone": "America/New_York",
    "used_time_zone": "America/New_York",
    "next_at": "2026-12-07T09:00:00-05:00",
    "occurred": 0,
    "created_at": "2026-11-29T06:25:06.185000Z",
    "caller": "crm",
    "test": False,
}
_SUMMARY = _OUTLINE | {"title": "Your week"}
_WHOLE = _SUMMARY | {
    "message": "Three viewings, one offer",
    "user_email": "ada@example.com",
    "user_phone_number": None,
}
_CREATED = {
    "title": "Your week",
    "message": "Three viewings, one offer",
    "user_id": 1,
    "user_email": "ada@example.com",
    "user_phone_number": None,
    "category": "viewing",
    "rrule": "FREQ=WEEKLY;BYDAY=MO",
    "start": "2026-12-01T09:00",
    "time_zone": "America/New_York",
    "id": _OUTLINE["id"],
    "state": "active",
    "used_time_zone": "America/New_York",
    "next_at": "2026-12-07T09:00:00-05:00",
}

ANSWERS: dict[str, Any] = {
    "create_schedule": _CREATED,
    "list_schedules": {"items": [_SUMMARY], "next": None},
    "read_schedule": _WHOLE,
    "list_occurrences": {"occurrences": ["2026-12-07T09:00:00-05:00", "2026-12-14T09:00:00-05:00"]},
    "change_schedule": _WHOLE,
    "pause_schedule": _OUTLINE | {"state": "paused", "next_at": None},
    "resume_schedule": _OUTLINE,
}
"""The successful answer of each operation."""

NO_SCHEDULE = NotFound("Schedule not found")
NAMES_ONE = (
    "read_schedule",
    "list_occurrences",
    "change_schedule",
    "delete_schedule",
    "pause_schedule",
    "resume_schedule",
)
"""The operations with the id of a schedule in their path."""
