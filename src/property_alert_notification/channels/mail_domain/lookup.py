"""Queries DNS with a time limit. A name that does not exist has no records; a query without an answer is an error."""

import ipaddress
from typing import Any

import dns.asyncresolver
import dns.exception
import dns.rdatatype
import dns.resolver
import dns.reversename

from property_alert_notification.base.errors import ConfigurationError

QUERY_TIMEOUT = 5.0
"""Seconds for one query, over all servers and retries."""

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class NoAnswer(Exception):
    """A DNS query failed; the text has the name and the cause."""


class Lookup:
    """Queries one DNS server, or those of this machine."""

    def __init__(self, server: Address | None = None, port: int = 53) -> None:
        """Configure the resolver; no query is sent yet.

        Raises:
            ConfigurationError: this machine has no DNS server configured.
        """
        try:
            self._resolver = dns.asyncresolver.Resolver(configure=server is None)
        except dns.resolver.NoResolverConfiguration:
            raise ConfigurationError(
                "--nameserver: is required, because this machine has no DNS server configured. Example: 9.9.9.9"
            ) from None
        if server is not None:
            self._resolver.nameservers = [str(server)]
            self._resolver.port = port
        self._resolver.lifetime = QUERY_TIMEOUT
        self._resolver.timeout = QUERY_TIMEOUT / 2

    async def texts(self, name: str) -> list[str]:
        """The TXT records of a name with their strings joined; unprintable characters become `?`."""
        return [_printable(b"".join(record.strings)) for record in await self._query(name, "TXT")]

    async def mail_servers(self, name: str) -> list[str]:
        """The names in the MX records, preferred ones first; "" means that the domain accepts no email (RFC 7505)."""
        records = sorted(await self._query(name, "MX"), key=lambda record: int(record.preference))
        return [_name(record.exchange) for record in records]

    async def addresses(self, name: str) -> list[Address]:
        """The IPv4 and IPv6 addresses of a name."""
        found = [*await self._query(name, "A"), *await self._query(name, "AAAA")]
        return [ipaddress.ip_address(record.address) for record in found]

    async def names(self, address: Address) -> list[str]:
        """The names that reverse DNS has for an address."""
        reverse = dns.reversename.from_address(str(address)).to_text()
        return [_name(record.target) for record in await self._query(reverse, "PTR")]

    async def _query(self, name: str, kind: str) -> list[Any]:
        try:
            return list(await self._resolver.resolve(name, kind, raise_on_no_answer=False, search=False))
        except dns.resolver.NXDOMAIN:
            return []
        except (dns.resolver.LifetimeTimeout, dns.exception.Timeout):
            raise NoAnswer(f"DNS did not answer a query for {name} within {QUERY_TIMEOUT:.0f} seconds") from None
        except (dns.exception.DNSException, OSError) as error:
            raise NoAnswer(f"a DNS query for {name} failed ({type(error).__name__})") from None


def _printable(text: bytes) -> str:
    return "".join(each if each.isprintable() else "?" for each in text.decode("utf-8", "replace"))


def _name(value: Any) -> str:
    return str(value.to_text(omit_final_dot=True)).lower().removesuffix(".")
