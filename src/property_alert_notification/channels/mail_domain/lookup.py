"""Asks DNS, with a limit on time. A name that does not exist has no records; no answer at all is an error."""

import ipaddress
from typing import Any

import dns.asyncresolver
import dns.exception
import dns.rdatatype
import dns.resolver
import dns.reversename

from property_alert_notification.base.errors import ConfigurationError

LONGEST_QUESTION = 5.0
"""Seconds for one question, over all servers and repeats."""

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class NoAnswer(Exception):
    """DNS could not be asked; the text says for what, and why."""


class Lookup:
    """Asks one DNS server, or those of this machine."""

    def __init__(self, server: Address | None = None, port: int = 53) -> None:
        """Nothing is asked yet.

        Raises:
            ConfigurationError: this machine names no DNS server.
        """
        try:
            self._resolver = dns.asyncresolver.Resolver(configure=server is None)
        except dns.resolver.NoResolverConfiguration:
            raise ConfigurationError(
                "--nameserver: needed, this machine names no DNS server. Example: 9.9.9.9"
            ) from None
        if server is not None:
            self._resolver.nameservers = [str(server)]
            self._resolver.port = port
        self._resolver.lifetime = LONGEST_QUESTION
        self._resolver.timeout = LONGEST_QUESTION / 2

    async def texts(self, name: str) -> list[str]:
        """The TXT records of a name; the strings of one are joined, and what cannot be printed is a question mark."""
        return [_printable(b"".join(record.strings)) for record in await self._ask(name, "TXT")]

    async def mail_servers(self, name: str) -> list[str]:
        """The names in the MX records, the preferred one first; "" says that a domain takes no email (RFC 7505)."""
        records = sorted(await self._ask(name, "MX"), key=lambda record: int(record.preference))
        return [_name(record.exchange) for record in records]

    async def addresses(self, name: str) -> list[Address]:
        """The IPv4 and IPv6 addresses of a name."""
        found = [*await self._ask(name, "A"), *await self._ask(name, "AAAA")]
        return [ipaddress.ip_address(record.address) for record in found]

    async def names(self, address: Address) -> list[str]:
        """The names that reverse DNS has for an address."""
        reverse = dns.reversename.from_address(str(address)).to_text()
        return [_name(record.target) for record in await self._ask(reverse, "PTR")]

    async def _ask(self, name: str, kind: str) -> list[Any]:
        try:
            return list(await self._resolver.resolve(name, kind, raise_on_no_answer=False, search=False))
        except dns.resolver.NXDOMAIN:
            return []
        except (dns.resolver.LifetimeTimeout, dns.exception.Timeout):
            raise NoAnswer(f"DNS gave no answer about {name} within {LONGEST_QUESTION:.0f} seconds") from None
        except (dns.exception.DNSException, OSError) as error:
            raise NoAnswer(f"DNS could not be asked about {name} ({type(error).__name__})") from None


def _printable(text: bytes) -> str:
    return "".join(each if each.isprintable() else "?" for each in text.decode("utf-8", "replace"))


def _name(value: Any) -> str:
    return str(value.to_text(omit_final_dot=True)).lower().removesuffix(".")
