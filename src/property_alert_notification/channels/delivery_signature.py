"""Signs the ids of deliveries where mail servers repeat them: in return paths and in Message-IDs. Pure.

The callers of the API know the ids of deliveries. A report about an email has an effect only with the signature, which
is in the email alone.
"""

import base64
import binascii
import hmac
from collections.abc import Sequence
from hashlib import blake2s
from uuid import UUID

_LENGTH = 5
"""Bytes: a guess is right once in a million millions, and the intake of mails takes far fewer."""


class DeliverySigner:
    """Signs with the first key, and accepts the signatures of all keys."""

    def __init__(self, signing_keys: Sequence[bytes]) -> None:
        """`signing_keys` are those of the settings (`link_keys`), at least one, the newest first."""
        # Keys of this use only: what is known of one use says nothing about another.
        self._keys = [hmac.digest(key, b"return paths", "sha256") for key in signing_keys]

    def sign(self, delivery_id: UUID) -> bytes:
        """The signature of a delivery, of five bytes."""
        return self._signed(self._keys[0], delivery_id)

    def accepts(self, delivery_id: UUID, signature: bytes) -> bool:
        """Whether one of the keys made this signature."""
        return any(hmac.compare_digest(signature, self._signed(key, delivery_id)) for key in self._keys)

    def message_name(self, delivery_id: UUID) -> str:
        """The part before the @ of the Message-ID of a delivery's email."""
        return f"{delivery_id}.{base32(self.sign(delivery_id))}"

    def delivery_of(self, message_name: str) -> UUID | None:
        """The delivery of such a name; None if it is none, or its signature is wrong."""
        named, _, signature = message_name.partition(".")
        try:
            delivery_id = UUID(named)
            return delivery_id if self.accepts(delivery_id, from_base32(signature)) else None
        except ValueError:
            return None

    def _signed(self, key: bytes, delivery_id: UUID) -> bytes:
        return blake2s(delivery_id.bytes, digest_size=_LENGTH, key=key).digest()


def base32(content: bytes) -> str:
    """Base32 (RFC 4648) in small letters, without padding: it survives servers that change the case of addresses."""
    return base64.b32encode(content).decode().rstrip("=").lower()


def from_base32(text: str) -> bytes:
    """The bytes of such a text, in any case of letters.

    Raises:
        ValueError: it is none.
    """
    try:
        return base64.b32decode(text.upper() + "=" * (-len(text) % 8))
    except binascii.Error as error:
        raise ValueError(str(error)) from None
