"""Prints webhooks as this service signs them, valid and not, for `verify.mjs`."""

import json
import sys
from dataclasses import asdict, dataclass
from datetime import timedelta
from uuid import UUID

from property_alert_notification.base.clock import Clock
from property_alert_notification.feedback.webhooks.secrets import new_secret
from property_alert_notification.feedback.webhooks.sending.payload import Event, body_of, headers_of


@dataclass(frozen=True)
class Case:
    """One webhook, and whether its receiver must accept it."""

    what: str
    secret: str
    headers: dict[str, str]
    body: str
    valid: bool


def main() -> None:
    """Print one case a line."""
    clock = Clock()
    now, secret, other = clock.now(), new_secret(clock), new_secret(clock)
    event = Event(
        clock.new_id(),
        "notification.sent",
        now,
        False,
        UUID(int=1),
        "email",
        "sent",
        7,
        "viewing",
        "Besichtigung Mü-1 🏠",
    )
    body = body_of(event)
    text = body.decode()
    headers = headers_of(event, body, [secret], now=now)
    rotated = headers_of(event, body, [other, secret], now=now)
    old = headers_of(event, body, [secret], now=now - timedelta(minutes=6))
    cases = [
        Case("a webhook", secret, headers, text, True),
        Case("the secret before a rotation", secret, rotated, text, True),
        Case("the secret after a rotation", other, rotated, text, True),
        Case("another secret", other, headers, text, False),
        Case("a changed body", secret, headers, text.replace("sent", "failed", 1), False),
        Case("a changed id", secret, {**headers, "webhook-id": "msg_1"}, text, False),
        Case("an old time", secret, old, text, False),
    ]
    for case in cases:
        sys.stdout.write(json.dumps(asdict(case)) + "\n")


if __name__ == "__main__":
    main()
