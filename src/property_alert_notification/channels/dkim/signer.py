"""Signs emails: relaxed/relaxed, one signature for each key.

Source: RFC 6376 (3.4 canonicalisation, 3.5 tags, 5.4 what to sign); RFC 8058, 4 (List-Unsubscribe).
"""

import base64
import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from functools import lru_cache

from property_alert_notification.channels.dkim.keys import DkimKey

_SIGNED = (
    b"from",
    b"reply-to",
    b"to",
    b"subject",
    b"date",
    b"message-id",
    b"mime-version",
    b"content-type",
    b"content-transfer-encoding",
    b"list-id",
    b"list-unsubscribe",
    b"list-unsubscribe-post",
)
_NEVER_ADDED = (b"from", b"reply-to", b"to", b"subject", b"date")
"""Named once more than they occur: adding one to a signed email breaks its signature (RFC 6376, 8.15)."""

_BLANKS = re.compile(rb"\t[ \t]*| [ \t]+")
_LINE_LENGTH = 76
_SIGNATURE_LINE = 72


class Signer:
    """Signs every email for one domain."""

    def __init__(self, domain: str, keys: Sequence[DkimKey]) -> None:
        self._keys = [
            (key, f"v=1; a={key.algorithm}; c=relaxed/relaxed; d={domain};\r\n s={key.selector}; ") for key in keys
        ]
        self.description = f"signs for {domain} by {', '.join(key.description for key in keys)}"

    def sign(self, content: bytes, *, now: datetime) -> bytes:
        """The email with its signatures before its headers; its lines must end in CRLF."""
        head, _, body = content.partition(b"\r\n\r\n")
        names, signed = _signed_headers(head)
        body_hash = base64.b64encode(hashlib.sha256(relaxed_body(body)).digest()).decode()
        tags = f"t={int(now.timestamp())};\r\n h={_folded_names(names)};\r\n bh={body_hash};\r\n b="
        signatures = [_signature(key, f"DKIM-Signature: {start}{tags}", signed) for key, start in self._keys]
        return b"".join((*signatures, content))


def relaxed_body(body: bytes) -> bytes:
    """A body as it is hashed (RFC 6376, 3.4.4)."""
    if b"  " in body or b"\t" in body:
        body = _BLANKS.sub(b" ", body)
    body = body.replace(b" \r\n", b"\r\n").removesuffix(b" ").rstrip(b"\r\n")
    return body + b"\r\n" if body else b""


def relaxed_header(field: bytes) -> bytes:
    """A header on one line, as it is hashed (RFC 6376, 3.4.2), without the end of its line."""
    name, _, value = field.partition(b":")
    return name.rstrip(b" \t").lower() + b":" + _BLANKS.sub(b" ", value).strip(b" \t")


def _signed_headers(head: bytes) -> tuple[tuple[bytes, ...], bytes]:
    """The names to sign, and the headers as they are hashed, both in the same order."""
    found: dict[bytes, list[bytes]] = defaultdict(list)
    for field in _unfolded(head).split(b"\r\n"):
        header = relaxed_header(field)
        found[header.partition(b":")[0]].append(header)
    names: list[bytes] = []
    headers: list[bytes] = []
    for name in _SIGNED:
        headers += reversed(found[name])  # of several the last one is meant first (RFC 6376, 5.4.2)
        names += [name] * (len(found[name]) + (name in _NEVER_ADDED))
    return tuple(names), b"".join([header + b"\r\n" for header in headers])


def _unfolded(lines: bytes) -> bytes:
    return lines.replace(b"\r\n ", b" ").replace(b"\r\n\t", b"\t")


def _signature(key: DkimKey, field: str, signed: bytes) -> bytes:
    """The header, complete; `field` is the header with an empty `b`."""
    itself = relaxed_header(_unfolded(field.encode()))
    value = base64.b64encode(key.sign(hashlib.sha256(signed + itself).digest())).decode()
    lines = [value[begin : begin + _SIGNATURE_LINE] for begin in range(0, len(value), _SIGNATURE_LINE)]
    return (field + "\r\n ".join(lines) + "\r\n").encode()


@lru_cache(maxsize=64)
def _folded_names(names: tuple[bytes, ...]) -> str:
    return "\r\n ".join(_filled(name.decode() for name in names))


def _filled(names: Iterable[str]) -> Iterator[str]:
    line = ""
    for name in names:
        if line and len(line) + len(name) > _LINE_LENGTH - 4:
            yield f"{line}:"
            line = name
        else:
            line = f"{line}:{name}" if line else name
    yield line
