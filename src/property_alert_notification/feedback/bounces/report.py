"""Reads a mail that reports what became of an email of ours. Pure.

Two kinds of reports can be read by a program: delivery status notifications (RFC 3464, inside RFC 6522's
multipart/report) and complaints (RFC 5965, feedback reports). Every other mail - an answer, an automatic answer, a
bounce in the words of its server only - is no report, and changes nothing.

Gateways put reports into multipart/mixed, write fields in any case, and leave out what the standards require. So the
parts are looked for at any depth, but never inside the returned email: that one is not the reporting server's.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.errors import MessageError
from email.message import Message
from email.parser import BytesParser
from email.policy import compat32

from property_alert_notification.channels.callback import SuppressionCause
from property_alert_notification.channels.smtp.bounce import bounce_in_report

LONGEST_MAIL = 100_000
"""Bytes of a mail that are read at most: the report precedes the returned email, which may be long. The parser takes
time in proportion to the square of the length of some mails."""
_LONGEST_WORDS = 2_000
_MOST_PARTS = 50
_MOST_RECIPIENTS = 10
"""Emails of this service have one recipient; a report with more is about an address that forwards."""
_REPORTS = {"message/delivery-status", "message/feedback-report"}
_RETURNED = {"message/rfc822", "message/rfc822-headers", "text/rfc822-headers", "message/global",
             "message/global-headers"}  # fmt: skip
_FAILED = ("fail", "error")
_MESSAGE_ID = re.compile(r"<([^<>\s@]{1,200})@([^<>\s@]{1,253})>")


@dataclass(frozen=True, slots=True)
class Report:
    """What one mail reports about one email."""

    complaint: bool
    """The user reported the email as unwanted."""
    bounce: SuppressionCause | None
    """What the report says about the address; None with `complaint`, and if it says nothing about it."""
    delivered: bool
    """The email arrived in the mailbox."""
    failed: bool
    """The email did not arrive, and will not."""
    detail: str
    """The codes of the report, such as `5.1.1`; without address or text."""
    message_id: tuple[str, str] | None
    """The two sides of the returned email's Message-ID."""


def read_report(content: bytes) -> Report | None:
    """The report in a mail; None if the mail is none, or cannot be read."""
    try:
        mail = BytesParser(policy=compat32).parsebytes(content[:LONGEST_MAIL])
        parts = list(_parts(mail))
    except (MessageError, RecursionError, ValueError, LookupError):
        return None
    kinds = {part.get_content_type(): part for part in reversed(parts)}
    message_id = _message_id(kinds)
    if "message/feedback-report" in kinds:
        return _complaint(_fields(kinds["message/feedback-report"]), message_id)
    if "message/delivery-status" in kinds:
        return _status(kinds["message/delivery-status"], _notice(parts), message_id)
    return None


def _parts(mail: Message) -> Iterator[Message]:
    """The mail's parts in their order; those within a report or within the returned email are not its parts."""
    waiting, seen = [mail], 0
    while waiting and seen < _MOST_PARTS:
        part = waiting.pop(0)
        seen += 1
        if part.get_content_maintype() == "multipart" and part.is_multipart():
            waiting = [*part.get_payload(), *waiting]
        else:
            yield part


def _status(part: Message, notice: str, message_id: tuple[str, str] | None) -> Report | None:
    """The report about the first recipient that failed, else about the first one."""
    recipients = [fields for fields in _groups(part) if "action" in fields][:_MOST_RECIPIENTS]
    if not recipients:
        return None
    recipient = next((fields for fields in recipients if fields["action"].startswith(_FAILED)), recipients[0])
    failed = recipient["action"].startswith(_FAILED)
    status, diagnostic = recipient.get("status", ""), recipient.get("diagnostic-code", "").partition(";")[2].strip()
    bounce = bounce_in_report(status, diagnostic or notice) if failed else None
    return Report(
        complaint=False,
        bounce=bounce,
        delivered=recipient["action"].startswith("delivered"),
        failed=failed,
        detail=_code(diagnostic) or _code(status) or "no code",
        message_id=message_id,
    )


def _complaint(fields: dict[str, str], message_id: tuple[str, str] | None) -> Report | None:
    """`abuse` is a complaint; reports of fraud, viruses and failed authentication are not about the user's wish."""
    kind = fields.get("feedback-type", "").split(" ")[0]
    if kind != "abuse":
        return None
    return Report(complaint=True, bounce=None, delivered=False, failed=False, detail="abuse", message_id=message_id)


def _groups(part: Message) -> list[dict[str, str]]:
    """The groups of fields of a delivery status, which the parser reads as messages without a body."""
    payload = part.get_payload()
    groups = [group for group in payload if isinstance(group, Message)] if isinstance(payload, list) else []
    found = [{name.lower(): " ".join(str(value).split()) for name, value in group.items()} for group in groups]
    for fields in found:
        if "action" in fields:
            fields["action"] = fields["action"].lower()
    return _joined(found)


def _joined(groups: list[dict[str, str]]) -> list[dict[str, str]]:
    """Join what an empty line within the fields of one recipient has separated: some servers write one."""
    joined: list[dict[str, str]] = []
    for fields in groups:
        starts = "final-recipient" in fields or "original-recipient" in fields or "action" in fields
        if joined and not starts and "reporting-mta" not in fields:
            joined[-1] = fields | joined[-1]
        else:
            joined.append(dict(fields))
    return joined


def _fields(part: Message) -> dict[str, str]:
    """The fields of a feedback report: of its text, or of what the parser took for a message."""
    payload = part.get_payload()
    if isinstance(payload, list):
        found = payload[0].items() if payload and isinstance(payload[0], Message) else []
        return {name.lower(): " ".join(str(value).split()).lower() for name, value in found}
    text = _text(part)
    lines = (line.partition(":") for line in text.splitlines())
    return {name.strip().lower(): value.strip().lower() for name, _, value in lines if value}


def _notice(parts: list[Message]) -> str:
    """The words for people, which name the cause if no field does."""
    first = next((part for part in parts if part.get_content_type() == "text/plain"), None)
    return "" if first is None else " ".join(_text(first)[:_LONGEST_WORDS].split())


def _message_id(kinds: dict[str, Message]) -> tuple[str, str] | None:
    """The Message-ID of the returned email, or of the part of it that was returned."""
    for kind in _RETURNED & kinds.keys():
        payload = kinds[kind].get_payload()
        inner = payload[0] if isinstance(payload, list) and payload else None
        text = str(inner.get("Message-ID", "")) if isinstance(inner, Message) else _header_in(_text(kinds[kind]))
        if found := _MESSAGE_ID.search(text):
            return found.group(1), found.group(2).lower()
    return None


def _header_in(text: str) -> str:
    found = re.search(r"^message-id:\s*(\S+)", text, re.IGNORECASE | re.MULTILINE)
    return "" if found is None else found.group(1)


def _text(part: Message) -> str:
    payload = part.get_payload(decode=True)
    return payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""


def _code(text: str) -> str:
    found = re.search(r"(?<![\d.])[245]\.\d{1,3}\.\d{1,3}(?![\d.])", text)
    return "" if found is None else found.group()
