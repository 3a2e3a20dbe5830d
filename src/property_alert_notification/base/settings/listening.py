"""Sockets to listen on, at an address as people write it."""

import ipaddress
import re
import socket

from property_alert_notification.base.errors import ConfigurationError

_HOST_NAME = re.compile(r"[\w-]{1,63}(\.[\w-]{1,63})*\.?")


def plain_host(host: str) -> str:
    """The host without the brackets that an IPv6 address has in a URL, and without blanks around it."""
    host = host.strip()
    return host[1:-1] if host.startswith("[") and host.endswith("]") else host


def host_name(host: str) -> str:
    """The name or address of a machine, for settings: with brackets around an IPv6 address or without.

    Raises:
        ValueError: it is more than that, or less.
    """
    name = plain_host(host)
    if not _HOST_NAME.fullmatch(name) and not _is_v6(name):
        raise ValueError("must be the name or the address of a machine alone, without scheme, port and path")
    return name


def listen(host: str, port: int) -> socket.socket:
    """Listen; `::` takes calls by IPv4 too, where the machine can.

    Raises:
        OSError: it cannot be done; a host that is no name at all is one too.
    """
    host = plain_host(host)
    if not host:
        raise OSError("it is empty")
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except UnicodeError:  # a label that is empty or too long
        raise OSError("it is no name of a machine") from None
    both = _is_any_v6(host) and socket.has_dualstack_ipv6()
    return socket.create_server((str(address[0]), port), family=family, backlog=2048, dualstack_ipv6=both)


def check_metrics_address(host: str, port: int) -> None:
    """Make sure that a worker could show its metrics at this address; whether the port is free is not asked.

    Raises:
        ConfigurationError: this machine has no such address.
    """
    if not port:
        return
    try:
        listen(host, 0).close()
    except OSError as error:
        raise ConfigurationError(
            f"WORKER_METRICS_HOST: cannot be listened on ({error.strerror or error}). "
            "Example: WORKER_METRICS_HOST=0.0.0.0"
        ) from None


def _is_v6(host: str) -> bool:
    try:
        ipaddress.IPv6Address(host)
    except ValueError:
        return False
    return True


def _is_any_v6(host: str) -> bool:
    return _is_v6(host) and ipaddress.IPv6Address(host).is_unspecified
