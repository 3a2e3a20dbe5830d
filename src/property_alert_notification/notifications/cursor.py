"""Where a page of a list ends, as callers see it."""

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from uuid import UUID

_VERSION = b"\x01"
"""Of the form of a cursor; another form gets another number, so that an old cursor is refused and not misread."""


def to_cursor(last: UUID) -> str:
    """An id as callers see it: opaque, and safe in a URL."""
    return urlsafe_b64encode(_VERSION + last.bytes).decode().rstrip("=")


def from_cursor(cursor: str) -> UUID:
    """The id in a cursor.

    Raises:
        ValueError: `to_cursor` did not write it.
    """
    try:
        content = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        last = UUID(bytes=content.removeprefix(_VERSION))
    except (binascii.Error, ValueError):
        raise ValueError("is not a cursor of this list") from None
    if to_cursor(last) != cursor:
        raise ValueError("is not a cursor of this list")
    return last
