"""What `QUEUE_BROKER_URL` means: the embedded broker, or nodes of RabbitMQ to try one after the other."""

import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote, urlencode

from property_alert_notification.base.settings.server_url import Server, ServerUrl, take_apart

_PORTS = {"amqp": 5672, "amqps": 5671}
_NEXT_URL = re.compile(r",\s*(?=amqps?://)")
_FILES = frozenset({"cafile", "keyfile", "certfile"})
_HEARTBEAT = "10"
"""Seconds. A silent peer is noticed after three heartbeats: half a minute, where the usual 60 s would take three."""


def is_embedded(url: str) -> bool:
    """Whether the table of due deliveries is the queue."""
    return url.partition("://")[0] == "embedded"


def broker_urls(url: str) -> list[str]:
    """One URL for each node, in the order in which they are tried, as aio-pika reads them.

    Several nodes are `amqp://user:password@one,two:5673/vhost`, or whole URLs with commas between.

    Raises:
        ValueError: it cannot be used; the text fits behind the name of a variable, and repeats no value.
    """
    return [node for each in _NEXT_URL.split(url) for node in _nodes(each)]


def broker_address(url: str) -> str:
    """`host:port` of the URL of one node: what may be shown."""
    scheme = url.partition("://")[0]
    server = _take_apart(url).servers[0]
    return Server(server.host, server.port or _PORTS[scheme]).shown()


def check_broker_url(url: str) -> None:
    """Find out whether a URL can be used.

    Raises:
        ValueError: it cannot; the text fits behind the name of a variable, and repeats no value.
    """
    scheme, separator, rest = url.partition("://")
    if not separator or scheme not in {"embedded", *_PORTS}:
        quoted = ", without quotes around it" if url[:1] in {'"', "'"} else ""
        raise ValueError(f"must start with embedded://, amqp:// or amqps://{quoted}")
    if is_embedded(url):
        if rest:
            raise ValueError("is embedded:// and nothing behind it")
        return
    broker_urls(url)


def _nodes(url: str) -> list[str]:
    scheme, parts = url.partition("://")[0], _take_apart(url)
    if any(not server.host for server in parts.servers):
        raise ValueError("names no host")
    given = dict(parts.parameters)
    if len(given) < len(parts.parameters):
        raise ValueError("has a parameter twice")
    for name, value in given.items():
        _check(name, value)
    query = urlencode({"heartbeat": _HEARTBEAT} | given, quote_via=quote)
    login = f"{quote(parts.username or 'guest', safe='')}:{quote(parts.password or 'guest', safe='')}"
    # aio-pika takes `/` alone for the default virtual host.
    path = quote(parts.path or "", safe="")
    return [f"{scheme}://{login}@{server.shown()}/{path}?{query}" for server in parts.servers]


def _take_apart(url: str) -> ServerUrl:
    return take_apart(url, knows=lambda name: name in _CHECKS)


def _check(name: str, value: str) -> None:
    problem = _CHECKS[name](value)
    if problem:
        raise ValueError(f"has the parameter {name}, which {problem}")


def _one_of(*values: str) -> Callable[[str], str | None]:
    return lambda value: None if value in values else f"can be {', '.join(values)}"


def _up_to(most: int) -> Callable[[str], str | None]:
    def check(value: str) -> str | None:
        fits = value.isascii() and value.isdigit() and len(value) <= 6 and int(value) <= most
        return None if fits else f"must be a whole number up to {most}"

    return check


def _file(path: str) -> str | None:
    try:
        with Path(path).open("rb") as file:
            file.read(1)
    except (OSError, ValueError) as error:
        return f"names a file that cannot be read ({getattr(error, 'strerror', None) or 'it is no path'})"
    return None


def _folder(path: str) -> str | None:
    return None if Path(path).is_dir() else "names no folder"


_CHECKS: dict[str, Callable[[str], str | None]] = {
    "heartbeat": _up_to(65_534),
    "timeout": _up_to(3_600),
    "auth": _one_of("plain", "PLAIN", "external", "EXTERNAL"),
    "no_verify_ssl": _one_of("0", "1"),
    "name": lambda value: None if value.isprintable() and len(value) <= 200 else "must be a short name",
    "capath": _folder,
    **dict.fromkeys(_FILES, _file),
}
