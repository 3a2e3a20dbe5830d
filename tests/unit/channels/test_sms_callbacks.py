"""What an SMS gateway reports, by the documentation of this service."""

import base64
import hmac
import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from property_alert_notification.channels.callback import (
    Callback,
    InboundMessage,
    ReportedEvent,
    SuppressionCause,
    UnreadableEvent,
)
from property_alert_notification.channels.sms_http import read_callback

NOW = datetime(2026, 12, 1, 9, tzinfo=UTC)
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
DELIVERY = UUID(int=7)
FAILED = {"type": "status", "id": str(DELIVERY), "status": "failed"}
STOP = {"type": "message", "id": "in-1", "from": "+14155552671", "text": "STOP"}


def read(*documents: Any) -> Any:
    body = json.dumps(list(documents)).encode()
    at = str(int(NOW.timestamp()))
    key = base64.b64decode(SECRET.removeprefix("whsec_"))
    signature = base64.b64encode(hmac.digest(key, f"w.{at}.".encode() + body, "sha256")).decode()
    headers = {"webhook-id": "w", "webhook-timestamp": at, "webhook-signature": f"v1,{signature}"}
    return read_callback(Callback("https://a.example", headers, body, NOW), SECRET)


@pytest.mark.parametrize(
    "other",
    [
        {},
        7,
        None,
        {"type": "status", "id": str(DELIVERY), "status": "later"},
        {"type": "status", "id": str(DELIVERY), "status": []},
        FAILED | {"cause": "moved_away"},
        {"type": "message", "text": "STOP"},
    ],
)
def test_a_stop_counts_beside_an_event_that_cannot_be_read(other: Any) -> None:
    unreadable, message = read(other, STOP)

    assert isinstance(unreadable, UnreadableEvent)
    assert message == InboundMessage("+14155552671", "STOP", "in-1")
    with pytest.raises((KeyError, TypeError, ValueError)):
        read(other)


@pytest.mark.parametrize("other", [{"type": "price"}, FAILED | {"id": "order-77"}, FAILED | {"id": 77}])
def test_an_event_that_is_not_ours_is_left_out(other: Any) -> None:
    assert [type(one) for one in read(other, STOP)] == [InboundMessage]
    assert read(other) == []


@pytest.mark.parametrize(
    ("error", "detail"),
    [
        ("30003", "30003"),
        (30003, "30003"),
        ("no_route", "no_route"),
        ("+1 415 555 2671 is not reachable", None),
        ("14155552671", None),
        ("ada@example.com", None),
        ({"to": "+14155552671"}, None),
        (None, None),
    ],
)
def test_only_a_code_is_kept_of_an_error(error: Any, detail: str | None) -> None:
    (event,) = read(FAILED | {"error": error, "cause": "hard_bounce"})

    assert isinstance(event, ReportedEvent)
    assert (event.detail, event.cause) == (detail, SuppressionCause.HARD_BOUNCE)
