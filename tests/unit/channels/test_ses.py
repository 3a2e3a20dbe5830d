"""What Amazon SES reports over SNS, and how requests to AWS are signed."""

import base64
import json
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from property_alert_notification.base.errors import ForgedCallback, Unavailable
from property_alert_notification.channels.callback import Callback, ReportedResult, SubscriptionEnded, SuppressionCause
from property_alert_notification.channels.email_ses import read_callback
from property_alert_notification.channels.sigv4 import Credentials, signed_headers
from property_alert_notification.channels.sns import TopicReader

NOW = datetime(2026, 12, 1, 9, tzinfo=UTC)
TAKEN, ARRIVED, BOUNCED = ReportedResult
HARD, SOFT, COMPLAINT, STOP, UNSUBSCRIBE = SuppressionCause
DELIVERY = UUID(int=7)
TOPIC = "arn:aws:sns:us-east-1:123456789012:alerts"
CERTIFICATE_URL = "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-0123456789abcdef.pem"
KEY = rsa.generate_private_key(65537, 2048)


def certificate(*, until: datetime = NOW + timedelta(days=1)) -> bytes:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.amazonaws.com")])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(KEY.public_key())
    dated = builder.serial_number(1).not_valid_before(NOW - timedelta(days=9)).not_valid_after(until)
    return dated.sign(KEY, SHA256()).public_bytes(Encoding.PEM)


class Web:
    """What is fetched."""

    def __init__(self, body: bytes = b"") -> None:
        self.body = body or certificate()
        self.fetched: list[str] = []

    async def fetch(self, url: str) -> bytes:
        self.fetched.append(url)
        return self.body


class Kept:
    """Certificates that verified messages, for as long as a test."""

    def __init__(self) -> None:
        self.certificates: dict[str, bytes] = {}

    async def read(self) -> Mapping[str, bytes]:
        return dict(reversed(self.certificates.items()))

    async def keep(self, url: str, certificate: bytes, now: datetime) -> None:
        assert now >= NOW
        self.certificates[url] = certificate


def signed(version: str = "2", **fields: Any) -> dict[str, Any]:
    """A message as SNS signs it, by the steps of its documentation."""
    message = {
        "Type": "Notification",
        "MessageId": "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324",
        "TopicArn": TOPIC,
        "Message": "{}",
        "Timestamp": "2026-12-01T08:59:00.000Z",
        "SignatureVersion": version,
        "SigningCertURL": CERTIFICATE_URL,
        "UnsubscribeURL": "https://sns.us-east-1.amazonaws.com/?Action=Unsubscribe",
    } | fields
    covered = ["Message", "MessageId", "Subject", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"]
    if message["Type"] == "Notification":
        covered = [name for name in covered if name not in ("SubscribeURL", "Token")]
    content = "".join(f"{name}\n{message[name]}\n" for name in covered if name in message)
    signature = KEY.sign(content.encode(), PKCS1v15(), SHA1() if version == "1" else SHA256())
    return message | {"Signature": base64.b64encode(signature).decode()}


async def read(message: dict[str, Any], web: Web | None = None, *, now: datetime = NOW) -> list[Any]:
    reader = TopicReader([TOPIC], (web or Web()).fetch, Kept())
    body = json.dumps(message).encode()
    return list(await read_callback(Callback("https://a.example", {}, body, now), reader))


def event(kind: str, **fields: Any) -> str:
    mail = {"messageId": "0100-ses", "destination": ["ada@example.com"], "tags": {"delivery_id": [str(DELIVERY)]}}
    return json.dumps({"eventType": kind, "mail": mail, **fields})


def bounced(kind: str, sub: str, status: str = "", diagnostic: str = "") -> str:
    recipient = {"emailAddress": "ada@example.com", "action": "failed"}
    recipient |= {"status": status} if status else {}
    recipient |= {"diagnosticCode": diagnostic} if diagnostic else {}
    return event("Bounce", bounce={"bounceType": kind, "bounceSubType": sub, "bouncedRecipients": [recipient]})


AUTOMATIC_ANSWER = event(
    "Bounce",
    bounce={
        "bounceType": "Transient",
        "bounceSubType": "General",
        "bouncedRecipients": [{"emailAddress": "ada@example.com"}],
    },
)


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (event("Send"), (TAKEN, None)),
        (event("DeliveryDelay"), (TAKEN, None)),
        (event("Delivery"), (ARRIVED, None)),
        (event("Reject", reject={"reason": "Bad content"}), (BOUNCED, None)),
        (event("Complaint", complaint={"complaintFeedbackType": "abuse"}), (ARRIVED, COMPLAINT)),
        (event("Complaint", complaint={"complaintSubType": "OnAccountSuppressionList"}), (BOUNCED, COMPLAINT)),
        (event("Complaint", complaint={"complaintFeedbackType": "other"}), (ARRIVED, COMPLAINT)),
        (event("Complaint", complaint={}), (ARRIVED, COMPLAINT)),
        (event("Complaint", complaint={"complaintFeedbackType": "not-spam"}), (ARRIVED, None)),
        (event("Complaint", complaint={"complaintFeedbackType": "auth-failure"}), (ARRIVED, None)),
        (event("Complaint", complaint={"complaintFeedbackType": "virus"}), (ARRIVED, None)),
        (bounced("Permanent", "UnsubscribedRecipient"), (BOUNCED, UNSUBSCRIBE)),
        (AUTOMATIC_ANSWER, None),
        (bounced("Transient", "General", "4.4.7", "smtp; 451 4.4.7 expired"), (BOUNCED, SOFT)),
        (bounced("Permanent", "NoEmail"), (BOUNCED, HARD)),
        (bounced("Permanent", "OnAccountSuppressionList"), (BOUNCED, HARD)),
        (bounced("Permanent", "General", "5.1.1", "smtp; 550 5.1.1 user unknown"), (BOUNCED, HARD)),
        (bounced("Permanent", "General", "5.7.1", "smtp; 550 5.7.1 blocked by policy"), (BOUNCED, None)),
        (bounced("Transient", "MailboxFull"), (BOUNCED, SOFT)),
        (bounced("Transient", "ContentRejected"), (BOUNCED, None)),
        (bounced("Undetermined", "Undetermined"), (BOUNCED, None)),
        (event("Open"), None),
        ('{"notificationType": "AmazonSnsSubscriptionSucceeded"}', None),
        ("Successfully validated SNS topic for Amazon SES event publishing.", None),
        (event("Delivery", mail={"messageId": "0100-ses", "tags": {"delivery_id": ["order-77"]}}), None),
    ],
)
async def test_an_event_of_ses_is_a_report(message: str, expected: Any) -> None:
    events = await read(signed(Message=message))

    assert [(one.result, one.cause) for one in events] == ([] if expected is None else [expected])
    for one in events:
        assert (one.delivery_id, one.provider_message_id) == (DELIVERY, "0100-ses")
        assert one.event_id == "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324"
        assert "ada" not in (one.detail or "")


async def test_both_versions_of_the_signature_are_valid_and_the_certificate_is_fetched_once() -> None:
    web = Web()
    reader = TopicReader([TOPIC], web.fetch, Kept())
    for message in (signed("1"), signed("2"), signed("2", Subject="Amazon SES")):
        await reader.read(Callback("https://a.example", {}, json.dumps(message).encode(), NOW))

    assert web.fetched == [CERTIFICATE_URL]


FORGERIES: list[Callable[[], dict[str, Any]]] = [
    # Somebody else's topic, which SNS has signed.
    lambda: signed(TopicArn="arn:aws:sns:us-east-1:999999999999:evil"),
    lambda: signed(SigningCertURL="https://evil.example/SimpleNotificationService-01.pem"),
    lambda: signed(SigningCertURL=CERTIFICATE_URL.replace("https", "http")),
    lambda: signed(SigningCertURL=CERTIFICATE_URL.replace("us-east-1", "eu-west-1")),
    lambda: signed(SigningCertURL=CERTIFICATE_URL.replace(".com/", ".com.evil.example/")),
    lambda: signed(SigningCertURL=CERTIFICATE_URL.replace("https://", "https://u@")),
    lambda: signed(SigningCertURL=CERTIFICATE_URL.replace(".com/", ".com:444/")),
    lambda: signed(SigningCertURL="https://sns.us-east-1.amazonaws.com/?Action=GetCert.pem"),
    lambda: signed(SigningCertURL="https://[::1"),
    *(
        lambda url=url: signed(SigningCertURL=url)  # type: ignore[misc]
        for url in (
            f"{CERTIFICATE_URL}?1",
            f"{CERTIFICATE_URL}#1",
            f"{CERTIFICATE_URL}\n",
            f" {CERTIFICATE_URL}",
            CERTIFICATE_URL.replace("sns.", "s\tns."),
            CERTIFICATE_URL.replace("amazonaws", "Amazonaws"),
            CERTIFICATE_URL.replace("Service-", "Service-\n"),
            CERTIFICATE_URL.replace(".com/", ".com//"),
        )
    ),
    lambda: signed("3"),
    lambda: signed(Type="Other"),
    dict,
]


@pytest.mark.parametrize("forgery", FORGERIES)
async def test_what_no_topic_of_ours_has_sent_is_forged_and_nothing_is_fetched(
    forgery: Callable[[], dict[str, Any]],
) -> None:
    web = Web()
    with pytest.raises(ForgedCallback):
        await read(forgery(), web)
    assert web.fetched == []


async def test_a_changed_old_or_otherwise_signed_message_is_forged() -> None:
    changes = [
        signed() | {"Message": '{"eventType": "Complaint"}'},
        signed() | {"Subject": "added"},
        signed() | {"Signature": "AAAA"},
        signed() | {"Signature": "not Base64"},
        signed("1") | {"SignatureVersion": "2"},
        signed(Timestamp="2026-12-01T07:59:00.000Z"),
        signed(Timestamp="soon"),
    ]
    for message in changes:
        with pytest.raises(ForgedCallback):
            await read(message)
    for body in (b"no certificate", certificate(until=NOW - timedelta(days=1))):
        with pytest.raises(ForgedCallback):
            await read(signed(), Web(body))


async def test_nobody_can_make_this_service_fetch_many_certificates() -> None:
    web = Web(b"no certificate")
    reader = TopicReader([TOPIC], web.fetch, Kept())

    async def post(message: dict[str, Any], source: str = "203.0.113.1", *, now: datetime = NOW) -> None:
        await reader.read(Callback("https://a.example", {}, json.dumps(message).encode(), now, source))

    for hopeless in ({"Timestamp": "2026-12-01T07:59:00.000Z"}, {"Timestamp": "soon"}, {"Signature": "no Base64"}):
        with pytest.raises(ForgedCallback):
            await post(signed() | hopeless)
    assert web.fetched == []
    urls = [CERTIFICATE_URL.replace("Service-0", f"Service-{number}") for number in range(1, 60)]
    for number, url in enumerate((*urls, *urls)):
        with pytest.raises((ForgedCallback, Unavailable)):
            await post(signed(SigningCertURL=url), f"203.0.{number}.1")
    assert web.fetched == urls[:30]

    web.body = certificate()
    with pytest.raises(Unavailable):
        await post(signed())
    await post(signed(), now=NOW + timedelta(minutes=1))
    await post(signed())


async def test_forged_messages_leave_room_for_a_certificate_that_is_new() -> None:
    web = Web()
    reader = TopicReader([TOPIC], web.fetch, Kept())
    urls = [CERTIFICATE_URL.replace("Service-0", f"Service-{number}") for number in range(1, 200)]

    async def post(message: dict[str, Any], source: str) -> None:
        await reader.read(Callback("https://a.example", {}, json.dumps(message).encode(), NOW, source))

    async def forge(sources: Iterable[str]) -> int:
        before = len(web.fetched)
        for source in sources:
            with pytest.raises((ForgedCallback, Unavailable)):
                await post(signed(SigningCertURL=urls.pop()) | {"Signature": "AAAA"}, source)
        return len(web.fetched) - before

    # One network cannot use up what is left for others.
    assert await forge([f"203.0.113.{number}" for number in range(60)]) == 5
    await post(signed(), "198.51.100.1")
    # Many networks cannot use up what is left for those whose messages were verified.
    assert await forge([f"203.0.{number}.1" for number in range(60)]) == 25
    rotated = signed(SigningCertURL=CERTIFICATE_URL.replace("Service-0", "Service-f"))
    with pytest.raises(Unavailable):
        await post(rotated, "192.0.2.1")
    await post(rotated, "198.51.100.2")
    await post(rotated, "192.0.2.1")


async def test_forged_messages_after_a_restart_leave_room_for_a_certificate_that_is_new() -> None:
    web, kept = Web(), Kept()

    async def post(reader: TopicReader, message: dict[str, Any], source: str, *, days: int = 0) -> None:
        at = NOW + timedelta(days)
        await reader.read(Callback("https://a.example", {}, json.dumps(message).encode(), at, source))

    await post(TopicReader([TOPIC], web.fetch, kept), signed(), "198.51.100.1")
    assert kept.certificates == {CERTIFICATE_URL: web.body}

    restarted = TopicReader([TOPIC], web.fetch, kept)
    for number in range(60):
        forged = signed(SigningCertURL=CERTIFICATE_URL.replace("Service-0", f"Service-{number}x"))
        with pytest.raises((ForgedCallback, Unavailable)):
            await post(restarted, forged | {"Signature": "AAAA"}, f"203.0.{number}.1")
    fetched = len(web.fetched)
    await post(restarted, signed(), "198.51.100.1")
    assert len(web.fetched) == fetched
    rotated = CERTIFICATE_URL.replace("Service-0", "Service-f")
    await post(restarted, signed(SigningCertURL=rotated), "198.51.100.2")
    assert len(web.fetched) == fetched + 1
    assert kept.certificates.keys() == {CERTIFICATE_URL, rotated}

    # What was kept and is not valid any more is fetched again.
    web.body = certificate(until=NOW + timedelta(days=9))
    late = signed(Timestamp="2026-12-04T08:59:00.000Z")
    await post(TopicReader([TOPIC], web.fetch, kept), late, "198.51.100.1", days=3)
    assert kept.certificates[CERTIFICATE_URL] == web.body


async def test_forged_messages_take_away_no_key_that_has_verified_one() -> None:
    web = Web()
    reader = TopicReader([TOPIC], web.fetch, Kept())

    async def post(message: dict[str, Any], minute: int) -> None:
        await reader.read(Callback("https://a.example", {}, json.dumps(message).encode(), NOW + timedelta(0, minute)))

    await post(signed(), 0)
    for number in range(200):
        url = CERTIFICATE_URL.replace("Service-0", f"Service-{number}x")
        with pytest.raises((ForgedCallback, Unavailable)):
            await post(signed(SigningCertURL=url) | {"Signature": "AAAA"}, number)
    fetched = len(web.fetched)
    await post(signed(), 200)

    assert len(web.fetched) == fetched


async def test_a_key_that_a_forged_message_named_first_is_there_for_the_true_one() -> None:
    web = Web()
    reader = TopicReader([TOPIC], web.fetch, Kept())
    bodies = [json.dumps(signed() | {"Signature": "AAAA"}), json.dumps(signed())]
    with pytest.raises(ForgedCallback):
        await reader.read(Callback("https://a.example", {}, bodies[0].encode(), NOW))

    await reader.read(Callback("https://a.example", {}, bodies[1].encode(), NOW))

    assert web.fetched == [CERTIFICATE_URL]


async def test_the_end_of_a_subscription_is_noticed() -> None:
    own = f"https://sns.us-east-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn={TOPIC}&Token=t0ken"
    web = Web()

    ended = await read(signed(Type="UnsubscribeConfirmation", Token="t", SubscribeURL=own), web)

    assert ended == [SubscriptionEnded(TOPIC)]
    assert web.fetched == [CERTIFICATE_URL]


async def test_only_the_subscription_of_a_topic_of_ours_is_confirmed() -> None:
    own = f"https://sns.us-east-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn={TOPIC}&Token=t0ken"
    web = Web()
    assert await read(signed(Type="SubscriptionConfirmation", Token="t", SubscribeURL=own), web) == []
    assert web.fetched == [CERTIFICATE_URL, own]

    for url in (
        "http://169.254.169.254/latest/meta-data",
        own.replace("amazonaws.com", "amazonaws.com.evil.example"),
        own.replace("ConfirmSubscription", "DeleteTopic"),
        own.replace(".com/", ".com/x"),
        own.replace("Token=", "To\nken="),
        f"{own}#x",
        f" {own}",
        own.replace(TOPIC, "arn:aws:sns:us-east-1:999999999999:evil"),
    ):
        web = Web()
        with pytest.raises(ForgedCallback):
            await read(signed(Type="SubscriptionConfirmation", Token="t", SubscribeURL=url), web)
        assert web.fetched == [CERTIFICATE_URL]


@pytest.mark.parametrize(
    ("method", "signature"),
    [
        ("GET", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
        ("POST", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"),
    ],
)
def test_a_request_is_signed_as_in_the_test_suite_of_aws(method: str, signature: str) -> None:
    headers = signed_headers(
        method,
        "example.amazonaws.com",
        "/",
        b"",
        who=Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
        region="us-east-1",
        service="service",
        now=datetime(2015, 8, 30, 12, 36, tzinfo=UTC),
    )

    assert headers == {
        "x-amz-date": "20150830T123600Z",
        "authorization": (
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
            f"SignedHeaders=host;x-amz-date, Signature={signature}"
        ),
    }
