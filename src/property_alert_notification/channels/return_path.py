"""The addresses to which mail servers return the emails that they cannot deliver. Pure.

Each email has a return path of its own (VERP), such as `bounces+aaaa…@alerts.example.com`. It names the delivery and is
signed: a report to it is about that delivery, whatever else it says, and nobody else can make one up. The letters are
those of base32 (RFC 4648), which survive servers that change the case of addresses.
"""

import base64
import binascii
import hmac
from collections.abc import Sequence
from hashlib import blake2s
from uuid import UUID

_SIGNATURE = 5
"""Bytes: a guess is right once in a million millions, and the intake of bounces takes far fewer."""
_LENGTH = (16 + _SIGNATURE) * 8 // 5 + 1
LONGEST_MAILBOX = 64 - 1 - _LENGTH
"""Characters before the @ of the address that all return paths are made of (RFC 5321, 4.5.3.1.1)."""


class ReturnPaths:
    """Makes and reads the return paths under one address."""

    def __init__(self, address: str, signing_keys: Sequence[bytes]) -> None:
        """`signing_keys` are those of the settings (`link_keys`), at least one, the newest first."""
        self._mailbox, _, self._domain = address.rpartition("@")
        # Keys of this use only: what is known of one use says nothing about another.
        self._keys = [hmac.digest(key, b"return paths", "sha256") for key in signing_keys]

    def of(self, delivery_id: UUID) -> str:
        """The return path of a delivery's email."""
        name = base64.b32encode(delivery_id.bytes + self._sign(self._keys[0], delivery_id)).decode().rstrip("=").lower()
        return f"{self._mailbox}+{name}@{self._domain}"

    def delivery_of(self, address: str) -> UUID | None:
        """The delivery of a return path, in any case of letters; None if it is none, or its signature is wrong."""
        mailbox, _, domain = address.strip().lower().rpartition("@")
        start, _, name = mailbox.rpartition("+")
        if (start, domain) != (self._mailbox.lower(), self._domain.lower()) or len(name) != _LENGTH:
            return None
        try:
            content = base64.b32decode(name.upper() + "=" * (-len(name) % 8))
        except (binascii.Error, ValueError):
            return None
        delivery_id = UUID(bytes=content[:16])
        signed = [hmac.compare_digest(content[16:], self._sign(key, delivery_id)) for key in self._keys]
        return delivery_id if any(signed) else None

    def _sign(self, key: bytes, delivery_id: UUID) -> bytes:
        return blake2s(delivery_id.bytes, digest_size=_SIGNATURE, key=key).digest()
