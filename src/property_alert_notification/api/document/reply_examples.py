"""The examples of answers about messages of people."""

from typing import Any

from property_alert_notification.base.errors import NotFound

_REPLY: dict[str, Any] = {
    "id": "01a225fb-1c4e-7a10-8c55-0d6b4f2e9a71",
    "channel": "sms",
    "provider": "twilio",
    "sender": "+14155552671",
    "text": "please stop texting me",
    "word": "other",
    "looks_like_refusal": True,
    "received_at": "2026-11-22T09:10:00.000193Z",
    "handled_at": None,
    "handled_by": None,
}

ANSWERS: dict[str, Any] = {
    "list_replies": {"items": [_REPLY], "next": None},
    "change_reply": {
        **_REPLY,
        "handled_at": "2026-11-22T09:40:00.000412Z",
        "handled_by": "crm (live key pa_live_4fT9xQ2b)",
    },
}

NO_REPLY = NotFound("Reply not found")
