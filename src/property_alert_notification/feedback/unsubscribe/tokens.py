"""Signed tokens in the links of messages. Pure.

A token names a user, and a channel and a category if the link is about one. It needs no row in the store, so links work
for years. Nobody can read it without the key.

    tokens = Tokens(settings.link_keys)
    token = tokens.make(Purpose.PREFERENCES, Link(user_id=7, channel=Channel("email"), category="listing_alert"))
    link = tokens.read(Purpose.PREFERENCES, token, now=clock.now())  # None: forged, garbled, expired, another purpose

It is sealed by AES-SIV (RFC 5297): encrypted and authenticated, without a nonce, by 16 bytes more than its content. The
purpose is authenticated too: an unsubscribe token opens no preference page. itsdangerous does not encrypt, and its
tokens are at least 27 characters longer.
"""

import base64
import hmac
import struct
from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from property_alert_notification.base.vocabulary import Channel

LONGEST_TOKEN = 160
"""Characters of a token at most; a longer text is none."""

_VERSION = b"\x01"
"""The last byte. So no token ends with - or _, which mail programs leave out of a link at the end of a line."""
_HEAD = struct.Struct(">?QI")  # for a test; the user's id; seconds of 1970, or 0
_SEPARATOR = "\0"


class Purpose(StrEnum):
    """What the owner of a token may do."""

    UNSUBSCRIBE = "unsubscribe"
    """Opt out of what the link names."""
    PREFERENCES = "preferences"
    """See and change the user's preferences."""
    PREFERENCES_FORM = "preferences_form"
    """The form on the preference page of the same link."""
    CONFIRM = "confirm"
    """Confirm one opt-in to a category on a channel."""
    SEARCH = "search"
    """Keep the saved search whose key is in the link's category."""


class Link(NamedTuple):
    """What a token is about."""

    user_id: int
    channel: Channel | None = None
    """None means every channel."""
    category: str | None = None
    """None means every category."""
    test: bool = False
    """The message was submitted with a test key: only test rows may change."""
    expires_at: datetime | None = None
    """In whole seconds; None means never."""


class Tokens:
    """Makes and reads tokens. The first key seals, and all are tried when one is read."""

    def __init__(self, signing_keys: Sequence[bytes]) -> None:
        """`signing_keys` are those of the settings (`link_keys`), at least one, the newest first."""
        # A key of this use only: what is known of one use says nothing about another.
        self._keys = [AESSIV(hmac.digest(key, b"links in messages", "sha256")) for key in signing_keys]

    def make(self, purpose: Purpose, link: Link) -> str:
        """The token of a link: letters, digits, - and _; always the same for the same link and key."""
        return _text(self._keys[0].encrypt(_packed(link), _context(purpose)) + _VERSION)

    def read(self, purpose: Purpose, token: str, *, now: datetime) -> Link | None:
        """The link of a token; None unless it was made for this purpose, with one of the keys, and has not expired."""
        content = _bytes(token)
        if content is None or content[-1:] != _VERSION:
            return None
        for key in self._keys:
            try:
                link = _unpacked(key.decrypt(content[:-1], _context(purpose)))
            except InvalidTag:
                continue
            expired = link is not None and link.expires_at is not None and link.expires_at <= now
            return None if expired else link
        return None


def _context(purpose: Purpose) -> list[bytes]:
    return [_VERSION, purpose.encode()]


def _packed(link: Link) -> bytes:
    expiry = 0 if link.expires_at is None else int(link.expires_at.timestamp())
    names = f"{link.channel or ''}{_SEPARATOR}{link.category or ''}"
    return _HEAD.pack(link.test, link.user_id, expiry) + names.encode()


def _unpacked(content: bytes) -> Link | None:
    """The link; None if its channel does not exist any more."""
    test, user_id, expiry = _HEAD.unpack_from(content)
    channel, _, category = content[_HEAD.size :].decode().partition(_SEPARATOR)
    if channel and channel not in set(Channel):
        return None
    expires_at = datetime.fromtimestamp(expiry, UTC) if expiry else None
    return Link(user_id, Channel(channel) if channel else None, category or None, test, expires_at)


def _text(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _bytes(token: str) -> bytes | None:
    """The bytes of a token; None if the text is none. Each token has one spelling."""
    if len(token) > LONGEST_TOKEN:
        return None
    try:
        content = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except ValueError:
        return None
    # The decoder leaves out characters that it does not know.
    return content if _text(content) == token and len(content) > _SMALLEST else None


_SMALLEST = 16 + len(_VERSION)
