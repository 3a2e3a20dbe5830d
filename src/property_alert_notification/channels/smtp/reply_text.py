"""Takes the text of an SMTP reply apart: its enhanced code, its words, and what it names. Pure.

Servers repeat addresses and host names in their replies, and anybody can choose a name that reads like a reason:
`ada@daily-quota.example`. So `own_words` leaves only what the server itself says, and every rule reads those words.
"""

import re

HIDDEN = "…"
"""Stands for what was taken out of a reply."""

_ENHANCED = re.compile(r"[245]\.\d{1,3}\.\d{1,3}(?!\S)")
_NOT_OF_ADDRESSES = r"\s<>\"'(),;:\[\]"
_ADDRESS = re.compile(
    rf"(?:\"[^\"]{{0,64}}\"|(?<![^{_NOT_OF_ADDRESSES}])[^{_NOT_OF_ADDRESSES}]{{1,320}}?)"
    rf"(?:@|%40|=40)[^{_NOT_OF_ADDRESSES}]{{1,255}}",
    re.IGNORECASE,
)
_QUERY = re.compile(r"(https?://[^\s?#]{0,500})[?#]\S*", re.IGNORECASE)
_BRACKETS = re.compile(r"<[^<>]{0,320}>")
_PATH = re.compile(r"(https?://[^\s/?#]{0,255})\S*", re.IGNORECASE)
_BLOCK_LIST = r"(spamhaus|spamcop|barracudacentral|sorbs|uribl|surbl|dnsbl)\.(org|net|com)\b"
_HOST = re.compile(
    rf"(?<![\w.-])(?!\S{{0,250}}{_BLOCK_LIST})[a-z0-9_-]{{1,63}}(?:\.[a-z0-9_-]{{1,63}}){{0,8}}\.[a-z][a-z0-9-]{{1,62}}(?![\w-])"
)
"""A host name, but that of no block list: that one is the reason of the refusal."""


def split(text: str) -> tuple[str, str]:
    """The enhanced code, empty if there is none, and the words of all lines."""
    found = _ENHANCED.match(text)
    enhanced = found.group() if found else ""
    lines = [line.removeprefix(enhanced).strip() if enhanced else line.strip() for line in text.splitlines()]
    return enhanced, " ".join(line for line in lines if line)


def without_addresses(words: str) -> str:
    """The words without addresses of people, which the queries of links have too."""
    return _ADDRESS.sub(HIDDEN, _QUERY.sub(r"\1", words))


def own_words(words: str) -> str:
    """What the server itself says: the words without addresses, links, host names and what stands in `<…>`."""
    words = without_addresses(_BRACKETS.sub(f"<{HIDDEN}>", words))
    return _HOST.sub(HIDDEN, _PATH.sub(r"\1", words))
