"""Verifies and reads what Twilio posts: the status of a message, and messages of people. Pure.

Sources: https://www.twilio.com/docs/usage/security#validating-requests,
https://www.twilio.com/docs/messaging/guides/outbound-message-status-in-status-callbacks,
https://www.twilio.com/docs/messaging/twiml#request-parameters; for the error codes see `twilio_codes`.
"""

import base64
import hmac
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from hashlib import sha256
from urllib.parse import parse_qs, parse_qsl, urlsplit
from xml.sax.saxutils import escape

from property_alert_notification.base.errors import ForgedCallback
from property_alert_notification.channels import twilio_codes
from property_alert_notification.channels.callback import (
    Callback,
    InboundMessage,
    Reported,
    ReportedEvent,
    ReportedResult,
)
from property_alert_notification.channels.callback_fields import delivery_id_of, read_each

DELIVERY_ID = "delivery_id"
"""The parameter of the URL that has the delivery's id."""
_SIGNATURE = "x-twilio-signature"
_BODY_HASH = "bodySHA256"
_RESULTS = {
    **dict.fromkeys(("accepted", "scheduled", "queued", "sending", "sent"), ReportedResult.TAKEN),
    **dict.fromkeys(("delivered", "read"), ReportedResult.ARRIVED),
    **dict.fromkeys(("undelivered", "failed", "canceled"), ReportedResult.BOUNCED),
}
_WORDS = frozenset({"stop", "start", "help"})
_XML = '<?xml version="1.0" encoding="UTF-8"?>'
_DEFAULT_PORTS = {"https": 443, "http": 80}


def read_callback(callback: Callback, auth_token: str) -> Sequence[Reported]:
    """Verify and read one callback.

    Raises:
        ForgedCallback: it is not signed with this token.
    """
    query = parse_qs(urlsplit(callback.url).query)
    if hashed := query.get(_BODY_HASH):  # a body that is no form is signed by its hash in the URL
        given = sha256(callback.body).hexdigest()
        if not hmac.compare_digest(given.encode(), hashed[0].encode()) or not _is_signed(callback, {}, auth_token):
            raise ForgedCallback
        return []  # Twilio sends status and messages as forms only
    form = _form(callback.body)
    if not _is_signed(callback, form, auth_token):
        raise ForgedCallback
    fields = {name: values[0] for name, values in form.items()}
    return read_each([fields], partial(_read, query=query))


def _form(body: bytes) -> dict[str, list[str]]:
    """The fields of a form, as far as it is one: the signature covers names and values, not the bytes."""
    form: dict[str, list[str]] = {}
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=200)
    except ValueError:
        raise ForgedCallback from None
    for name, value in pairs:
        form.setdefault(name, []).append(value)
    return form


def _is_signed(callback: Callback, form: Mapping[str, Sequence[str]], auth_token: str) -> bool:
    fields = "".join(f"{name}{value}" for name in sorted(form) for value in sorted(set(form[name])))
    given = callback.headers.get(_SIGNATURE, "").encode()
    return any(hmac.compare_digest(_sign(f"{url}{fields}", auth_token), given) for url in _spellings(callback.url))


def _sign(content: str, auth_token: str) -> bytes:
    return base64.b64encode(hmac.digest(auth_token.encode(), content.encode("utf-8", "surrogatepass"), "sha1"))


def _spellings(url: str) -> Iterator[str]:
    """The URL with its port and without, and with an empty query: Twilio signs one of them."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    bare = host.removesuffix(f":{parts.port}") if parts.port is not None else host
    port = parts.port or _DEFAULT_PORTS.get(parts.scheme, 443)
    for netloc in (bare, f"{bare}:{port}"):
        spelled = url.replace(parts.netloc, netloc, 1)
        yield spelled
        if not parts.query:  # a `?` at the end reaches no application
            yield f"{spelled}?"


def _read(fields: Mapping[str, str], query: Mapping[str, Sequence[str]]) -> ReportedEvent | InboundMessage | None:
    message_id = fields.get("MessageSid") or fields.get("SmsSid")
    status = fields.get("MessageStatus")
    if status is None and "Body" in fields and "From" in fields:
        # Twilio reads words of its own where Advanced Opt-Out is set up.
        word = fields.get("OptOutType", "").lower()
        return InboundMessage(fields["From"], fields["Body"], message_id, word if word in _WORDS else None)
    if status not in _RESULTS:
        return None
    code = fields.get("ErrorCode", "")
    named = query.get(DELIVERY_ID)
    failed = _RESULTS[status] is ReportedResult.BOUNCED
    number = int(code) if failed and code.isascii() and code.isdigit() and len(code) <= 6 else None
    return ReportedEvent(
        _RESULTS[status],
        provider_message_id=message_id,
        delivery_id=delivery_id_of(named[0]) if named else None,
        detail=None if number is None else f"Twilio error {number}",
        cause=twilio_codes.CAUSES.get(number) if number is not None else None,
    )


def render_answer(text: str) -> tuple[str, bytes]:
    """The answer to a callback by which Twilio sends a message back."""
    return (
        "text/xml",
        f'<?xml version="1.0" encoding="UTF-8"?><Response><Message>{escape(text)}</Message></Response>'.encode(),
    )
