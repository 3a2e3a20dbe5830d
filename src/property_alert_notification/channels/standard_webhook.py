"""Verifies callbacks that are signed as Standard Webhooks say. Pure.

Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import base64
import binascii
import hmac
from datetime import timedelta

from property_alert_notification.base.errors import ForgedCallback
from property_alert_notification.channels.callback import Callback

TOLERANCE = timedelta(minutes=5)
"""How far the time in a signature may be from ours."""
PREFIX = "whsec_"


def verify(callback: Callback, secret: str) -> str:
    """Verify the signature of a callback; returns its `webhook-id`.

    Raises:
        ForgedCallback: no signature in it is valid, or it was signed too long ago.
    """
    headers = callback.headers
    id_, signed_at = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    content = f"{id_}.{signed_at}.".encode() + callback.body
    expected = base64.b64encode(hmac.digest(key_of(secret), content, "sha256"))
    given = [part.partition(",") for part in headers.get("webhook-signature", "").split()]
    valid = [hmac.compare_digest(expected, signature.encode()) for version, _, signature in given if version == "v1"]
    if not any(valid) or not is_recent(signed_at, callback, TOLERANCE):
        raise ForgedCallback
    return id_


def is_recent(signed_at: str, callback: Callback, tolerance: timedelta) -> bool:
    """Whether a time in Unix seconds is near the time at which the callback arrived."""
    if not signed_at.isascii() or not signed_at.isdigit() or len(signed_at) > 12:
        return False
    return abs(callback.received_at.timestamp() - int(signed_at)) <= tolerance.total_seconds()


def key_of(secret: str) -> bytes:
    """The key in a secret: Base64 after `whsec_`, else the text itself."""
    if secret.startswith(PREFIX):
        try:
            return base64.b64decode(secret.removeprefix(PREFIX), validate=True)
        except binascii.Error:
            pass
    return secret.encode()
