"""The examples of answers about the suppression list."""

from typing import Any

from property_alert_notification.base.errors import NotFound

_ENTRY: dict[str, Any] = {
    "id": "01a225fa-8a89-7d59-9374-28dbc278e5b2",
    "about": "address",
    "channel": "email",
    "reason": "manual",
    "scope": "all",
    "category": None,
    "note": "asked by telephone",
    "added_by": "crm (live key pa_live_4fT9xQ2b)",
    "created_at": "2026-11-22T09:00:00.000193Z",
    "expires_at": None,
}

CSV = "channel,address,reason\nemail,ada@example.com,hard_bounce\n"
"""A file as it is imported."""

ANSWERS: dict[str, Any] = {
    "list_suppressions": {"items": [_ENTRY], "next": None},
    "add_suppression": _ENTRY,
    "import_suppressions": {
        "imported": 1,
        "refused": 1,
        "problems": [{"line": 3, "problem": "channel: must be one of email, sms"}],
    },
    "export_suppressions": (
        "subject,about,channel,reason,scope,category,note,created_at,expires_at\r\n"
        "5b1e0a7dd2f44c0f8a3c9a1b7c2d4e6f,address,email,manual,all,,asked by telephone,2026-11-22T09:00:00.000193Z,\r\n"
    ),
}

NO_ENTRY = NotFound("Suppression not found")
