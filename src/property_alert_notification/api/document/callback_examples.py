"""The examples of callbacks."""

from typing import Any

from property_alert_notification.base.errors import ForgedCallback, NotFound, UnreadableCallback

BODY: dict[str, Any] = {
    "type": "status",
    "id": "019aa5c4-52c1-7c63-b0b5-95ecb5d8a1f2",
    "message_id": "g-4711",
    "status": "delivered",
}
"""What an SMS gateway reports."""

NO_CALLBACKS = NotFound("There are no callbacks of such a provider.")
FORGED, UNREADABLE = ForgedCallback(), UnreadableCallback()
