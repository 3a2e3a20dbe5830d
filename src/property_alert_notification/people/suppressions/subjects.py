"""The subjects of the suppression list as keyed hashes, so that the list outlives the erasure of a user.

The hash is keyed BLAKE2s (RFC 7693) of 128 bits: a third of the cost of HMAC-SHA-256, and every claim computes two for
each message. The key is derived from `SECRET_KEYS`. Nobody can test without the key whether an address is listed.
"""

import hmac
import unicodedata
from collections.abc import Sequence
from hashlib import blake2s

from property_alert_notification.base.vocabulary import Channel

_PURPOSE = b"suppression list"
"""Derives a key of this purpose only: what is known of one purpose says nothing of another."""
_LENGTH = 16


class Subjects:
    """Hashes addresses and users. New entries get the hash of the first key; entries of every key are found."""

    def __init__(self, secret_keys: Sequence[bytes]) -> None:
        """`secret_keys` are those of the settings, at least one, the newest first."""
        keys = [hmac.digest(key, _PURPOSE, "sha256") for key in secret_keys]
        # A copy of a keyed hash does not process the key again.
        self._copies = [blake2s(digest_size=_LENGTH, key=key).copy for key in keys]

    def of_address(self, channel: Channel, address: str) -> list[str]:
        """The hashes of an address as it is stored, in hexadecimal; the first is that of new entries.

        Two spellings of an address that differ in upper and lower case have the same hashes.
        """
        folded = address.lower() if address.isascii() else unicodedata.normalize("NFC", address).casefold()
        return self._hashes(f"{channel}\0{folded}")

    def of_user(self, user_id: int) -> list[str]:
        """The hashes of a user; the first is that of new entries."""
        return self._hashes(f"user\0{user_id}")

    def of(self, channel: Channel | None, address: str | None, user_id: int | None) -> list[str] | None:
        """The hashes of an address on a channel, else of a user; None if neither is given."""
        if channel is not None and address is not None:
            return self.of_address(channel, address)
        return None if user_id is None else self.of_user(user_id)

    def _hashes(self, subject: str) -> list[str]:
        content = subject.encode("utf-8", "surrogatepass")
        hashes = []
        for copy in self._copies:
            keyed = copy()
            keyed.update(content)
            hashes.append(keyed.hexdigest())
        return hashes
