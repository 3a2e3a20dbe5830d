"""What makes two calls the same call. Pure."""

import re
from dataclasses import dataclass
from hashlib import blake2b

from property_alert_notification.errors import InvalidField

_PRINTABLE = re.compile(r"[\x20-\x7e]{1,255}")


@dataclass(frozen=True, slots=True)
class CallKey:
    """One call that may be repeated: who makes it, the key they gave it, and what it asks."""

    owner: str
    key: str
    fingerprint: str


def call_key(owner: str, key: str | None, *, method: str, path: str, body: bytes) -> CallKey | None:
    """The key of a call; None when the caller gave none.

    Raises:
        InvalidField: the key is empty, longer than 255 characters, or not printable ASCII.
    """
    if key is None:
        return None
    if not _PRINTABLE.fullmatch(key):
        raise InvalidField("Idempotency-Key", "must be 1 to 255 printable ASCII characters", place="header")
    asked = blake2b(f"{method} {path}\n".encode() + body, digest_size=16)
    return CallKey(owner, key, asked.hexdigest())
