"""Reads the headers of a request once: its id, its body's size and coding, and whether it has two meanings."""

import re
from collections.abc import Sequence

from starlette.types import Scope

_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{1,128}")
_HIDDEN = re.compile(rb"%(?:2f|5c|[01][0-9a-f]|7f)", re.IGNORECASE)
"""An encoded slash, backslash or control character, which a proxy may decode to another path."""
_CODING = re.compile(rb"[A-Za-z0-9._, -]{1,60}")
_HOST = re.compile(rb"[A-Za-z0-9._~!$&'()*+,;=:%\[\]-]*")


class RequestHead:
    """The facts that the headers state about a request."""

    __slots__ = ("coding", "declared", "request_id", "waits", "why_not")

    def __init__(self, scope: Scope) -> None:
        self.request_id: bytes | None = None
        self.declared: int | None = 0
        """Bytes of the body; None when the headers have no length."""
        self.waits = False
        """The client waits for `100 Continue` before it sends the body."""
        self.coding: str | None = None
        """The content coding of the body, such as gzip; None if it is sent as it is."""
        hosts: list[bytes] = []
        for name, value in scope["headers"]:
            if name == b"host":
                hosts.append(value)
            elif name == b"content-length":
                self.declared = int(value) if value.isdigit() else None
            elif name == b"transfer-encoding":
                self.declared = None
            elif name == b"expect":
                self.waits = True
            elif name == b"content-encoding" and value.strip().lower() not in (b"", b"identity"):
                self.coding = value.decode("latin-1") if _CODING.fullmatch(value) else "this"
            elif name == b"x-request-id" and _REQUEST_ID.fullmatch(value):
                self.request_id = value
        self.why_not = _why_not(scope, hosts)


def _why_not(scope: Scope, hosts: Sequence[bytes]) -> str | None:
    """Why two servers could understand this request differently (RFC 9112, 3.2); None when they could not."""
    if len(hosts) != 1 and (hosts or scope["http_version"] == "1.1"):
        return "A request has one Host header, and this one has " + ("none." if not hosts else "several.")
    if hosts and not _HOST.fullmatch(hosts[0]):
        return "The Host header is not one host."
    path = scope.get("raw_path") or b""
    if b"%" in path and _HIDDEN.search(path):
        return "The path has an encoded slash, backslash or control character, which no path of ours has."
    return None
