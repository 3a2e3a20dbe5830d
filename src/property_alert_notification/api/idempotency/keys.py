"""What makes two calls the same call. Pure."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b

from property_alert_notification.base.errors import InvalidField

_PRINTABLE = re.compile(r"[\x20-\x7e]{1,255}")


@dataclass(frozen=True, slots=True)
class CallKey:
    """One call that may be repeated: its owner, its idempotency key, and a hash of the request."""

    owner: str
    key: str
    fingerprint: str
    user_id: int | None = None
    """The user whom the call is about."""


def call_key(
    owner: str, key: str | None, *, method: str, path: str, body: bytes, user_id: int | None = None
) -> CallKey | None:
    """The key of a call; None when the caller gave none.

    Blanks around a key do not count: a proxy on the way may take them away, and the call is the same.

    Args:
        owner: whose key it is.
        key: as it was given.
        method: of the call.
        path: of the call.
        body: what it asks, written in one way only: `in_one_form`, or a model that was read from it.
        user_id: the user whom the call is about, if it is about one.

    Raises:
        InvalidField: the key is empty, longer than 255 characters, or not printable ASCII.
    """
    if key is None:
        return None
    key = key.strip(" \t")
    if not _PRINTABLE.fullmatch(key):
        raise InvalidField("Idempotency-Key", "must be 1 to 255 printable ASCII characters", place="header")
    asked = blake2b(f"{method} {path}\n".encode() + body, digest_size=16)
    return CallKey(owner, key, asked.hexdigest(), user_id)


def only_one(keys: Sequence[str]) -> str | None:
    """The key among the headers of a call.

    Raises:
        InvalidField: there are several different ones.
    """
    if len(keys) > 1:
        raise InvalidField("Idempotency-Key", "is there more than once: send one", place="header")
    return keys[0] if keys else None


def in_one_form(body: bytes) -> bytes:
    """JSON without what makes no difference: the order of fields and the blanks between them. Else as it is."""
    try:
        return written_once(json.loads(body))
    except (ValueError, RecursionError):
        return body


def written_once(value: object) -> bytes:
    """A JSON value, written the same way whatever order its fields came in.

    Raises:
        RecursionError: it is nested too deep.
    """
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()
