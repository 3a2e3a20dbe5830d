"""What Twilio posts, with signatures of Twilio's own documentation and library."""

import base64
import hmac
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from urllib.parse import urlencode
from uuid import UUID

import pytest

from property_alert_notification.base.errors import ForgedCallback, Refused, RetryLater
from property_alert_notification.channels import twilio_codes
from property_alert_notification.channels.callback import (
    Callback,
    InboundMessage,
    Reported,
    ReportedEvent,
    ReportedResult,
    SuppressionCause,
)
from property_alert_notification.channels.twilio_callbacks import read_callback, render_answer

NOW = datetime(2026, 12, 1, 9, tzinfo=UTC)
TAKEN, ARRIVED, BOUNCED = ReportedResult
DELIVERY = UUID(int=7)
TOKEN = "t0ken"
URL = f"https://alerts.example.com/callbacks/sms/twilio?delivery_id={DELIVERY}"
SID = "SM" + "0" * 32

# https://www.twilio.com/docs/usage/security, and the test of twilio-python
DOCUMENTED = Callback(
    "https://mycompany.com/myapp.php?foo=1&bar=2",
    {"x-twilio-signature": "0/KCTR6DLpKmkAf8muzZqo1nDgQ="},
    urlencode(
        {
            "Digits": "1234",
            "To": "+18005551212",
            "From": "+12349013030",
            "Caller": "+12349013030",
            "CallSid": "CA1234567890ABCDE",
        }
    ).encode(),
    NOW,
)


def test_the_documented_signature_is_valid() -> None:
    assert read_callback(DOCUMENTED, "12345") == []


@pytest.mark.parametrize(
    "forged",
    [
        replace(DOCUMENTED, body=DOCUMENTED.body + b"&x=1"),
        replace(DOCUMENTED, body=DOCUMENTED.body.replace(b"1234", b"1235", 1)),
        replace(DOCUMENTED, url=DOCUMENTED.url.replace("bar=2", "bar=3")),
        replace(DOCUMENTED, url=DOCUMENTED.url.replace("https", "http")),
        replace(DOCUMENTED, headers={}),
        replace(DOCUMENTED, headers={"x-twilio-signature": "ÿ"}),
        replace(DOCUMENTED, body=b"\xff"),
        replace(DOCUMENTED, body=b"&".join(b"a=%d" % number for number in range(300))),
        replace(DOCUMENTED, url=f"{DOCUMENTED.url}&bodySHA256={sha256(DOCUMENTED.body).hexdigest()}"),
    ],
)
def test_anything_else_is_forged(forged: Callback) -> None:
    with pytest.raises(ForgedCallback):
        read_callback(forged, "12345")
    with pytest.raises(ForgedCallback):
        read_callback(DOCUMENTED, "12346")


def signed(url: str, fields: Sequence[tuple[str, str]]) -> str:
    """The signature, made as Twilio describes it step by step."""
    content = url
    for name, value in sorted(set(fields)):
        content += name + value
    return base64.b64encode(hmac.new(TOKEN.encode(), content.encode(), "sha1").digest()).decode()


def read(*fields: tuple[str, str], url: str = URL, signed_url: str | None = None) -> Sequence[Reported]:
    headers = {"x-twilio-signature": signed(signed_url or url, fields)}
    return read_callback(Callback(url, headers, urlencode(fields).encode(), NOW), TOKEN)


@pytest.mark.parametrize(
    ("url", "signed_url"),
    [
        (URL, URL.replace(".com/", ".com:443/")),
        (URL.replace(".com/", ".com:443/"), URL),
        (URL.replace("https", "http"), URL.replace("https", "http").replace(".com/", ".com:80/")),
        (URL.replace(".com/", ".com:8443/"), URL),
        (URL.replace("alerts.example.com", "[::1]:8443"), URL.replace("alerts.example.com", "[::1]")),
    ],
)
def test_the_port_may_be_in_the_signed_url_or_not(url: str, signed_url: str) -> None:
    assert len(read(("MessageSid", SID), ("MessageStatus", "delivered"), url=url, signed_url=signed_url)) == 1


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        ("queued", None, (TAKEN, None, None)),
        ("sent", None, (TAKEN, None, None)),
        ("delivered", "", (ARRIVED, None, None)),
        ("read", None, (ARRIVED, None, None)),
        ("undelivered", "30003", (BOUNCED, "Twilio error 30003", SuppressionCause.SOFT_BOUNCE)),
        ("undelivered", "30005", (BOUNCED, "Twilio error 30005", SuppressionCause.HARD_BOUNCE)),
        ("undelivered", "30006", (BOUNCED, "Twilio error 30006", SuppressionCause.HARD_BOUNCE)),
        ("failed", "21610", (BOUNCED, "Twilio error 21610", SuppressionCause.STOP)),
        # A carrier's filter, an account, a text: nothing of that is about the number.
        ("undelivered", "30007", (BOUNCED, "Twilio error 30007", None)),
        ("failed", "30002", (BOUNCED, "Twilio error 30002", None)),
        ("failed", "", (BOUNCED, None, None)),
        ("failed", "no number", (BOUNCED, None, None)),
        ("failed", "٣", (BOUNCED, None, None)),
    ],
)
def test_a_status_is_a_report_about_the_delivery_in_the_url(status: str, code: str | None, expected: object) -> None:
    fields = [("MessageSid", SID), ("MessageStatus", status), ("To", "+14155552671")]
    (event,) = read(*fields, *([("ErrorCode", code)] if code is not None else []))

    assert isinstance(event, ReportedEvent)
    assert (event.result, event.detail, event.cause) == expected
    assert (event.provider_message_id, event.delivery_id) == (SID, DELIVERY)


def test_what_is_no_status_of_a_message_is_no_report() -> None:
    assert read(("MessageSid", SID), ("MessageStatus", "telepathy")) == []
    assert read(("CallSid", "CA1")) == []
    assert read() == []
    (event,) = read(("SmsSid", SID), ("MessageStatus", "sent"), url=URL.partition("?")[0])
    assert event == ReportedEvent(TAKEN, provider_message_id=SID)


def test_a_message_of_a_person_is_read_with_every_field_signed() -> None:
    text = "Señor, STOP & go = 100 % 🙂"
    fields = [("MessageSid", SID), ("From", "+14155552671"), ("To", "+15005550006"), ("Body", text)]

    assert read(*fields, ("SmsStatus", "received")) == [InboundMessage("+14155552671", text, SID)]
    assert read(*fields, ("OptOutType", "STOP")) == [InboundMessage("+14155552671", text, SID, "stop")]
    assert render_answer("a < b & c") == (
        "text/xml",
        b'<?xml version="1.0" encoding="UTF-8"?><Response><Message>a &lt; b &amp; c</Message></Response>',
    )
    assert read(*fields[:2], ("Body", "")) == [InboundMessage("+14155552671", "", SID)]


def test_a_body_that_is_no_form_is_signed_by_its_hash() -> None:
    body = b'{"any": "document"}'
    url = f"https://alerts.example.com/callbacks/sms/twilio?bodySHA256={sha256(body).hexdigest()}"
    callback = Callback(url, {"x-twilio-signature": signed(url, [])}, body, NOW)

    assert read_callback(callback, TOKEN) == []
    with pytest.raises(ForgedCallback):
        read_callback(replace(callback, body=b"another"), TOKEN)


def test_a_refusal_because_the_number_opted_out_is_a_reason_to_suppress_it() -> None:
    causes = {}
    for code in (21610, 21211, 21408, 21617, 30003, 30007):
        error = twilio_codes.read(code, "no")
        causes[code] = error.cause if isinstance(error, Refused | RetryLater) else None

    expected = {21610: "stop", 21211: "hard_bounce", 30003: "soft_bounce"}
    assert causes == {21408: None, 21617: None, 30007: None} | expected
