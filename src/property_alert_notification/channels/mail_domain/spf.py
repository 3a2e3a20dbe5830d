"""Resolves an SPF record with its includes: the networks that it lists, and the number of its DNS lookups."""

import ipaddress
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from property_alert_notification.channels.mail_domain.lookup import Address, Lookup

MOST_LOOKUPS = 10
"""Receivers reject a record that needs more lookups (RFC 7208, 4.6.4)."""

_LOOKUP_TERMS = {"include", "a", "mx", "ptr", "exists", "redirect"}
_TERM = re.compile(
    r"(?P<qualifier>[+?~-]?)(?P<name>include|a|mx|ptr|exists|redirect|ip4|ip6)(?:[:=](?=.)|(?=/)|\Z)(?P<value>.*)"
)
_HOST = re.compile(r"([^/]*)(?:/(\d+))?(?://(\d+))?")


@dataclass(slots=True)
class Listed:
    """The networks that a record lists, as far as it was resolved."""

    networks: list[ipaddress.IPv4Network | ipaddress.IPv6Network] = field(default_factory=list)
    lookups: int = 0
    problem: str | None = None
    """The reason why receivers reject the record."""
    uncertain: bool = False
    """Whether the record depends on the email (macros, ptr, exists), so that `networks` is incomplete."""

    def holds(self, address: Address) -> bool:
        """Whether the record lists an address."""
        return any(address in network for network in self.networks)


async def records_of(lookup: Lookup, domain: str) -> list[str]:
    """The SPF records of a domain."""
    return [text for text in await lookup.texts(domain) if text.lower().split(" ")[0] == "v=spf1"]


async def walk(lookup: Lookup, domain: str, record: str) -> Listed:
    """Resolve a record, and stop where a receiver would."""
    listed = Listed()
    await _walk(lookup, domain, record, listed)
    return listed


async def _walk(lookup: Lookup, domain: str, record: str, listed: Listed) -> None:
    for qualifier, name, value in _terms(record):
        if listed.problem is not None:
            return
        if name in _LOOKUP_TERMS:
            listed.lookups += 1
            if listed.lookups > MOST_LOOKUPS:
                listed.problem = f"the record needs more than {MOST_LOOKUPS} DNS lookups, so receivers reject it"
                return
        if qualifier != "+":
            continue
        if "%" in value or name in {"ptr", "exists"}:
            listed.uncertain = True
        elif name in {"include", "redirect"}:
            await _include(lookup, value, listed)
        else:
            await _list(lookup, domain, name, value, listed)


def _terms(record: str) -> Iterator[tuple[str, str, str]]:
    """The qualifier, name and value of each term that lists servers."""
    words = record.lower().split()[1:]
    has_end = any(word.lstrip("+-~?") == "all" for word in words)
    for word in words:
        found = _TERM.fullmatch(word)
        if found is not None and not (found["name"] == "redirect" and has_end):  # RFC 7208, 6.1
            yield found["qualifier"] or "+", found["name"], found["value"]


async def _include(lookup: Lookup, domain: str, listed: Listed) -> None:
    records = await records_of(lookup, domain)
    if len(records) != 1:
        listed.problem = (
            f"the record includes {domain}, which has {len(records) or 'no'} SPF records: receivers reject it"
        )
        return
    await _walk(lookup, domain, records[0], listed)


async def _list(lookup: Lookup, domain: str, name: str, value: str, listed: Listed) -> None:
    parts = _HOST.fullmatch(value)
    try:
        if name in {"ip4", "ip6"}:
            listed.networks.append(ipaddress.ip_network(value, strict=False))
        elif parts is None:
            listed.problem = _unreadable(name, value)
        else:
            host, *lengths = parts.groups()
            hosts = await lookup.mail_servers(host or domain) if name == "mx" else [host or domain]
            for address in [each for one in hosts if one for each in await lookup.addresses(one)]:
                bits = lengths[address.version == 6] or address.max_prefixlen
                listed.networks.append(ipaddress.ip_network(f"{address}/{bits}", strict=False))
    except ValueError:
        listed.problem = _unreadable(name, value)


def _unreadable(name: str, value: str) -> str:
    return f"receivers reject the record, because {name}:{value} is invalid"
