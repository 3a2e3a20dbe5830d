"""The examples of answers about consent records."""

from typing import Any

_RECORD: dict[str, Any] = {
    "id": "01a225fa-8b10-7c21-9a4e-5d1f0c3b2a19",
    "about": "user",
    "decision": "opted_in",
    "channel": "email",
    "category": None,
    "scope": "all",
    "source": "api",
    "wording": "sign-up-2026-11",
    "ip_address": "203.0.113.7",
    "actor": "crm (live key pa_live_4fT9xQ2b)",
    "recorded_at": "2026-11-22T09:00:00.000193Z",
    "expires_at": None,
}

CSV = (
    "id,about,decision,channel,category,scope,source,wording,ip_address,actor,recorded_at,expires_at\r\n"
    "01a225fa-8b10-7c21-9a4e-5d1f0c3b2a19,user,opted_in,email,,all,api,sign-up-2026-11,203.0.113.7,"
    "crm (live key pa_live_4fT9xQ2b),2026-11-22T09:00:00.000193Z,\r\n"
)

ANSWERS: dict[str, Any] = {
    "list_notification_consents": {
        "items": [
            {
                "delivery_id": "019aa5c4-52c1-7c63-b0b5-95ecb5d8a1f1",
                "channel": "email",
                "claimed_at": "2026-11-22T09:00:00.009712Z",
                "allowed_by": "consent_record",
                "record_id": "01a225fb-77c0-7a11-8b52-90c41de07f3a",
                "source": "api",
                "recorded_at": "2026-11-22T08:00:00.000193Z",
            }
        ]
    },
    "list_consents": {"items": [_RECORD], "next": None},
    "export_consents": CSV,
}
