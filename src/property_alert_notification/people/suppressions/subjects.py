"""The subjects of the suppression list as keyed hashes, so that the list outlives the erasure of a user.

The hash is HMAC-SHA-256 (RFC 2104) under a key that is derived from `SECRET_KEYS`, shortened to 128 bits. Without the
key nobody can find out whether an address is on a list they hold.
"""

import hmac
import unicodedata
from collections.abc import Sequence

from property_alert_notification.base.vocabulary import Channel

_PURPOSE = b"suppression list"
"""Derives a key of this purpose only: what is known of one purpose says nothing of another."""
_LENGTH = 16


class Subjects:
    """Hashes addresses and users. New entries get the hash of the first key; entries of every key are found."""

    def __init__(self, secret_keys: Sequence[bytes]) -> None:
        """`secret_keys` are those of the settings, at least one, the newest first."""
        self._keys = [hmac.digest(key, _PURPOSE, "sha256") for key in secret_keys]

    def of_address(self, channel: Channel, address: str) -> list[str]:
        """The hashes of an address as it is stored, in hexadecimal; the first is that of new entries.

        Two spellings of an address that differ in upper and lower case have the same hashes.
        """
        return self._hashes(channel, unicodedata.normalize("NFC", address).casefold())

    def of_user(self, user_id: int) -> list[str]:
        """The hashes of a user; the first is that of new entries."""
        return self._hashes("user", str(user_id))

    def _hashes(self, kind: str, subject: str) -> list[str]:
        content = f"{kind}\0{subject}".encode("utf-8", "surrogatepass")
        return [hmac.digest(key, content, "sha256")[:_LENGTH].hex() for key in self._keys]
