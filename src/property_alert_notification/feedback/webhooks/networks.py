"""Which URLs and addresses an endpoint may have. Pure.

A webhook is sent to a URL that a caller chose. So it must not reach what only this service can reach: this machine, the
network that it is in, or the metadata service of a cloud. `ipaddress.is_global` is no such test: NAT64 and 6to4 pass.
Source: https://www.iana.org/assignments/iana-ipv4-special-registry and …/iana-ipv6-special-registry
"""

import re
from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import urlsplit

Network = IPv4Network | IPv6Network

_LABEL = "[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?"
_HOST = re.compile(rf"(?=.{{1,254}}$){_LABEL}(\.{_LABEL})*\.?", re.IGNORECASE)
"""A host name: labels of at most 63 characters (RFC 1035), with underscores, which some have."""

PORTS = (443, 8443)
"""The ports of endpoints outside `local`."""

_NOT_PUBLIC_IPV4 = [
    ip_network(network)
    for network in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.31.196.0/24",
        "192.52.193.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "192.175.48.0/24",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/3",
    )
]
_PUBLIC_IPV6 = ip_network("2000::/3")
"""What is assigned for the internet. Everything else is not public: loopback, mapped, NAT64, private, link-local."""

_NOT_PUBLIC_IPV6 = [
    ip_network(network) for network in ("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20")
]
"""Parts of it that are not: Teredo and other protocols, documentation, 6to4."""

_METADATA = [ip_network(network) for network in ("169.254.0.0/16", "fe80::/10", "fd00:ec2::/32")]
"""Where clouds answer with credentials: refused also in `local`."""


def why_not_url(url: str, *, is_local: bool, allowed: Sequence[Network] = ()) -> str | None:
    """What is wrong with the URL of an endpoint, for its caller; None if nothing is.

    A host name is resolved when an event is sent, and its addresses are checked then.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "must be a whole https:// URL"
    if not parts.hostname or not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        return "must be a whole https:// URL, in ASCII"
    if parts.username is not None or parts.password is not None or parts.fragment:
        return "must have no user name, no password and no fragment"
    if parts.scheme != "https" and not (is_local and parts.scheme == "http"):
        return "must begin with https://"
    address = _literal(parts.hostname)
    if address is not None and not is_allowed(address, is_local=is_local, allowed=allowed):
        return "must lead to a public address"
    if address is None and (_looks_like_number(parts.hostname) or not _HOST.fullmatch(parts.hostname)):
        return "must name a host"
    if not is_local and not allowed and (port or 443) not in PORTS:
        return f"must have no port, or one of {', '.join(map(str, PORTS))}"
    return None


def is_allowed(address: str, *, is_local: bool, allowed: Sequence[Network] = ()) -> bool:
    """Whether a webhook may be sent to this IP address; `allowed` are networks that operators trust."""
    try:
        ip = _plain(ip_address(address))
    except ValueError:
        return False
    if _is_in(ip, allowed):
        return True
    if is_local:
        return not _is_in(ip, _METADATA)
    if isinstance(ip, IPv4Address):
        return not _is_in(ip, _NOT_PUBLIC_IPV4)
    return ip in _PUBLIC_IPV6 and not _is_in(ip, _NOT_PUBLIC_IPV6)


def _plain(ip: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """An IPv4 address that is written as IPv6 (RFC 4291, 2.5.5.2) is the IPv4 address: the system connects to that."""
    mapped = ip.ipv4_mapped if isinstance(ip, IPv6Address) else None
    return ip if mapped is None else mapped


def _is_in(ip: IPv4Address | IPv6Address, networks: Iterable[Network]) -> bool:
    return any(ip.version == network.version and ip in network for network in networks)


def _literal(host: str) -> str | None:
    try:
        return str(ip_address(host))
    except ValueError:
        return None


def _looks_like_number(host: str) -> bool:
    """Whether the system may read it as an IPv4 address in another form, such as 2130706433, 0x7f.1 or 017700000001."""
    last = host.rstrip(".").rpartition(".")[2].lower()
    return last.isdigit() or (last.startswith("0x") and all(one in "0123456789abcdef" for one in last[2:]))
