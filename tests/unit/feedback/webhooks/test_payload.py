"""The body of a webhook, its signature, and the secrets of endpoints at rest."""

import json
from datetime import UTC, datetime
from uuid import UUID

import pytest
from standardwebhooks import Webhook

from property_alert_notification.base.clock import Clock
from property_alert_notification.channels.callback import Callback
from property_alert_notification.channels.standard_webhook import verify
from property_alert_notification.feedback.webhooks.secrets import SecretBox, new_secret
from property_alert_notification.feedback.webhooks.sending.payload import Event, body_of, headers_of

AT = datetime(2026, 12, 1, 9, 30, 0, 120_000, UTC)
ID = UUID("01a225fa-8a89-7d59-9374-28dbc278e5d8")
SENT = Event(ID, "notification.sent", AT, False, UUID(int=5), "email", "sent", 7, "viewing", "v-1")
FIXED = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def test_the_body_of_an_event_of_a_notification() -> None:
    assert json.loads(body_of(SENT)) == {
        "type": "notification.sent",
        "timestamp": "2026-12-01T09:30:00.120000Z",
        "data": {
            "user_id": 7,
            "channel": "email",
            "category": "viewing",
            "notification_id": "00000000-0000-0000-0000-000000000005",
            "reference": "v-1",
            "status": "sent",
            "reason_code": "sent",
            "version": 1,
            "test": False,
        },
    }


def test_an_event_of_a_user_names_no_notification_and_that_of_an_erased_user_nobody() -> None:
    opted_out = SENT._replace(type="recipient.opted_out", notification_id=None, reason_code="stop", category=None)
    assert json.loads(body_of(opted_out))["data"] == {
        "user_id": 7,
        "channel": "email",
        "category": None,
        "reason_code": "stop",
        "version": 1_796_117_400_120_000,
        "test": False,
    }
    assert json.loads(body_of(SENT._replace(user_id=-1)))["data"]["user_id"] is None


def test_signatures_are_those_of_standard_webhooks() -> None:
    """The vector of the specification."""
    at = datetime.fromtimestamp(1_614_265_330, UTC)
    event = SENT._replace(id=ID)
    headers = headers_of(event, b'{"test": 2432232314}', [FIXED], now=at)
    expected = Webhook(FIXED).sign(headers["webhook-id"], at, '{"test": 2432232314}')

    assert headers["webhook-signature"] == expected
    assert headers["webhook-id"] == "msg_01a225fa8a897d59937428dbc278e5d8"


def test_each_secret_of_a_rotation_verifies() -> None:
    clock = Clock()
    old, new, now = new_secret(clock), new_secret(clock), clock.now()
    body = body_of(SENT)
    headers = headers_of(SENT, body, [new, old], now=now)

    for secret in (old, new):
        assert Webhook(secret).verify(body, headers)
        assert verify(Callback("https://a.example", headers, body, now), secret) == headers["webhook-id"]
    assert len({old, new}) == 2


def test_secrets_are_read_by_the_key_that_sealed_them_or_an_earlier_one() -> None:
    first, second = SecretBox([b"a" * 32]), SecretBox([b"b" * 32, b"a" * 32])
    sealed = first.seal(FIXED)

    assert FIXED not in sealed
    assert (first.open(sealed), second.open(sealed)) == (FIXED, FIXED)
    assert second.open(second.seal(FIXED)) == FIXED
    assert first.open(second.seal(FIXED)) is None


@pytest.mark.parametrize("damaged", [None, "", "?", "AAAA", "A" * 80])
def test_what_cannot_be_decrypted_is_none(damaged: str | None) -> None:
    assert SecretBox([b"a" * 32]).open(damaged) is None
