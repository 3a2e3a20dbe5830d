"""Takes the URL of a server apart, as people write it.

A password may contain any character, percent-encoded or not: a URL whose parts make no sense when it is read by the
standard (RFC 3986) is read again with a later `@` as the end of the password. No error repeats any part of the URL
but the names of parameters, and those only where they cannot be a part of a password.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote, unquote

_HOST = re.compile(
    r"(?:\[(?P<v6>[0-9A-Fa-f:.]+(?:%[\w.-]+)?)\]|(?P<name>(?:[\w.~-]|%[0-9A-Fa-f]{2})*))(?::(?P<port>[^:]*))?"
)
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,40}")


@dataclass(frozen=True, slots=True)
class Server:
    """One host of a URL; an empty name means that the URL names none."""

    host: str
    port: int | None

    def shown(self) -> str:
        """As it is written in a URL."""
        host = f"[{self.host}]" if ":" in self.host else quote(self.host, safe="")
        return host if self.port is None else f"{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class ServerUrl:
    """The decoded parts of a URL."""

    username: str | None
    password: str | None
    servers: tuple[Server, ...]
    path: str | None
    """What follows the first slash; None without one."""
    parameters: tuple[tuple[str, str], ...]


class UnknownParameter(ValueError):
    """A parameter that nothing here understands."""


def take_apart(url: str, *, knows: Callable[[str], bool]) -> ServerUrl:
    """Read what follows `scheme://`; `knows` returns the names of parameters that exist.

    Raises:
        ValueError: it cannot be read; the text fits behind the name of a variable.
    """
    rest = url.partition("://")[2]
    if not rest.isprintable():
        raise ValueError("has a character that cannot be printed")
    end = min((place for place in map(rest.find, "/?#") if place >= 0), default=len(rest))
    standard = rest.rfind("@", 0, end)
    others = [place for place, letter in enumerate(rest) if letter == "@" and place != standard]
    problem: ValueError | None = None
    for place in (standard, *reversed(others)):
        try:
            return _read(rest, place, knows)
        except ValueError as error:
            problem = problem or error
    if isinstance(problem, UnknownParameter) and "@" in rest.partition("?")[2]:
        raise ValueError("has a parameter that is not known, or a password with a ? that is not written as %3F")
    raise problem or ValueError("cannot be read")


def host_and_port(text: str) -> Server:
    """Read `host`, `host:port`, `[::1]` or `[::1]:port`.

    Raises:
        ValueError: it is none of them; the text does not repeat it.
    """
    match = _HOST.fullmatch(text)
    if match is None:
        if text.count(":") > 1:
            raise ValueError("has an IPv6 address without brackets, or a port that is no number between 1 and 65535")
        raise ValueError("has a host with characters that no host has")
    port = match["port"]
    if port and not (port.isascii() and port.isdigit() and len(port) <= 5 and 0 < int(port) <= 65_535):
        raise ValueError("has a port that is no number between 1 and 65535")
    return Server(match["v6"] or decoded(match["name"]), int(port) if port else None)


def decoded(text: str) -> str:
    """Percent-encoding undone; a text whose percent signs encode nothing stays as it is."""
    try:
        return unquote(text, errors="strict")
    except UnicodeDecodeError:
        return text


def _read(rest: str, at: int, knows: Callable[[str], bool]) -> ServerUrl:
    """Read the URL with the password ending at the `@` at this place, or with none at -1."""
    username, colon, password = rest[: max(at, 0)].partition(":")
    before, _, query = rest[at + 1 :].partition("?")
    authority, slash, path = before.partition("/")
    if "@" in path or "#" in before or "#" in query:
        raise ValueError("has a # or @ that is not percent-encoded (%23, %40)")
    servers = tuple(host_and_port(host) for host in authority.split(","))
    return ServerUrl(
        decoded(username) or None,
        decoded(password) or None if colon else None,
        servers,
        decoded(path) if slash else None,
        tuple(_parameter(piece, knows) for piece in query.split("&") if piece),
    )


def _parameter(piece: str, knows: Callable[[str], bool]) -> tuple[str, str]:
    name, equals, value = piece.partition("=")
    if not equals or not _NAME.fullmatch(name):
        raise ValueError("has a ? that is followed by no name=value")
    if not knows(name):
        raise UnknownParameter(f"has the parameter {name}, which is not known here")
    return name, decoded(value.replace("+", "%20"))
