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
from email.header import decode_header, make_header
from email.message import Message
from email.parser import BytesParser, HeaderParser
from email.policy import compat32
from email.utils import getaddresses

from property_alert_notification.channels.callback import SuppressionCause
from property_alert_notification.channels.smtp.bounce import bounce_in_report, code_in_report

LONGEST_MAIL = 100_000
"""Bytes of a mail that are read at most: the report precedes the returned email, which may be long. The parser takes
time in proportion to the square of the length of some mails."""
_LONGEST_WORDS = 2_000
_MOST_PARTS = 50
_STATUS = ("message/delivery-status", "message/global-delivery-status")
_FEEDBACK = "message/feedback-report"
_FEEDBACK_CAUSES = {
    "abuse": SuppressionCause.COMPLAINT,
    "opt-out": SuppressionCause.UNSUBSCRIBE,
    "opt-out-list": SuppressionCause.UNSUBSCRIBE,
}
"""What the user wants, by the type of feedback; `opt-out` is from the drafts of RFC 5965, and still sent. Reports of
fraud, viruses and failed authentication are not about the user's wish."""
_RETURNED = {"message/rfc822", "message/rfc822-headers", "text/rfc822-headers", "message/global",
             "message/global-headers"}  # fmt: skip
_FAILED = ("fail", "error", "bounce", "undeliver")
_NOT_FAILED = ("delay", "deliver", "relay", "expand")
_HAS_STATUS = re.compile(r"^Final-Recipient:[^\n]*(\n[^\n]+){0,5}\n(Action|Status):", re.IGNORECASE | re.MULTILINE)
_DIAGNOSTIC_TYPE = re.compile(r"^[\w-]{1,40}\s*;\s*")
_UNSAID = re.compile(r"\s*([245]\.0\.0\b.*)?")
"""A Status that names no cause."""
_STARTS_RECIPIENT = ("original-recipient", "final-recipient", "action")
_EMPTY_LINES = re.compile(r"\n[ \t]*\n")
_MESSAGE_ID = re.compile(r"<([^<>\s@]{1,200})@([^<>\s@]{1,253})>")
_SENDERS = ("return-path", "x-return-path", "x-original-return-path", "errors-to")


Fields = dict[str, str]
"""The fields of a group, by their names in small letters."""


@dataclass(frozen=True, slots=True)
class Report:
    """What one mail reports about one email."""

    cause: SuppressionCause | None
    """What the report says about the address, or what its user wants; None if it says nothing about them."""
    delivered: bool
    """The email arrived in a mailbox."""
    failed: bool
    """The email did not arrive, and will not."""
    detail: str
    """The codes of the report, such as `5.1.1`; without address or text."""
    message_id: tuple[str, str] | None
    """The two sides of the returned email's Message-ID."""
    return_paths: tuple[str, ...]
    """The addresses to which the returned email asked for reports, as far as the report names them."""


def read_report(content: bytes) -> Report | None:
    """The report in a mail; None if the mail is none, or cannot be read."""
    try:
        return _read(BytesParser(policy=compat32).parsebytes(content[:LONGEST_MAIL]))
    except (MessageError, RecursionError, ValueError, LookupError):
        return None


def _read(mail: Message) -> Report | None:
    parts = list(_parts(mail))
    kinds = {part.get_content_type(): part for part in reversed(parts)}
    returned = next((HeaderParser().parsestr(_text(kinds[kind])) for kind in _RETURNED if kind in kinds), Message())
    if _FEEDBACK in kinds:
        return _feedback(_groups(_text(kinds[_FEEDBACK])), returned)
    status = next((kinds[kind] for kind in _STATUS if kind in kinds), None) or _unnamed_status(mail, parts)
    return None if status is None else _status(_groups(_text(status)), _notice(parts), returned)


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


def _unnamed_status(mail: Message, parts: list[Message]) -> Message | None:
    """The delivery status that a gateway has made a text of."""
    if mail.get_content_type() != "multipart/report":
        return None
    texts = (part for part in parts if part.get_content_maintype() == "text")
    return next((part for part in texts if _HAS_STATUS.search(_text(part))), None)


def _status(groups: list[Fields], notice: str, returned: Message) -> Report | None:
    """The report about the one recipient of our email, or about those to whom it was forwarded.

    The email has failed if it reached none of them, and its address bounces hard only if all of them do.
    """
    recipients = [fields for fields in groups if "action" in fields or "status" in fields]
    if not recipients:
        return None
    failures = [fields for fields in recipients if _has_failed(fields)]
    failed = len(failures) == len(recipients)
    causes = {_cause(fields, notice) for fields in recipients} if failed else set()
    # Of several causes the mildest counts.
    mildest = next((cause for cause in (None, SuppressionCause.SOFT_BOUNCE) if cause in causes), None)
    told = (failures or recipients)[0]
    return Report(
        cause=mildest if len(causes) > 1 else next(iter(causes), None),
        delivered=any(_action(fields).startswith("delivered") for fields in recipients),
        failed=failed,
        detail=code_in_report(told.get("status", ""), _diagnostic(told)) or "no code",
        message_id=_message_id(returned),
        return_paths=_return_paths(returned),
    )


def _action(fields: Fields) -> str:
    return fields.get("action", "").strip("\"' ").lower()


def _has_failed(fields: Fields) -> bool:
    """Whether this recipient will not get the email; the class of the status says so where the action says nothing."""
    action = _action(fields)
    return action.startswith(_FAILED) or (
        not action.startswith(_NOT_FAILED) and fields.get("status", "").startswith("5")
    )


def _cause(fields: Fields, notice: str) -> SuppressionCause | None:
    """What the fields of a recipient say; the words for people are read only if no field names the cause."""
    status, diagnostic = fields.get("status", ""), _diagnostic(fields)
    return bounce_in_report(status, diagnostic or (notice if _UNSAID.fullmatch(status) else ""))


def _diagnostic(fields: Fields) -> str:
    return _DIAGNOSTIC_TYPE.sub("", fields.get("diagnostic-code", ""))


def _feedback(groups: list[Fields], returned: Message) -> Report | None:
    """What the user said of an email that arrived."""
    fields = {name: value for group in reversed(groups) for name, value in group.items()}
    kind = fields.get("feedback-type", "").lower().split(" ")[0]
    if (cause := _FEEDBACK_CAUSES.get(kind)) is None:
        return None
    sender = fields.get("original-mail-from", "")
    paths = tuple(address for _, address in getaddresses([sender])) + _return_paths(returned)
    return Report(
        cause=cause,
        delivered=True,
        failed=False,
        detail=kind,
        message_id=_message_id(returned),
        return_paths=paths,
    )


def _groups(text: str) -> list[Fields]:
    """The groups of fields of a report, which empty lines separate; a second recipient begins a new one in any case."""
    groups: list[Fields] = []
    for block in _EMPTY_LINES.split(text):
        fields: Fields = {}
        for name, value in HeaderParser().parsestr(block).items():
            key = name.lower()
            if key in fields and key in _STARTS_RECIPIENT:
                groups.append(fields)
                fields = {}
            fields.setdefault(key, " ".join(_decoded(str(value)).split()))
        groups.append(fields)
    return _joined([fields for fields in groups if fields])


def _decoded(value: str) -> str:
    """The value of a field, which may be encoded (RFC 2047)."""
    return str(make_header(decode_header(value))) if "=?" in value else value


def _joined(groups: list[Fields]) -> list[Fields]:
    """Join what an empty line within the fields of one recipient has separated: some servers write one."""
    joined: list[Fields] = []
    for fields in groups:
        begun = {name for name in _STARTS_RECIPIENT if joined and name in joined[-1]}
        starts = {name for name in _STARTS_RECIPIENT if name in fields}
        goes_on = not starts or (begun and not begun & starts)
        if joined and goes_on and "reporting-mta" not in fields:
            joined[-1] = fields | joined[-1]
        else:
            joined.append(dict(fields))
    return joined


def _notice(parts: list[Message]) -> str:
    """The words for people, which name the cause if no field does."""
    first = next((part for part in parts if part.get_content_type() == "text/plain"), None)
    return "" if first is None else " ".join(_text(first)[:_LONGEST_WORDS].split())


def _message_id(returned: Message) -> tuple[str, str] | None:
    """The Message-ID of the returned email, or of the part of it that was returned."""
    found = _MESSAGE_ID.search(str(returned.get("Message-ID", "")))
    return None if found is None else (found.group(1), found.group(2).lower())


def _return_paths(returned: Message) -> tuple[str, ...]:
    values = [str(value) for name in _SENDERS for value in returned.get_all(name, [])[:5]]
    return tuple(address for _, address in getaddresses(values))


def _text(part: Message) -> str:
    """The text of a part. The parser has taken a report or an email apart, also where its text is encoded."""
    payload = part.get_payload()
    if isinstance(payload, list):
        octets = b"".join(sub.as_bytes().lstrip(b"\n") for sub in payload if isinstance(sub, Message))
        # The parser takes an encoded text for an email without fields.
        flat = Message()
        flat["Content-Transfer-Encoding"] = str(part.get("Content-Transfer-Encoding", "7bit"))
        flat.set_payload(octets.decode("ascii", "surrogateescape"))
        part = flat
    decoded = part.get_payload(decode=True)
    return decoded.decode("utf-8", "replace").replace("\r\n", "\n").lstrip("\n") if isinstance(decoded, bytes) else ""
