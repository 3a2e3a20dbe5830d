"""Resolves an SPF record with its includes: the networks that it lists, and whether receivers can evaluate it.

Source: RFC 7208, 4.6.4 (the limits) and 5.4 (names of mail servers).
"""

import ipaddress
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from property_alert_notification.channels.mail_domain.lookup import Address, Lookup

MOST_LOOKUPS = 10
"""Receivers reject a record that needs more lookups."""
MOST_VOID = 2
"""Receivers reject a record of which more lookups find nothing."""
MOST_MAIL_SERVERS = 10
"""Receivers reject a record with an `mx` of a domain that has more."""
_FAMILIES = (4, 6)

_LOOKUP_TERMS = {"include", "a", "mx", "ptr", "exists", "redirect"}
_TERM = re.compile(
    r"(?P<qualifier>[+?~-]?)(?P<name>include|a|mx|ptr|exists|redirect|ip4|ip6)(?:[:=](?=.)|(?=/)|\Z)(?P<value>.*)"
)
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_HOST = re.compile(r"([^/]*)(?:/(\d+))?(?://(\d+))?")


@dataclass(slots=True)
class Listed:
    """The networks that a record lists, as far as it was resolved."""

    networks: list[Network] = field(default_factory=list)
    lookups: int = 0
    problem: str | None = None
    """The reason why receivers reject the record."""
    uncertain: bool = False
    """Whether the record depends on the email (macros, ptr, exists), so that `networks` is incomplete."""
    families: Collection[int] = ()
    """The IP versions from which emails are sent: receivers look up addresses of the sender's version. Empty means that
    they are unknown."""
    void: dict[int, list[str]] = field(default_factory=lambda: {family: [] for family in _FAMILIES})
    """The names without an answer, by the IP version of the sender."""

    def note_void(self, name: str, *families: int) -> None:
        """Note that a lookup of a name finds nothing for senders of these IP versions."""
        for family in families or _FAMILIES:
            self.void[family].append(name)
        exceeded = [len(self.void[family]) > MOST_VOID for family in self.families or _FAMILIES]
        # If the version is unknown, some receivers may accept the record.
        if any(exceeded) if self.families else all(exceeded):
            names = ", ".join(dict.fromkeys(self.void[next(iter(self.families), 4)]))
            self.problem = f"more than {MOST_VOID} lookups of the record find nothing, so receivers reject it: {names}"

    def holds(self, address: Address) -> bool:
        """Whether the record lists an address."""
        return any(address in network for network in self.networks)


async def records_of(lookup: Lookup, domain: str) -> list[str]:
    """The SPF records of a domain."""
    return [text for text in await lookup.texts(domain) if text.lower().split(" ")[0] == "v=spf1"]


async def walk(lookup: Lookup, domain: str, record: str, families: Collection[int] = ()) -> Listed:
    """Resolve a record, and stop where a receiver would; `families` are the IP versions of the sending servers."""
    listed = Listed(families=families)
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
        before = list(listed.networks), listed.uncertain
        if "%" in value or name in {"ptr", "exists"}:
            listed.uncertain = True
            await _check_exists(lookup, name, value, listed)
        elif name in {"include", "redirect"}:
            await _include(lookup, value, listed)
        else:
            listed.networks += await _networks(lookup, domain, name, value, listed)
        if qualifier != "+":
            listed.networks, listed.uncertain = before


def _terms(record: str) -> Iterator[tuple[str, str, str]]:
    """The qualifier, name and value of each term that lists servers."""
    words = record.lower().split()[1:]
    has_end = any(word.lstrip("+-~?") == "all" for word in words)
    for word in words:
        found = _TERM.fullmatch(word)
        if found is not None and not (found["name"] == "redirect" and has_end):  # RFC 7208, 6.1
            yield found["qualifier"] or "+", found["name"], found["value"]


async def _check_exists(lookup: Lookup, name: str, value: str, listed: Listed) -> None:
    """Receivers look up an IPv4 address, whatever the version of the sender."""
    if name == "exists" and "%" not in value and all(each.version == 6 for each in await lookup.addresses(value)):
        listed.note_void(value)


async def _include(lookup: Lookup, domain: str, listed: Listed) -> None:
    records = await records_of(lookup, domain)
    if len(records) != 1:
        listed.problem = (
            f"the record includes {domain}, which has {len(records) or 'no'} SPF records: receivers reject it"
        )
        return
    await _walk(lookup, domain, records[0], listed)


async def _networks(lookup: Lookup, domain: str, name: str, value: str, listed: Listed) -> list[Network]:
    parts = _HOST.fullmatch(value)
    try:
        if name in {"ip4", "ip6"}:
            return [ipaddress.ip_network(value, strict=False)]
        if parts is not None:
            host, *lengths = parts.groups()
            hosts = await _mail_servers(lookup, host or domain, listed) if name == "mx" else [host or domain]
            found = [address for one in hosts for address in await _addresses(lookup, one, listed)]
            return [_network(address, lengths[address.version == 6]) for address in found]
    except ValueError:
        pass
    listed.problem = f"receivers reject the record, because {name}:{value} is invalid"
    return []


def _network(address: Address, length: str | None) -> Network:
    return ipaddress.ip_network(f"{address}/{length or address.max_prefixlen}", strict=False)


async def _mail_servers(lookup: Lookup, domain: str, listed: Listed) -> list[str]:
    names = await lookup.mail_servers(domain)
    if not names:
        listed.note_void(domain)
    if len(names) > MOST_MAIL_SERVERS:
        listed.problem = f"{domain} has more than {MOST_MAIL_SERVERS} MX records, so receivers reject mx:{domain}"
        return []
    return [name for name in names if name]


async def _addresses(lookup: Lookup, name: str, listed: Listed) -> list[Address]:
    found = await lookup.addresses(name)
    if missing := [family for family in _FAMILIES if family not in {address.version for address in found}]:
        listed.note_void(name, *missing)
    return found
