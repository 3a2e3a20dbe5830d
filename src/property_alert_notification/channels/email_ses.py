"""Email through Amazon SES's API (v2), with its events over SNS.

Sources: https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html,
https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html,
https://docs.aws.amazon.com/ses/latest/dg/notification-contents.html
"""

import json
from collections.abc import Sequence
from functools import partial
from typing import Any, ClassVar
from urllib.parse import urlsplit

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from property_alert_notification.base.clock import Clock
from property_alert_notification.base.errors import ProviderDown, RetryLater, SendError, Throttled, Unavailable
from property_alert_notification.base.http import Answer, HttpCaller, HttpSettings, fields_of, id_in
from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.channels.base import Limits, OutgoingMessage, Receipt, Tools
from property_alert_notification.channels.callback import (
    Callback,
    CallbackReader,
    Reported,
    ReportedEvent,
    ReportedResult,
    SubscriptionEnded,
    SuppressionCause,
)
from property_alert_notification.channels.callback_fields import delivery_id_of, detail_of, read_each, text_of
from property_alert_notification.channels.mail_api import (
    DELIVERY_ID,
    email_settings,
    from_header,
    headers_of,
    recipient_of,
)
from property_alert_notification.channels.mime import EmailSettings
from property_alert_notification.channels.sigv4 import Credentials, signed_headers
from property_alert_notification.channels.smtp.bounce import bounce_in_report
from property_alert_notification.channels.sns import TopicReader
from property_alert_notification.channels.sns_certificates.stored import StoredCertificates

LARGEST_CALLBACK = 256 * 1024
"""The largest message of SNS."""
_ARN = r"arn:aws[a-z-]*:sns:[a-z0-9-]{3,40}:[0-9]{12}:[A-Za-z0-9_-]{1,256}"
_RESULTS = {
    **dict.fromkeys(("Send", "DeliveryDelay"), ReportedResult.TAKEN),
    **dict.fromkeys(("Delivery", "Complaint"), ReportedResult.ARRIVED),
    **dict.fromkeys(("Bounce", "Reject", "Rendering Failure"), ReportedResult.BOUNCED),
}
_NO_SNS = "SNS did not answer. Try again."
_QUOTA = frozenset({"LimitExceededException", "TooManyRequestsException", "ThrottlingException", "Throttling"})
_QUOTA_WORDS = ("quota exceeded", "rate exceeded", "sending rate", "throttl")
_ACCOUNT = frozenset({
    "AccountSuspendedException", "SendingPausedException", "MailFromDomainNotVerifiedException", "NotFoundException",
})  # fmt: skip
_ACCOUNT_WORDS = ("not verified", "paused", "suspended", "configuration set", "disabled for your account")
_COMPLAINTS = frozenset({"", "abuse", "other"})
"""The types of feedback by which a user says that the email was unwanted; others are about fraud, viruses and failed
authentication, or say that it was no spam."""
_GONE = frozenset({"NoEmail", "Suppressed", "OnAccountSuppressionList"})


class SesSettings(HttpSettings):
    """An AWS account that may send email."""

    model_config = SettingsConfigDict(env_prefix="SES_", env_ignore_empty=True)

    region: str = Field(pattern=r"^[a-z0-9-]{3,40}$", examples=["us-east-1"])
    """The region of SES."""

    access_key_id: str = Field(pattern=r"^[A-Z0-9]{16,128}$", examples=["AKIAIOSFODNN7EXAMPLE"])
    """A user or role that may call `ses:SendEmail`."""

    secret_access_key: SecretStr = Field(min_length=1, examples=["a-secret"])
    """Its secret."""

    session_token: SecretStr | None = Field(None, examples=["a-session-token"])
    """The token of temporary credentials."""

    configuration_set: str | None = Field(None, pattern=r"^[A-Za-z0-9_-]{1,64}$", examples=["alerts"])
    """The configuration set, which publishes events to an SNS topic."""

    topic_arns: str | None = Field(
        None, pattern=rf"^{_ARN}(,{_ARN})*$", examples=["arn:aws:sns:us-east-1:123456789012:alerts"]
    )
    """The SNS topics, with commas between, that may post to `/callbacks/email/ses`; their subscriptions are confirmed.
    Default: no callbacks."""

    base_url: str | None = Field(
        None, pattern=r"^https?://[^/?#]+$", examples=["https://email.us-east-1.amazonaws.com"]
    )
    """A fake for tests. Default: the endpoint of the region."""


def create(tools: Tools) -> "SesSender":
    """Build the sender from `SES_…` and `EMAIL_…`."""
    return SesSender(tools.load(SesSettings), email_settings("ses"), tools.clock)


class SesSender:
    """Calls SendEmail for each message."""

    channel: ClassVar[Channel] = Channel("email")
    name: ClassVar[str] = "ses"
    key_window = None
    """SendEmail takes no token; the tag with the delivery's id comes back in events."""

    def __init__(self, settings: SesSettings, email: EmailSettings, clock: Clock) -> None:
        """Nothing is opened yet."""
        self._settings = settings
        self._email = email
        self._clock = clock
        self._url = settings.base_url or f"https://email.{settings.region}.amazonaws.com"
        token = settings.session_token
        self._who = Credentials(
            settings.access_key_id,
            settings.secret_access_key.get_secret_value(),
            None if token is None else token.get_secret_value(),
        )
        self.calls_back = settings.topic_arns is not None
        self.limits = Limits(settings.connections, settings.rate)
        self._http = HttpCaller(clock, connections=settings.connections, deadline=settings.timeout)

    async def send(self, message: OutgoingMessage) -> Receipt:
        """Send one message; the receipt holds its MessageId."""
        body = json.dumps(self._document(message)).encode()
        path = "/v2/email/outbound-emails"
        headers = {**self._signed("POST", path, body), "content-type": "application/json"}
        answer = await self._http.post(f"{self._url}{path}", content=body, headers=headers, read=_read)
        return Receipt(provider_message_id=id_in(answer, "MessageId"))

    def _document(self, message: OutgoingMessage) -> dict[str, Any]:
        headers = headers_of(message, self._email)
        headers.pop("Reply-To", None)
        body = {"Text": _text(message.text)} | ({} if message.html is None else {"Html": _text(message.html)})
        content = {
            "Subject": _text(message.subject),
            "Body": body,
            "Headers": [{"Name": name, "Value": value} for name, value in headers.items()],
        }
        document: dict[str, Any] = {
            "FromEmailAddress": from_header(self._email),
            "Destination": {"ToAddresses": [recipient_of(message)]},
            "Content": {"Simple": content},
            "EmailTags": [{"Name": DELIVERY_ID, "Value": str(message.delivery_id)}],
        }
        if self._email.email_reply_to is not None:
            document["ReplyToAddresses"] = [self._email.email_reply_to]
        if self._settings.configuration_set is not None:
            document["ConfigurationSetName"] = self._settings.configuration_set
        return document

    def _signed(self, method: str, path: str, body: bytes) -> dict[str, str]:
        host, now = urlsplit(self._url).netloc, self._clock.now()
        region = self._settings.region
        return signed_headers(method, host, path, body, who=self._who, region=region, service="ses", now=now)

    async def check(self) -> str:
        """Read the account."""
        path = "/v2/email/account"
        status = await self._http.ask("GET", f"{self._url}{path}", headers=self._signed("GET", path, b""))
        if status != 200:
            raise RetryLater(f"SES answers {status}: check SES_REGION, SES_ACCESS_KEY_ID and SES_SECRET_ACCESS_KEY")
        return "SES answers and knows the account"

    async def close(self) -> None:
        """Give connections back."""
        await self._http.close()


def _text(data: str) -> dict[str, str]:
    return {"Data": data, "Charset": "UTF-8"}


def _read(answer: Answer, reason: str) -> SendError | None:
    """Some refusals are about the account, its quota or the sender's domain: no message should be lost to that."""
    fields = fields_of(answer.body)
    kind = answer.headers.get("x-amzn-ErrorType") or str(fields.get("__type") or fields.get("code") or "")
    # Such as `LimitExceededException:http://internal.amazon.com/…` or `com.amazonaws.ses#LimitExceededException`.
    kind = kind.partition(":")[0].rpartition("#")[2]
    words = str(fields.get("message") or fields.get("Message") or "").lower()
    if kind in _QUOTA or any(part in words for part in _QUOTA_WORDS):
        return Throttled(f"{reason}: {kind or 'a quota is used up'}")
    if kind in _ACCOUNT or any(part in words for part in _ACCOUNT_WORDS):
        return ProviderDown(f"{reason}: see the SES console")
    return None


CALLBACK_SETTING = (SesSettings, "topic_arns")


def create_callback_reader(tools: Tools) -> CallbackReader | None:
    """Build the reader from `SES_TOPIC_ARNS`; None without it."""
    settings = tools.load_only(SesSettings, "topic_arns", "timeout")
    if settings.topic_arns is None:
        return None

    async def fetch(url: str) -> bytes:
        # A certificate is valid for months: no connection stays open for the next one.
        http = HttpCaller(tools.clock, connections=1, deadline=settings.timeout)
        try:
            answer = await http.get(url)
        except SendError:
            raise Unavailable(_NO_SNS) from None
        finally:
            await http.close()
        if answer.status != 200:
            raise Unavailable(_NO_SNS)
        return answer.body

    reader = TopicReader(settings.topic_arns.split(","), fetch, StoredCertificates(tools.database))
    return partial(read_callback, topics=reader)


async def read_callback(callback: Callback, topics: TopicReader) -> Sequence[Reported]:
    """Verify and read one message of SNS.

    Raises:
        ForgedCallback: it is not from a topic of ours.
    """
    message = await topics.read(callback)
    if message["Type"] == "UnsubscribeConfirmation":
        return [SubscriptionEnded(message["TopicArn"])]
    if message["Type"] != "Notification":
        return []
    # SES posts also sentences about a topic: they are no events.
    message_id, event = message["MessageId"], fields_of(message["Message"].encode("utf-8", "replace"))
    return read_each([event], partial(_event, event_id=message_id))


def _event(event: dict[str, Any], event_id: str) -> ReportedEvent | None:
    kind = event.get("eventType") or event.get("notificationType")
    if kind not in _RESULTS:
        return None
    mail = event.get("mail") or {}
    tags = (mail.get("tags") or {}).get(DELIVERY_ID)
    delivery_id = delivery_id_of(tags[0]) if tags else None
    if (read := _result_of(kind, event)) is None:
        return None
    result, cause, detail = read
    raw = json.dumps(event).encode()
    return ReportedEvent(result, text_of(mail.get("messageId")), delivery_id, detail, cause, event_id=event_id, raw=raw)


def _result_of(kind: str, event: dict[str, Any]) -> tuple[ReportedResult, SuppressionCause | None, str | None] | None:
    if kind == "Complaint":
        complaint = event.get("complaint") or {}
        was_sent = complaint.get("complaintSubType") != "OnAccountSuppressionList"
        result = ReportedResult.ARRIVED if was_sent else ReportedResult.BOUNCED
        is_unwanted = str(complaint.get("complaintFeedbackType") or "").lower() in _COMPLAINTS
        cause = SuppressionCause.COMPLAINT if is_unwanted else None
        return result, cause, detail_of("SES", complaint.get("complaintFeedbackType"))
    if kind != "Bounce":
        return _RESULTS[kind], None, detail_of("SES", kind) if _RESULTS[kind] is ReportedResult.BOUNCED else None
    bounce = event.get("bounce") or {}
    first = next(iter(bounce.get("bouncedRecipients") or [{}]))
    status, words = str(first.get("status", "")), str(first.get("diagnosticCode", ""))
    kinds = bounce.get("bounceType"), bounce.get("bounceSubType")
    if kinds == ("Transient", "General") and not (status or words or first.get("action") == "failed"):
        return None  # an automatic answer to an email that arrived
    detail = detail_of("SES", *kinds, status)
    return ReportedResult.BOUNCED, _cause_of(bounce, status, words), detail


def _cause_of(bounce: dict[str, Any], status: str, words: str) -> SuppressionCause | None:
    kind, sub = bounce.get("bounceType"), bounce.get("bounceSubType")
    if sub == "UnsubscribedRecipient":
        return SuppressionCause.UNSUBSCRIBE
    if kind == "Permanent" and (sub in _GONE or not (status or words)):
        return SuppressionCause.HARD_BOUNCE
    if kind == "Transient" and sub == "MailboxFull":
        return SuppressionCause.SOFT_BOUNCE
    return bounce_in_report(status, words) if status or words else None
