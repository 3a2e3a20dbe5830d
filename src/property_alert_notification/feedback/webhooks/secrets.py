"""The secrets of endpoints: made, and encrypted for the store. Pure."""

import base64
import hmac
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from property_alert_notification.base.clock import Clock
from property_alert_notification.channels.standard_webhook import PREFIX

_BYTES = 32
_PURPOSE = b"secrets of webhook endpoints"
"""Derives a key of this purpose only: what is known of one purpose says nothing of another."""


def new_secret(clock: Clock) -> str:
    """A secret in the form of Standard Webhooks: `whsec_` and 32 random bytes in Base64."""
    return PREFIX + base64.b64encode(clock.random_bits(8 * _BYTES).to_bytes(_BYTES)).decode()


class SecretBox:
    """Encrypts secrets. The first key encrypts, and all are tried when a secret is read.

    It is AES-SIV (RFC 5297), as for the tokens in links: authenticated, and without a nonce.
    """

    def __init__(self, secret_keys: Sequence[bytes]) -> None:
        """`secret_keys` are those of the settings (`secrets`), at least one, the newest first."""
        self._keys = [AESSIV(hmac.digest(key, _PURPOSE, "sha512")) for key in secret_keys]

    def seal(self, secret: str) -> str:
        """The secret as it is stored."""
        return base64.b64encode(self._keys[0].encrypt(secret.encode(), [_PURPOSE])).decode()

    def open(self, sealed: str | None) -> str | None:
        """The secret; None if there is none, or if none of the keys can decrypt it."""
        try:
            content = base64.b64decode(sealed or "", validate=True)
        except ValueError:
            return None
        for key in self._keys if len(content) > _TAG else ():
            try:
                return key.decrypt(content, [_PURPOSE]).decode()
            except InvalidTag:
                continue
        return None


_TAG = 16
