"""What hostile texts become in the message that leaves: one addressee, our own headers, and the text itself."""

import json
import unicodedata
from collections import Counter
from email import message_from_string, policy
from typing import Any

import pytest
from hypothesis import assume, example, given

from property_alert_notification.base.errors import InvalidField
from property_alert_notification.channels.email_channel import normalise_email
from tests.api.conftest import NOTIFICATION, PREFERENCES
from tests.fuzz.budget import budget
from tests.fuzz.conftest import Target
from tests.fuzz.hostile import addresses, texts

OURS = {
    *("from", "mime-version", "auto-submitted", "to", "subject", "date", "message-id", "content-type"),
    "content-transfer-encoding",
}


@pytest.fixture(autouse=True)
def _user_1_wants_everything(target: Target) -> None:
    target.caller.put("/api/v1/preferences/1", json=PREFERENCES).raise_for_status()


def delivered(target: Target, notification_id: str) -> dict[str, Any]:
    """Its email delivery, once it has ended."""
    while True:
        detail = target.caller.get(f"/api/v1/notifications/{notification_id}").json()
        if detail["status"] != "pending":
            return next(one for one in detail["deliveries"] if one["channel"] == "email")


def one_line(text: str) -> str:
    """Without control characters, and with one blank where any kind of white space was."""
    return " ".join("".join(" " if unicodedata.category(one) == "Cc" else one for one in text).split())


def usable(address: str) -> bool:
    """Whether it is an address outside of a walkthrough too."""
    try:
        normalise_email(address, real=True, sendable=True)
    except InvalidField:
        return False
    return True


@budget()
@given(title=texts, message=texts, address=addresses)
@example(title="=?utf-8?q?Bcc=3A_eve=40example.com?=", message=".\n.\nQUIT", address="ada@example.com")
def test_a_delivered_email_has_one_addressee_and_no_header_but_ours(
    target: Target, title: str, message: str, address: str
) -> None:
    body = NOTIFICATION | {"title": title, "message": message, "user_email": address, "user_phone_number": None}
    as_json = {"Content-Type": "application/json"}
    answer = target.caller.post("/api/v1/notifications/", content=json.dumps(body), headers=as_json)
    assert answer.status_code in (200, 413, 422)
    assume(answer.status_code == 200)
    delivery = delivered(target, answer.json()["id"])
    assert delivery["state"] in ("sent", "failed")
    captured = target.caller.get("/api/mailbox/messages", params={"channel": "email", "limit": 1}).json()["messages"]
    if delivery["state"] == "failed":
        assert not captured or captured[0]["delivery_id"] != delivery["id"]
        return
    assert captured[0]["delivery_id"] == delivery["id"]
    raw = target.caller.get(f"/api/mailbox/messages/{captured[0]['id']}").json()["raw"]
    parsed = message_from_string(raw, policy=policy.SMTP)
    assert Counter(name.lower() for name in parsed) <= Counter(OURS)
    assert parsed["subject"] == one_line(title)
    if usable(address):
        assert len(parsed["to"].addresses) == 1
