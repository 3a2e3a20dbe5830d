"""Limits the documents that callbacks make this service fetch, so that forged ones leave room for true ones. Pure.

Anybody can write the URL of a document, and only the document shows whether a callback is true. So networks whose
callbacks were verified have fetches of their own, and no other network may use up those that are left.
"""

import ipaddress
from collections import Counter
from datetime import datetime, timedelta
from typing import NamedTuple

PAUSE = timedelta(minutes=1)
"""How long a document that verified nothing is not fetched again, and the period of the limits."""
MOST_FETCHES = 30
"""How many documents are fetched within `PAUSE` for networks that are known, and for all others together."""
MOST_OF_A_NETWORK = 5
"""How many of them for one network that is not known."""
_MOST_KNOWN = 1_000
_PREFIXES = {4: 24, 6: 48}
"""The length of the part of an address that is common to neighbours."""


class _Fetch(NamedTuple):
    at: datetime
    network: str
    known: bool


class FetchBudget:
    """Counts the fetches of one process."""

    def __init__(self) -> None:
        """Nothing was fetched, and no network is known."""
        self._fetched: dict[str, _Fetch] = {}
        """Documents that have verified nothing, by URL."""
        self._known: dict[str, None] = {}
        """Networks whose callbacks were verified; the one of the last callback is at the end."""

    def take(self, url: str, source: str, now: datetime) -> bool:
        """Whether a document may be fetched for a callback from this address; counts it if so."""
        self._fetched = {one: fetch for one, fetch in self._fetched.items() if now - fetch.at < PAUSE}
        if url in self._fetched:
            return False
        network = _network(source)
        is_known = network in self._known
        alike = Counter(fetch.network for fetch in self._fetched.values() if fetch.known is is_known)
        if alike.total() >= MOST_FETCHES or (not is_known and alike[network] >= MOST_OF_A_NETWORK):
            return False
        self._fetched[url] = _Fetch(now, network, is_known)
        return True

    def prove(self, url: str, source: str) -> None:
        """Note that a document verified a callback from this address."""
        self._fetched.pop(url, None)
        network = _network(source)
        self._known.pop(network, None)
        self._known[network] = None
        if len(self._known) > _MOST_KNOWN:
            del self._known[next(iter(self._known))]


def _network(source: str) -> str:
    try:
        address = ipaddress.ip_address(source)
    except ValueError:
        return ""
    address = getattr(address, "ipv4_mapped", None) or address
    return str(ipaddress.ip_network(f"{address}/{_PREFIXES[address.version]}", strict=False))
