"""HTTP written byte by byte: what no client would send."""

import socket
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import BinaryIO, Self


@dataclass(frozen=True)
class Answer:
    """One answer as it came over the wire; names of headers are in lower case."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str:
        """The value of a header that is there once."""
        [value] = [value for found, value in self.headers if found == name]
        return value


class Connection:
    """One connection to a service of this machine; opened anew when the service closed it."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._socket: socket.socket | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Hang up."""
        if self._socket is not None:
            self._socket.close()
        self._socket = None

    def ask(self, method: str, target: str, headers: Mapping[str, bytes] | None = None, body: bytes = b"") -> Answer:
        """Send one request that is whole, and read the answer."""
        lines = [f"{method} {target} HTTP/1.1".encode(), b"Host: 127.0.0.1"]
        lines += [name.encode() + b": " + value for name, value in (headers or {}).items()]
        lines += [b"Content-Length: %d" % len(body), b"", body]
        answer = self.send(b"\r\n".join(lines))
        if ("connection", "close") in answer.headers:
            self.close()
        return answer

    def send(self, octets: bytes) -> Answer:
        """Send what may or may not be a request, and read the answer."""
        opened = self._opened()
        # A server that refuses early sends the reason before it closes.
        with suppress(BrokenPipeError, ConnectionResetError):
            opened.sendall(octets)
        with opened.makefile("rb") as stream:
            return _read(stream)

    def hang_up_after(self, octets: bytes) -> None:
        """Send this, and wait for nothing."""
        self._opened().sendall(octets)
        self.close()

    def _opened(self) -> socket.socket:
        if self._socket is None:
            self._socket = socket.create_connection(("127.0.0.1", self._port), timeout=30)
        return self._socket


def _read(stream: BinaryIO) -> Answer:
    status = int(stream.readline().split()[1])
    headers = []
    while line := stream.readline().rstrip(b"\r\n"):
        name, _, value = line.decode("latin-1").partition(":")
        headers.append((name.lower(), value.strip()))
    lengths = [int(value) for name, value in headers if name == "content-length"]
    chunked = ("transfer-encoding", "chunked") in headers
    return Answer(
        status, headers, stream.read(lengths[0]) if lengths else _rest(stream, chunked=chunked, status=status)
    )


def _rest(stream: BinaryIO, *, chunked: bool, status: int) -> bytes:
    if not chunked:
        return b"" if status in (204, 304) else stream.read()
    parts = []
    while size := int(stream.readline(), 16):
        parts.append(stream.read(size))
        stream.readline()
    stream.readline()
    return b"".join(parts)
