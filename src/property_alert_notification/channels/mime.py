"""Builds the bytes of an email.

Written by hand because it is on the hot path: the standard library's EmailMessage takes 1.1 ms for what takes a few
dozen microseconds here. Nothing reaches a header without being checked for control characters or encoded. Everything is
written in 7 bits, so that it needs no 8BITMIME; only an address beyond ASCII is not, and needs SMTPUTF8.

Sources: RFC 5322 (headers), RFC 2045 to 2047 (MIME), RFC 6531 and 6532 (addresses beyond ASCII), RFC 3834
(Auto-Submitted).
"""

import binascii
import re
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from functools import lru_cache
from typing import Annotated

from email_validator import EmailNotValidError, validate_email
from pydantic import AfterValidator, Field
from pydantic_settings import SettingsConfigDict

from property_alert_notification.base.errors import Refused
from property_alert_notification.base.settings import SettingsGroup
from property_alert_notification.channels.base import OutgoingMessage
from property_alert_notification.channels.delivery_signature import DeliverySigner
from property_alert_notification.channels.mime_headers import (
    CONTROL,
    LONGEST_LINE,
    encoded_words,
    unstructured,
    write_all,
)
from property_alert_notification.channels.return_path import LONGEST_MAILBOX, ReturnPaths

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_PLAIN_ADDRESS = re.compile(rf"(?=.{{3,254}}\Z)(?=[^@]{{1,64}}@){_ATOM}(?:\.{_ATOM})*@{_LABEL}(?:\.{_LABEL})*\Z")
_LONGEST_LOCAL_PART = 64  # octets; RFC 5321, 4.5.3.1.1
_NOT_PLAIN = ("\0", " \n", "\t\n", "\nFrom ", "=_")  # servers touch the first four; the last begins our boundary


@dataclass(frozen=True, slots=True)
class Address:
    """An address as it is written in headers and on the wire."""

    text: str
    """The domain is ASCII; the part before the @ is not if `needs_utf8`."""
    needs_utf8: bool = False
    """Whether every server on the way must speak SMTPUTF8."""

    @property
    def domain(self) -> str:
        """The part after the @."""
        return self.text.rpartition("@")[2]


@dataclass(frozen=True, slots=True)
class Mail:
    """One email ready for the wire."""

    sender: Address
    """Of the envelope: where the email returns to."""
    recipient: Address
    content: bytes
    """Lines end in CRLF and are at most 998 octets long."""
    message: OutgoingMessage
    """The message that the content was built from."""


def _usable_address(value: str) -> str:
    try:
        return parse_address(value).text
    except Refused as error:
        raise ValueError(error.reason) from None


def _bounce_address(value: str) -> str:
    address = _usable_address(value)
    mailbox = address.rpartition("@")[0]
    if not mailbox.isascii() or mailbox.startswith('"') or len(mailbox) > LONGEST_MAILBOX:
        raise ValueError(f"must have at most {LONGEST_MAILBOX} plain characters before the @")
    return address


def _without_controls(value: str) -> str:
    if CONTROL.search(value):
        raise ValueError("holds a control character")
    return value


class EmailSettings(SettingsGroup):
    """The sender of all emails, for every email provider."""

    model_config = SettingsConfigDict(env_ignore_empty=True)

    email_from: Annotated[str, AfterValidator(_usable_address)] = Field(
        "property-alerts@localhost", examples=["alerts@example.com"]
    )
    """The address that messages come from, also in the envelope. Required for `EMAIL_PROVIDER=smtp`."""

    email_from_name: Annotated[str, AfterValidator(_without_controls)] = Field(
        "", max_length=200, examples=["Example Homes"]
    )
    """The name that people see beside it."""

    email_reply_to: Annotated[str, AfterValidator(_usable_address)] | None = Field(None, examples=["help@example.com"])
    """Where answers go, if not to `EMAIL_FROM`."""

    email_bounce_address: Annotated[str, AfterValidator(_bounce_address)] | None = Field(
        None, examples=["bounces@alerts.example.com"]
    )
    """Where mail servers return emails that they cannot deliver. Each email gets its own address under it, such as
    `bounces+aaaa…@alerts.example.com`: deliver every address that begins so to one mailbox. Without it emails return to
    `EMAIL_FROM`."""


class Composer:
    """Writes emails from one sender."""

    def __init__(self, settings: EmailSettings, signer: DeliverySigner | None = None) -> None:
        """Prepares the headers that are the same in every message.

        `signer` signs Message-IDs and return paths; None is for a mailbox that only shows emails.
        """
        self._sender = parse_address(settings.email_from)
        self._signer = signer
        address = settings.email_bounce_address
        self._return_paths = None if signer is None or address is None else ReturnPaths(address, signer)
        headers = _from_header(settings.email_from_name, self._sender)
        if settings.email_reply_to is not None:
            headers += f"Reply-To: {settings.email_reply_to}\r\n"
        self._prepared = headers + "MIME-Version: 1.0\r\n"

    @property
    def sender(self) -> Address:
        """The address that messages come from."""
        return self._sender

    def compose(self, message: OutgoingMessage, *, now: datetime, made_up: bool = False) -> Mail:
        """One message, ready for the wire.

        The Message-ID is the same over all attempts of a delivery.

        Args:
            message: what to write.
            now: the Date of the message.
            made_up: whether to take an address that no server would, for a mailbox that only shows it.

        Raises:
            Refused: the address cannot be used, or a header would hold a control character.
        """
        recipient = _recipient(message.to, made_up=made_up)
        if CONTROL.search(message.subject):
            raise Refused("the subject holds a control character")
        try:
            content = self._write(message, recipient, now).encode()
        except UnicodeEncodeError:
            raise Refused("the message is not valid Unicode") from None
        return Mail(self._return_path(message), recipient, content, message)

    def _return_path(self, message: OutgoingMessage) -> Address:
        return self._sender if self._return_paths is None else Address(self._return_paths.of(message.delivery_id))

    def _write(self, message: OutgoingMessage, recipient: Address, now: datetime) -> str:
        delivery_id = message.delivery_id
        name = delivery_id if self._signer is None else self._signer.message_name(delivery_id)
        to = recipient.text if "@" in recipient.text else unstructured("To", recipient.text)
        headers = (
            f"{self._prepared}To: {to}\r\n"
            f"Subject: {unstructured('Subject', message.subject)}\r\n"
            f"Date: {_date(now.replace(microsecond=0))}\r\n"
            f"Message-ID: <{name}@{self._sender.domain}>\r\n"
            f"{write_all(message.headers)}"
        )
        if message.html is None:
            return headers + _part("plain", message.text)
        # "=_" never occurs in quoted-printable text, nor in the other encodings: no body can hold the boundary.
        boundary = f"=_{message.delivery_id.hex}"
        return (
            f'{headers}Content-Type: multipart/alternative;\r\n boundary="{boundary}"\r\n\r\n'
            f"--{boundary}\r\n{_part('plain', message.text)}\r\n"
            f"--{boundary}\r\n{_part('html', message.html)}\r\n"
            f"--{boundary}--\r\n"
        )


def parse_address(text: str) -> Address:
    """An address with its domain in ASCII.

    Raises:
        Refused: no server could take it; the reason does not repeat it.
    """
    if "=?" in text:  # a mail program would read it as an encoded word, and show another address
        raise Refused("the address cannot be used")
    if _PLAIN_ADDRESS.match(text):
        return Address(text)
    try:
        valid = validate_email(text, strict=True, check_deliverability=False, globally_deliverable=False)
    except EmailNotValidError:
        raise Refused("the address cannot be used") from None
    if len(valid.local_part.encode()) > _LONGEST_LOCAL_PART:  # the library counts characters
        raise Refused("the address cannot be used")
    return Address(f"{valid.local_part}@{valid.ascii_domain}", needs_utf8=valid.ascii_email is None)


def _recipient(text: str, *, made_up: bool) -> Address:
    if CONTROL.search(text):
        raise Refused("the address holds a control character")
    try:
        return parse_address(text)
    except Refused:
        if not made_up:
            raise
        return Address(text.replace("@", " at "))


def _from_header(name: str, address: Address) -> str:
    if not name:
        return f"From: {address.text}\r\n"
    if name.isascii() and "=?" not in name:
        quoted = name.replace("\\", r"\\").replace('"', r"\"")
        return f'From: "{quoted}"\r\n <{address.text}>\r\n'
    return f"From: {encoded_words('From', name)}\r\n <{address.text}>\r\n"


@lru_cache(2)
def _date(second: datetime) -> str:
    return format_datetime(second)


def _part(subtype: str, text: str) -> str:
    body = text.replace("\r\n", "\n").replace("\r", "\n")
    encoding = "7bit"
    if not _is_plain(body):
        body = binascii.b2a_qp(body.encode(), istext=True).decode()
        encoding = "quoted-printable"
    body = body.replace("\n", "\r\n")
    return f"Content-Type: text/{subtype}; charset=utf-8\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n{body}\r\n"


def _is_plain(body: str) -> bool:
    """Whether it can be sent as it is (RFC 2045, 2.7; RFC 2049, 3)."""
    whole = f"\n{body}\n"
    if not body.isascii() or any(part in whole for part in _NOT_PLAIN):
        return False
    return max(map(len, body.split("\n"))) <= LONGEST_LINE
