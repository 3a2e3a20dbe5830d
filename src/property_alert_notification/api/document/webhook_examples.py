"""The examples of answers about webhooks."""

from typing import Any

from property_alert_notification.base.errors import Conflict, NotFound

_WEBHOOK: dict[str, Any] = {
    "id": "01a225fa-8a89-7d59-9374-28dbc278e5c7",
    "url": "https://listings.example.com/webhooks/alerts",
    "description": None,
    "events": ["notification.delivered", "notification.failed", "recipient.opted_out"],
    "state": "enabled",
    "state_reason": None,
    "caller": "listings",
    "test": False,
    "failures": 0,
    "failing_since": None,
    "last_error": None,
    "blocked_until": None,
    "previous_secret_until": None,
    "created_at": "2026-11-22T09:00:00.000193Z",
    "changed_at": "2026-11-22T09:00:00.000193Z",
}
_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # noqa: S105 - of the specification's example
_EVENT, _ID = "01a225fa-8a89-7d59-9374-28dbc278e5d8", "msg_01a225fa8a897d59937428dbc278e5d8"

ANSWERS: dict[str, Any] = {
    "create_webhook": {**_WEBHOOK, "secret": _SECRET},
    "list_webhooks": {"items": [_WEBHOOK]},
    "read_webhook": _WEBHOOK,
    "change_webhook": {**_WEBHOOK, "events": None},
    "rotate_webhook_secret": {
        **_WEBHOOK,
        "previous_secret_until": "2026-11-23T09:00:00.000193Z",
        "secret": _SECRET,
    },
    "test_webhook": {"event_id": _EVENT, "webhook_id": _ID},
    "list_webhook_deliveries": {
        "items": [
            {
                "event_id": _EVENT,
                "webhook_id": _ID,
                "type": "notification.delivered",
                "at": "2026-11-22T09:00:03.120941Z",
                "notification_id": "019aa5c4-52c1-7c63-b0b5-95ecb5d8a1f0",
                "state": "succeeded",
                "attempts": 2,
                "next_attempt_at": None,
                "last_attempt_at": "2026-11-22T09:00:08.418220Z",
                "last_status": 204,
                "last_error": None,
                "last_milliseconds": 41,
                "failed_attempts": [
                    {"at": "2026-11-22T09:00:03.201077Z", "status": 503, "error": "status", "milliseconds": 12}
                ],
            }
        ],
        "next": None,
    },
    "replay_webhook": {"replayed": 42, "next_after": None},
}

NAMES_ONE = [name for name in ANSWERS if name not in ("create_webhook", "list_webhooks")] + ["delete_webhook"]
"""Operations whose path names a webhook."""

NO_WEBHOOK = NotFound("Webhook not found")
TOO_MANY = Conflict("There are 100 webhooks already: delete one that is not needed.")
NOT_ENABLED = Conflict("It gets no events: it is paused.")
