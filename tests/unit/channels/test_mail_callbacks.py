"""What Postmark, SendGrid and Mailgun report, by the examples of their documentation."""

import base64
import hmac
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx2
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from property_alert_notification.base.errors import ForgedCallback, ProviderDown
from property_alert_notification.base.http import Answer
from property_alert_notification.channels import email_mailgun, email_postmark, email_sendgrid
from property_alert_notification.channels.callback import Callback, ReportedResult, SuppressionCause, UsedToken

NOW = datetime(2026, 12, 1, 9, tzinfo=UTC)
TAKEN, ARRIVED, BOUNCED = ReportedResult
HARD, SOFT, COMPLAINT, STOP, UNSUBSCRIBE = SuppressionCause
DELIVERY = UUID(int=7)
URL = "https://alerts.example.com/callbacks/email/x"
SECRET = "a-secret-of-16-characters"
SENDGRID_KEY = ec.generate_private_key(ec.SECP256R1())
AT = str(int(NOW.timestamp()))


def postmark(document: Any, *, secret: str = SECRET, header: bool = False) -> Sequence[Any]:
    login = base64.b64encode(f"postmark:{secret}".encode()).decode()
    headers = {"x-callback-secret": secret} if header else {"authorization": f"Basic {login}"}
    body = json.dumps({"Metadata": {"delivery_id": str(DELIVERY)}, "MessageID": "m-1"} | document).encode()
    return email_postmark.read_callback(Callback(URL, headers, body, NOW), SECRET)


def sendgrid(*documents: Any, at: str = AT, body: bytes | None = None, **headers: str) -> Sequence[Any]:
    own = {"delivery_id": str(DELIVERY), "sg_event_id": "e-1", "sg_message_id": "m-1"}
    content = json.dumps([own | document for document in documents]).encode()
    signature = base64.b64encode(SENDGRID_KEY.sign(at.encode() + content, ec.ECDSA(SHA256()))).decode()
    named = {
        "x-twilio-email-event-webhook-signature": signature,
        "x-twilio-email-event-webhook-timestamp": at,
    } | {name.replace("_", "-"): value for name, value in headers.items()}
    callback = Callback(URL, named, content if body is None else body, NOW)
    return email_sendgrid.read_callback(callback, SENDGRID_KEY.public_key())


def mailgun(event: Any, *, at: str = AT, token: str = "t0ken", key: str = SECRET) -> Sequence[Any]:
    signature = hmac.new(key.encode(), f"{at}{token}".encode(), "sha256").hexdigest()
    document = {
        "signature": {"timestamp": at, "token": token, "signature": signature},
        "event-data": {"user-variables": {"delivery_id": str(DELIVERY)}, "recipient": "alice@example.com"} | event,
    }
    return email_mailgun.read_callback(Callback(URL, {}, json.dumps(document).encode(), NOW), SECRET)


def bounce(kind: str, details: str = "") -> Any:
    return {"RecordType": "Bounce", "Type": kind, "ID": 692560173, "Details": details, "Email": "john@example.com"}


def failed(reason: str, code: int, message: str, severity: str = "permanent") -> Any:
    status = {"code": code, "message": message, "attempt-no": 1}
    return {"event": "failed", "severity": severity, "reason": reason, "delivery-status": status}


NO_SUCH_USER = "550 5.1.1 The email account that you tried to reach does not exist."
POLICY = "550 5.7.1 Message rejected due to local policy."


@pytest.mark.parametrize(
    ("read", "document", "expected"),
    [
        (postmark, {"RecordType": "Delivery", "DeliveredAt": "2019-11-05T16:33:54.9070259Z"}, (ARRIVED, None)),
        (postmark, bounce("HardBounce"), (BOUNCED, HARD)),
        (postmark, bounce("BadEmailAddress"), (BOUNCED, HARD)),
        (postmark, bounce("SoftBounce", "552 5.2.2 mailbox full"), (BOUNCED, SOFT)),
        (postmark, bounce("SoftBounce", POLICY), (BOUNCED, None)),
        (postmark, bounce("Blocked"), (BOUNCED, None)),
        (postmark, bounce("SpamNotification"), (BOUNCED, None)),
        (postmark, bounce("Transient"), None),
        (postmark, bounce("AutoResponder"), None),
        (postmark, bounce("SpamComplaint"), (ARRIVED, COMPLAINT)),
        (postmark, {"RecordType": "SpamComplaint"}, (ARRIVED, COMPLAINT)),
        (
            postmark,
            {
                "RecordType": "SubscriptionChange",
                "SuppressSending": True,
                "SuppressionReason": "ManualSuppression",
                "Origin": "Recipient",
            },
            (ARRIVED, UNSUBSCRIBE),
        ),
        (postmark, {"RecordType": "SubscriptionChange", "SuppressSending": False, "SuppressionReason": None}, None),
        (postmark, {"RecordType": "Open"}, None),
        (sendgrid, {"event": "processed"}, (TAKEN, None)),
        (sendgrid, {"event": "deferred", "response": "400 try again later"}, (TAKEN, None)),
        (sendgrid, {"event": "delivered", "response": "250 OK"}, (ARRIVED, None)),
        (sendgrid, {"event": "bounce", "type": "bounce", "status": "5.1.1", "reason": NO_SUCH_USER}, (BOUNCED, HARD)),
        (sendgrid, {"event": "bounce", "type": "blocked", "status": "5.7.1", "reason": POLICY}, (BOUNCED, None)),
        (
            sendgrid,
            {"event": "bounce", "type": "blocked", "status": "5.1.1", "reason": NO_SUCH_USER},
            (BOUNCED, None),
        ),
        (
            sendgrid,
            {
                "event": "bounce",
                "type": "bounce",
                "reason": "unable to get mx info: failed to get IPs from PTR record",
                "bounce_classification": "Invalid Address",
            },
            (BOUNCED, HARD),
        ),
        (sendgrid, {"event": "dropped", "reason": "Invalid"}, (BOUNCED, HARD)),
        (sendgrid, {"event": "dropped", "reason": "Bounced Address"}, (BOUNCED, HARD)),
        (sendgrid, {"event": "dropped", "reason": "Invalid SMTPAPI header"}, (BOUNCED, None)),
        (sendgrid, {"event": "spamreport"}, (ARRIVED, COMPLAINT)),
        (sendgrid, {"event": "group_unsubscribe"}, (ARRIVED, UNSUBSCRIBE)),
        (sendgrid, {"event": "open"}, None),
        (mailgun, {"event": "accepted"}, (TAKEN, None)),
        (mailgun, {"event": "delivered"}, (ARRIVED, None)),
        (mailgun, failed("bounce", 550, NO_SUCH_USER.partition(" ")[2]), (BOUNCED, HARD)),
        (mailgun, failed("suppress-bounce", 605, "Not delivering to previously bounced address"), (BOUNCED, HARD)),
        (mailgun, failed("suppress-complaint", 607, ""), (BOUNCED, COMPLAINT)),
        (mailgun, failed("generic", 550, "5.7.1 blocked by policy"), (BOUNCED, None)),
        (mailgun, failed("generic", 452, "4.2.2 over quota", "temporary"), (TAKEN, None)),
        (mailgun, failed("generic", 605, "Not delivering to previously bounced address"), (BOUNCED, HARD)),
        (mailgun, failed("generic", 606, "Not delivering to unsubscribed address"), (BOUNCED, UNSUBSCRIBE)),
        (mailgun, failed("generic", 498, "No MX for nosuch.example"), (BOUNCED, HARD)),
        (mailgun, failed("generic", 498, "timed out", "temporary"), (TAKEN, None)),
        (mailgun, failed("old", 452, "4.2.2 over quota", "temporary"), (BOUNCED, SOFT)),
        (mailgun, failed("old", 602, "Too old", "permanent"), (BOUNCED, None)),
        (mailgun, {"event": "rejected", "reject": {"reason": "Sandbox"}}, (BOUNCED, None)),
        (mailgun, {"event": "complained"}, (ARRIVED, COMPLAINT)),
        (mailgun, {"event": "unsubscribed"}, (ARRIVED, UNSUBSCRIBE)),
        (mailgun, {"event": "opened"}, None),
    ],
)
def test_a_report_is_read_by_the_words_of_the_provider(
    read: Callable[[Any], Sequence[Any]], document: Any, expected: Any
) -> None:
    events = [one for one in read(document) if not isinstance(one, UsedToken)]

    assert [(one.result, one.cause) for one in events] == ([] if expected is None else [expected])
    assert all(one.delivery_id == DELIVERY for one in events)
    details = " ".join(one.detail or "" for one in events)
    assert "example.com" not in details
    assert "account" not in details


def test_postmark_has_the_secret_as_password_or_header() -> None:
    delivered = {"RecordType": "Delivery"}
    assert postmark(delivered, header=True) == postmark(delivered)
    for forged in ("", "another-secret-of-16", SECRET[:-1]):
        with pytest.raises(ForgedCallback):
            postmark(delivered, secret=forged)
    for authorization in ("", "Basic", "Basic !!!", f"Bearer {SECRET}", "Basic /w=="):
        with pytest.raises(ForgedCallback):
            email_postmark.read_callback(Callback(URL, {"authorization": authorization}, b"{}", NOW), SECRET)


def test_sendgrid_signs_the_time_and_the_raw_body() -> None:
    (event,) = sendgrid({"event": "delivered"})
    assert (event.event_id, event.provider_message_id) == ("e-1", "m-1")
    assert json.loads(event.raw or b"")["event"] == "delivered"

    body = json.dumps([{"event": "delivered"}], indent=1).encode()
    old = str(int((NOW - timedelta(hours=26)).timestamp()))
    forged: list[dict[str, Any]] = [
        {"body": body},
        {"body": b"not even JSON"},
        {"at": old},
        {"x_twilio_email_event_webhook_timestamp": "1"},
        {"x_twilio_email_event_webhook_signature": ""},
        {"x_twilio_email_event_webhook_signature": "%%%"},
        {"x_twilio_email_event_webhook_signature": base64.b64encode(b"no signature").decode()},
    ]
    for change in forged:
        with pytest.raises(ForgedCallback):
            sendgrid({"event": "delivered"}, **change)
    public = SENDGRID_KEY.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    text = base64.b64encode(public).decode()
    assert email_sendgrid.SendGridSettings(api_key="k", callback_key=text).callback_key == text
    assert email_sendgrid.load_key(text) == SENDGRID_KEY.public_key()
    with pytest.raises(ValueError, match="must be the verification key"):
        email_sendgrid.SendGridSettings(api_key="k", callback_key="MEUw")


def test_a_token_of_mailgun_counts_once_whatever_the_body_says() -> None:
    (first,), (second,) = mailgun({"event": "delivered"}), mailgun(failed("suppress-complaint", 607, ""))

    assert first.event_id == second.event_id == "t0ken"
    assert mailgun({"event": "opened"}) == [UsedToken("t0ken")]
    old = str(int((NOW - timedelta(hours=13)).timestamp()))
    for forged in ({"key": "another"}, {"at": old}, {"at": "soon"}):
        with pytest.raises(ForgedCallback):
            mailgun({"event": "delivered"}, **forged)
    for body in (b"", b"[]", b"{}", b'{"signature": 1}', b'{"signature": {"signature": "\xc3\xbf"}}'):
        with pytest.raises(ForgedCallback):
            email_mailgun.read_callback(Callback(URL, {}, body, NOW), SECRET)


def test_one_event_that_cannot_be_read_or_is_not_ours_does_not_stop_the_others() -> None:
    bounced = {"event": "bounce", "type": "bounce", "status": "5.1.1", "reason": NO_SUCH_USER}
    others = [
        {"event": "delivered", "delivery_id": "order-77"},
        {"event": "delivered", "delivery_id": 77},
        {"event": "delivered", "delivery_id": None},
        {"event": "bounce", "delivery_id": None} | bounced,
    ]
    events = sendgrid(*others, {"event": []}, bounced, {"event": "delivered", "sg_message_id": {}, "sg_event_id": 5})

    assert [(one.cause, one.provider_message_id, one.event_id) for one in events] == [
        (HARD, "m-1", "e-1"),
        (None, None, "5"),
    ]
    body = json.dumps([7, {"event": "delivered", "delivery_id": str(DELIVERY)}]).encode()
    signature = base64.b64encode(SENDGRID_KEY.sign(AT.encode() + body, ec.ECDSA(SHA256()))).decode()
    unreadable, read = sendgrid(body=body, x_twilio_email_event_webhook_signature=signature)
    assert (unreadable.origin["error"], read.result) == ("AttributeError", ARRIVED)


def test_an_event_of_another_application_is_no_event() -> None:
    for foreign in ("order-77", 77, ["order-77"]):
        assert postmark({"RecordType": "Delivery", "Metadata": {"delivery_id": foreign}}) == []
        assert mailgun({"event": "delivered", "user-variables": {"delivery_id": foreign}}) == [UsedToken("t0ken")]


@pytest.mark.parametrize("code", [[], {}, "405", None])
def test_a_code_that_is_no_number_says_nothing_about_the_account(code: Any) -> None:
    unclear, clear = (Answer(422, httpx2.Headers(), json.dumps({"ErrorCode": value}).encode()) for value in (code, 405))
    assert email_postmark._read(unclear, "HTTP 422") is None
    assert isinstance(email_postmark._read(clear, "HTTP 422"), ProviderDown)
