"""The body of a webhook and its signature. Pure.

Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import base64
import hmac
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID

from property_alert_notification.channels.standard_webhook import key_of
from property_alert_notification.events.event_types import STATE_OF_TYPE, version_of


class Event(NamedTuple):
    """An event with what is known of its notification now. It has no address and no text of a message."""

    id: UUID
    type: str
    at: datetime
    test: bool
    notification_id: UUID | None
    channel: str | None
    reason_code: str | None
    user_id: int | None
    category: str | None
    reference: str | None


def body_of(event: Event) -> bytes:
    """The body as JSON."""
    user_id = None if event.user_id is None or event.user_id < 0 else event.user_id  # below 0: the user was erased
    about: dict[str, Any] = {"user_id": user_id, "channel": event.channel, "category": event.category}
    if event.notification_id is not None:
        about |= {"notification_id": str(event.notification_id), "reference": event.reference}
        about["status"] = STATE_OF_TYPE.get(event.type)  # type: ignore[call-overload]
    about |= {"reason_code": event.reason_code, "version": version_of(event.type, event.at), "test": event.test}
    timestamp = event.at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    document = {"type": event.type, "timestamp": timestamp, "data": about}
    return json.dumps(document, separators=(",", ":")).encode()


def headers_of(event: Event, body: bytes, secrets: Sequence[str], *, now: datetime) -> dict[str, str]:
    """The headers with one signature for each secret: a receiver accepts any of them."""
    id_, timestamp = f"msg_{event.id.hex}", str(int(now.timestamp()))
    content = f"{id_}.{timestamp}.".encode() + body
    signatures = [base64.b64encode(hmac.digest(key_of(secret), content, "sha256")).decode() for secret in secrets]
    return {
        "content-type": "application/json",
        "webhook-id": id_,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(f"v1,{signature}" for signature in signatures),
    }
