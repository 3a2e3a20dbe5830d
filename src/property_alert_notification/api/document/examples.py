"""Examples of answers, from one walk through the API: user 1 wants email and is alerted to a home in Ballard."""

from typing import Any

from property_alert_notification.api.document import (
    consent_examples,
    listing_examples,
    privacy_examples,
    reply_examples,
    schedule_examples,
    search_examples,
    suppression_examples,
    webhook_examples,
)
from property_alert_notification.api.problems import contents_of
from property_alert_notification.base.errors import (
    NotFound,
    PreferencesExist,
)

_NOTIFICATION = "019aa5c4-52c1-7c63-b0b5-95ecb5d8a1f0"
_BY_EMAIL = "019aa5c4-52c1-7c63-b0b5-95ecb5d8a1f1"
_BY_SMS = "019aa5c4-52c1-7c63-b0b5-95ecb5d8a1f2"
_MESSAGE = "019aa5c4-52ea-7a1e-8f5f-31c5be2c3d94"
_CHANGE = "019aa5b1-9f00-7d8c-a2d4-6f0e1c5b7a38"
_ACCEPTED_AT = "2026-11-22T09:00:00.000193Z"
_SENT_AT = "2026-11-22T09:00:00.041270Z"

_ACTOR = "listings (live key pa_live_4fT9xQ2b)"

_ASKED = {
    "title": "New home in Ballard",
    "message": "3 bedrooms, $538,000",
    "user_id": 1,
    "user_email": "ada@example.com",
    "user_phone_number": "+14155552671",
    "category": "listing_alert",
    "reference": "listing-6414100192",
}
_SUMMARY = {
    "id": _NOTIFICATION,
    "status": "sent",
    "user_id": 1,
    "category": "listing_alert",
    "reference": "listing-6414100192",
    "title": "New home in Ballard",
    "urgent": False,
    "channels": None,
    "accepted_at": _ACCEPTED_AT,
    "send_at": None,
    "expires_at": None,
    "caller": "listings",
    "test": False,
}
_LISTED = {**_SUMMARY, "reason_codes": ["sent", "user_opted_out"]}
_SMS_DELIVERY: dict[str, Any] = {
    "id": _BY_SMS,
    "channel": "sms",
    "address": "+14155552671",
    "state": "suppressed",
    "reason_code": "user_opted_out",
    "reason": "the user does not want sms",
    "held_by": None,
    "due_at": None,
    "changed_at": _ACCEPTED_AT,
    "attempts": [],
}
_SENT = {
    **_SUMMARY,
    "message": "3 bedrooms, $538,000",
    "cancelled_at": None,
    "deliveries": [
        {
            "id": _BY_EMAIL,
            "channel": "email",
            "address": "ada@example.com",
            "state": "sent",
            "reason_code": "sent",
            "reason": "the provider took it",
            "held_by": None,
            "due_at": None,
            "changed_at": _SENT_AT,
            "attempts": [
                {
                    "provider": "smtp",
                    "started_at": "2026-11-22T09:00:00.009712Z",
                    "ended_at": _SENT_AT,
                    "outcome": "sent",
                    "reason_code": "sent",
                    "reason": "the provider took it",
                    "provider_message_id": None,
                    "abandoned": False,
                }
            ],
        },
        _SMS_DELIVERY,
    ],
    "not_asked_for": [],
    "without_address": [],
    "timeline": [
        {"at": _ACCEPTED_AT, "what": "accepted by listings"},
        {"at": _ACCEPTED_AT, "what": "email: planned, the user wants email"},
        {"at": _ACCEPTED_AT, "what": "sms: not used, the user does not want sms"},
        {"at": _SENT_AT, "what": "email: tried by smtp, sent: the provider took it"},
    ],
}
_CHANGED_AT = "2026-11-22T09:04:07.640218Z"
_LATER: dict[str, Any] = {
    **_SENT,
    "status": "scheduled",
    "title": "The viewing is at noon",
    "send_at": "2026-11-24T08:00:00Z",
    "deliveries": [],
    "timeline": [
        {"at": _ACCEPTED_AT, "what": "accepted by listings"},
        {"at": _ACCEPTED_AT, "what": "waits until 2026-11-24T08:00:00+00:00"},
        {"at": _CHANGED_AT, "what": f"changed by its caller, {_ACTOR}: title, send_at"},
    ],
}
_CANCELLED_AT = "2026-11-22T09:05:00.481022Z"
_CANCELLED = {
    **_LATER,
    "status": "cancelled",
    "cancelled_at": _CANCELLED_AT,
    "timeline": [*_LATER["timeline"], {"at": _CANCELLED_AT, "what": f"cancelled by its caller, {_ACTOR}"}],
}
_STUCK = {
    "id": _BY_EMAIL,
    "notification_id": _NOTIFICATION,
    "user_id": 1,
    "category": "listing_alert",
    "reference": "listing-6414100192",
    "channel": "email",
    "urgent": False,
    "test": False,
    "state": "quarantined",
    "reason_code": "attempts_used_up",
    "reason": "gave up after 5 attempts: the worker broke on it (KeyError)",
    "attempts": 5,
    "changed_at": _SENT_AT,
}
_PAUSE = {"name": "email", "paused_at": _ACCEPTED_AT, "paused_by": "cli:ada"}
_PREFERENCES = {"email_enabled": True, "sms_enabled": False}
_CATEGORY = {
    "name": "listing_alert",
    "kind": "promotional",
    "required": False,
    "default": {"email": "daily"},
    "message_ttl": "2d",
    "on_unknown": None,
    "confirm_opt_in": False,
    "defined_by": "api",
}
_PROFILE = {
    "user_id": 1,
    "email": "ada@example.com",
    "phone_number": "+14155552671",
    "name": "Ada Lovelace",
    "language": "en",
    "time_zone": "America/Los_Angeles",
    "country": "US",
    "known_at": _ACCEPTED_AT,
    "pushed": True,
}
_CAPTURED = {
    "id": _MESSAGE,
    "channel": "email",
    "from": "property-alerts@localhost",
    "to": "ada@example.com",
    "subject": "New home in Ballard",
    "text": "3 bedrooms, $538,000",
    "has_html": True,
    "captured_at": _SENT_AT,
    "delivery_id": _BY_EMAIL,
}

ANSWERS: dict[str, Any] = {
    "schedule_notification": {**_ASKED, "id": _NOTIFICATION, "status": "pending"},
    "schedule_notifications": {
        "results": [
            {"id": _NOTIFICATION, "status": "pending"},
            {"error": contents_of(NotFound("Preferences not found for user"))},
        ]
    },
    "list_notifications": {"items": [_LISTED], "next": "AQGapcRSwXxjsLWV7LXYofA"},
    "read_notification": _SENT,
    "change_notification": _LATER,
    "cancel_notification": _CANCELLED,
    "create_preferences": {
        "results": [
            {"user_id": 1, "status": "created"},
            {"user_id": 2, "error": contents_of(PreferencesExist(2))},
        ]
    },
    "create_preference": _PREFERENCES,
    "read_preference": _PREFERENCES,
    "put_preference": _PREFERENCES,
    "patch_preference": _PREFERENCES,
    "read_effective_preference": {
        "decision": "suppress",
        "reason_code": "category_refused",
        "reason": "the user does not want listing_alert by sms",
        "rule": "user_rule",
        "until": None,
        "channel": "sms",
        "category": "listing_alert",
        "at": _ACCEPTED_AT,
    },
    "list_categories": {"items": [_CATEGORY]},
    "read_category": _CATEGORY,
    "put_category": _CATEGORY,
    "read_profile": _PROFILE,
    "put_profile": _PROFILE,
    "list_quarantine": {"items": [_STUCK], "next": "AQGapcRSwXxjsLWV7LXYofE"},
    "read_quarantined": {
        **_STUCK,
        "tried": [
            {
                "provider": "smtp",
                "started_at": _ACCEPTED_AT,
                "ended_at": _SENT_AT,
                "outcome": "not_sent",
                "reason_code": "worker_broke",
                "reason": "the worker broke on it (KeyError)",
                "provider_message_id": None,
                "abandoned": False,
            }
        ],
    },
    "replay_quarantined": {
        **_STUCK,
        "state": "queued",
        "reason_code": "replayed",
        "reason": "an operator replayed it",
        "attempts": 0,
    },
    "discard_quarantined": {
        **_STUCK,
        "state": "failed",
        "reason_code": "discarded",
        "reason": "an operator discarded it: gave up after 5 attempts: the worker broke on it (KeyError)",
    },
    "list_pauses": {"items": [_PAUSE]},
    "pause_sending": _PAUSE,
    "list_changes": {
        "items": [
            {
                "id": _CHANGE,
                "at": "2026-11-22T08:40:00.512804Z",
                "actor": "cli:ada",
                "action": "key.created",
                "subject": "listings",
                "details": {"kind": "live", "scopes": ["notifications:write"], "rate": "600/min"},
            }
        ],
        "next": None,
    },
    "live": {"status": "alive"},
    "ready": {
        "status": "ready",
        "store": {"up": True, "problem": None},
        "broker": {"up": True, "problem": None},
    },
    "metrics": "property_alerts_notifications_accepted_total 1.0\n",
    "list_messages": {"messages": [_CAPTURED], "next_before": None, "total": 1, "kept": 1},
    "show_message": {
        **_CAPTURED,
        "html": "<p>3 bedrooms, $538,000</p>",
        "raw": "To: ada@example.com\r\nSubject: New home in Ballard\r\n\r\n3 bedrooms, $538,000\r\n",
        "message_id": f"<{_CAPTURED['delivery_id']}@example.com>",
        "sms_size": None,
        "cut_from": None,
        "notification_id": "019aa5c4-52c1-7c63-b0b5-95ecb5d8a1f0",
        "reference": "listing-6414100192",
    },
    "clear_messages": {"cleared": 1},
    **reply_examples.ANSWERS,
    **listing_examples.ANSWERS,
    **schedule_examples.ANSWERS,
    **search_examples.ANSWERS,
    **privacy_examples.ANSWERS,
    **suppression_examples.ANSWERS,
    **consent_examples.ANSWERS,
    **webhook_examples.ANSWERS,
}
"""The successful answer of each operation."""
