"""The addresses to which mail servers return the emails that they cannot deliver. Pure.

Each email has a return path of its own (VERP), such as `bounces+aaaa…@alerts.example.com`. It names the delivery and is
signed: a report to it is about that delivery, whatever else the report contains.
"""

from uuid import UUID

from property_alert_notification.channels.delivery_signature import DeliverySigner, base32, from_base32

_LENGTH = 34
"""Characters of a delivery's id and its signature."""
LONGEST_MAILBOX = 64 - 1 - _LENGTH
"""Characters before the @ of the address that all return paths are made of (RFC 5321, 4.5.3.1.1)."""


class ReturnPaths:
    """Makes and reads the return paths under one address."""

    def __init__(self, address: str, signer: DeliverySigner) -> None:
        self._mailbox, _, self._domain = address.rpartition("@")
        self._signer = signer

    def of(self, delivery_id: UUID) -> str:
        """The return path of a delivery's email."""
        return f"{self._mailbox}+{base32(delivery_id.bytes + self._signer.sign(delivery_id))}@{self._domain}"

    def delivery_of(self, address: str) -> UUID | None:
        """The delivery of a return path, in any case of letters; None if it is none, or its signature is wrong."""
        mailbox, _, domain = address.strip().lower().rpartition("@")
        start, _, name = mailbox.rpartition("+")
        if (start, domain) != (self._mailbox.lower(), self._domain.lower()) or len(name) != _LENGTH:
            return None
        try:
            content = from_base32(name)
        except ValueError:
            return None
        delivery_id = UUID(bytes=content[:16])
        return delivery_id if self._signer.accepts(delivery_id, content[16:]) else None
