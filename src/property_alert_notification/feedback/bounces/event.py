"""Finds the email that a mail reports about, and makes an event of the report. Pure.

A mail counts only if it comes to a return path that this service signed, or reports about an email with such a return
path or a signed Message-ID. Anybody can send a mail to the intake, but only those who have seen the email know these.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from email.errors import MessageError
from email.parser import BytesHeaderParser
from email.policy import compat32
from email.utils import getaddresses
from enum import StrEnum
from uuid import UUID

from property_alert_notification.channels.callback import ReportedEvent, ReportedResult
from property_alert_notification.channels.delivery_signature import DeliverySigner
from property_alert_notification.channels.return_path import ReturnPaths
from property_alert_notification.feedback.bounces.report import Report, read_report

_RECIPIENT_HEADERS = ("Delivered-To", "X-Original-To", "Envelope-To", "X-Delivered-To", "To", "Cc")
_MOST_ADDRESSES = 50
_LONGEST_HEADERS = 20_000


class MailOutcome(StrEnum):
    """What a mail turned out to be."""

    REPORT = "report"
    """A report about an email of ours."""
    NO_NEWS = "no_news"
    """A report about an email of ours that changes nothing, such as a delay."""
    NO_REPORT = "no_report"
    """An answer, an automatic answer, or a bounce that no program can read."""
    NOT_OURS = "not_ours"
    """A report about an email that was not sent by this service."""


@dataclass(frozen=True, slots=True)
class ReceivedMail:
    """One mail of the intake."""

    content: bytes
    recipients: tuple[str, ...] = ()
    """The recipients of its envelope; empty means those of its headers."""


@dataclass(frozen=True, slots=True)
class ReadMail:
    """A mail as it was read."""

    outcome: MailOutcome
    event: ReportedEvent | None = None


class MailReader:
    """Reads the mails that come back to one sender."""

    def __init__(self, signer: DeliverySigner, return_paths: ReturnPaths | None, domain: str) -> None:
        """`domain` is that of `EMAIL_FROM`, which is in the Message-ID of every email of ours."""
        self._signer = signer
        self._return_paths = return_paths
        self._domain = domain.lower()

    def read(self, mail: ReceivedMail) -> ReadMail:
        """What a mail is, and its event if it has one."""
        report = read_report(mail.content)
        if report is None:
            return ReadMail(MailOutcome.NO_REPORT)
        recipients = mail.recipients or _recipients_in(mail.content)
        delivery_id = self._delivery_of((*recipients, *report.return_paths)) or self._sent(report)
        if delivery_id is None:
            return ReadMail(MailOutcome.NOT_OURS)
        event = _event(report, delivery_id)
        return ReadMail(MailOutcome.NO_NEWS) if event is None else ReadMail(MailOutcome.REPORT, event)

    def _delivery_of(self, recipients: Iterable[str]) -> UUID | None:
        if self._return_paths is None:
            return None
        found = (self._return_paths.delivery_of(address) for address in recipients)
        return next((delivery for delivery in found if delivery is not None), None)

    def _sent(self, report: Report) -> UUID | None:
        """The delivery whose email has the Message-ID of the report."""
        if report.message_id is None or report.message_id[1] != self._domain:
            return None
        return self._signer.delivery_of(report.message_id[0])


def _event(report: Report, delivery_id: UUID) -> ReportedEvent | None:
    """The event of a report; None if the report changes nothing."""
    if report.failed:
        result = ReportedResult.BOUNCED
    elif report.delivered:
        result = ReportedResult.ARRIVED
    else:
        return None
    # The mail itself contains addresses: only its codes are kept.
    return ReportedEvent(
        result, delivery_id=delivery_id, detail=report.detail, cause=report.cause, raw=report.detail.encode()
    )


def _recipients_in(content: bytes) -> list[str]:
    """The recipients in the headers of a mail that came without an envelope."""
    try:
        headers = BytesHeaderParser(policy=compat32).parsebytes(content[:_LONGEST_HEADERS])
        values = [str(value) for name in _RECIPIENT_HEADERS for value in headers.get_all(name, [])]
        return [address for _, address in getaddresses(values)[:_MOST_ADDRESSES]]
    except (MessageError, RecursionError, ValueError, LookupError):
        return []
