"""Judges the DNS records of a domain, and writes the missing ones. Pure.

Source: RFC 7208 (SPF), 6376 and 8463 (DKIM), 7489 (DMARC), 7505 (null MX).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from property_alert_notification.channels.dkim.keys import DkimKey
from property_alert_notification.channels.mail_domain.lookup import Address

_STRING = 255
"""Octets in one string of a TXT record; a longer text is several strings."""


_RANGE = r"(?:/\d{1,2})?(?://\d{1,3})?"
_ALL = re.compile(r"[+?~-]?all")
_TERM = re.compile(
    rf"[+?~-]?(?:all|include:\S+|exists:\S+|ptr(?::\S+)?|(?:a|mx)(?::[^\s/]+)?{_RANGE}|ip4:[\d.]+(?:/\d{{1,2}})?"
    r"|ip6:[\da-f:.]+(?:/\d{1,3})?)"
    r"|(?!(?:all|include|exists|ptr|a|mx|ip4|ip6)=)[a-z][\w.-]*=\S*"
)
"""A mechanism or a modifier (RFC 7208, 12). A mechanism with `=` is a modifier that every receiver ignores."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """The judgement of one part, and the record to publish if it is missing or wrong."""

    part: str
    well: bool
    words: str
    publish: str | None = None
    """A line of a zone file."""


def txt_record(name: str, text: str) -> str:
    """A line of a zone file that publishes a text."""
    text = text.replace("\\", r"\\").replace('"', r"\"")
    strings = [text[begin : begin + _STRING] for begin in range(0, len(text), _STRING)]
    quoted = " ".join(f'"{each}"' for each in strings)
    return f"{name}. IN TXT {quoted}"


def judge_spf(domain: str, records: Sequence[str], addresses: Sequence[Address]) -> Judgement:
    """Check that there is one SPF record with an `all` term; `check` compares the servers that it lists."""
    hosts = "".join(f" ip{address.version}:{address}" for address in addresses)
    publish = txt_record(domain, f"v=spf1{hosts or ' mx'} ~all")
    if not records:
        return Judgement("SPF", False, f"{domain} has no SPF record", publish)
    if len(records) > 1:
        return Judgement(
            "SPF", False, f"{domain} has {len(records)} SPF records, so receivers ignore them all: keep one"
        )
    words = records[0].lower().split()
    if wrong := [word for word in words[1:] if not _TERM.fullmatch(word)]:
        return Judgement("SPF", False, f"{wrong[0]} is no term of SPF, so receivers ignore the whole record")
    ends = [place for place, word in enumerate(words) if _ALL.fullmatch(word)]
    if ends and (ignored := [word for word in words[ends[0] + 1 :] if "=" not in word]):
        return Judgement("SPF", False, f"{ignored[0]} is behind {words[ends[0]]}, where it is ignored")
    if {"all", "+all", "?all"} & set(words):
        return Judgement(
            "SPF", False, "the record allows every server to send for the domain: end it with -all or ~all"
        )
    if not {"-all", "~all"} & set(words) and not any(word.startswith("redirect=") for word in words):
        return Judgement("SPF", False, "the record has no rule for other servers: end it with -all or ~all")
    return Judgement("SPF", True, records[0])


def judge_dkim(domain: str, key: DkimKey, records: Sequence[str]) -> Judgement:
    """Check that the public key is published."""
    name = f"{key.selector}._domainkey.{domain}"
    part, publish = f"DKIM {key.selector}", txt_record(name, key.record())
    if not records:
        return Judgement(part, False, f"{name} has no record", publish)
    if len(records) > 1:
        return Judgement(part, False, f"{name} has {len(records)} records: keep one", publish)
    if (fault := _fault_of_key(tags(records[0]), tags(key.record()))) is not None:
        return Judgement(part, False, f"{name} {fault}", publish)
    return Judgement(part, True, f"{name} publishes the key")


def _fault_of_key(published: Mapping[str, str], ours: Mapping[str, str]) -> str | None:
    """Why verifiers do not use a key record (RFC 6376, 3.6.1); None if they do."""
    faults = {
        "has an empty p, which revokes the key": published.get("p") == "",
        "has no DKIM key": published.get("v", "DKIM1") != "DKIM1" or "p" not in published,
        "publishes another key than that of DKIM_KEY_FILE": (
            (published.get("k", "rsa"), re.sub(r"\s", "", published.get("p", ""))) != (ours["k"], ours["p"])
        ),
        "has v=DKIM1, but not as its first tag": "v" in published and next(iter(published)) != "v",
        "has an h that excludes sha256": "sha256" not in _list(published.get("h", "sha256")),
        "has an s that excludes email": not {"*", "email"} & _list(published.get("s", "*")),
        "has t=y, so receivers ignore the signature: remove it": "y" in _list(published.get("t", "")),
    }
    return next((words for words, is_so in faults.items() if is_so), None)


def judge_alignment(domain: str, signing: str, policy: Mapping[str, str], *, is_shared: bool) -> Judgement | None:
    """Check that DMARC accepts signatures of one domain for emails from the other; None if it does.

    `is_shared` says that both have the same organizational domain.
    """
    if domain == signing:
        return None
    related = is_shared or domain.endswith(f".{signing}") or signing.endswith(f".{domain}")
    if related and policy.get("adkim", "r") != "s":
        return None
    why = (
        "adkim=s in its DMARC record requires equal domains"
        if related
        else "DMARC does not accept the signatures of another domain"
    )
    return Judgement("DKIM domain", False, f"DKIM_DOMAIN={signing} signs emails from {domain}, and {why}")


def judge_dmarc(domain: str, found: str, records: Sequence[str]) -> Judgement:
    """Check that there is one valid policy; `found` is the domain or parent domain that has the records."""
    publish = txt_record(f"_dmarc.{domain}", f"v=DMARC1; p=none; rua=mailto:dmarc@{domain}")
    if not records:
        return Judgement("DMARC", False, f"_dmarc.{domain} has no DMARC record", publish)
    if len(records) > 1:
        return Judgement(
            "DMARC", False, f"_dmarc.{found} has {len(records)} DMARC records, so receivers ignore them all: keep one"
        )
    policy = tags(records[0])
    if next(iter(policy.items()), None) != ("v", "DMARC1"):
        return Judgement("DMARC", False, f"_dmarc.{found} does not begin with v=DMARC1", publish)
    asked = policy.get("p", "") if found == domain else policy.get("sp", policy.get("p", ""))
    if asked.lower() not in {"none", "quarantine", "reject"}:
        return Judgement("DMARC", False, f"_dmarc.{found} has no policy (p=none, quarantine or reject)", publish)
    return Judgement("DMARC", True, f"_dmarc.{found}: {asked.lower()}{'' if 'rua' in policy else ', no reports (rua)'}")


def judge_mail_servers(domain: str, servers: Mapping[str, Sequence[Address]]) -> Judgement:
    """Check that bounces and replies reach the domain; `servers` are those of its MX records, with their addresses."""
    publish = f"{domain}. IN MX 10 mail.{domain}."
    if not servers:
        return Judgement("MX", False, f"{domain} has no MX record: bounces and replies are lost", publish)
    if "" in servers:
        return Judgement(
            "MX", False, f"{domain} has a null MX record and accepts no email: bounces and replies are lost", publish
        )
    without = [name for name, addresses in servers.items() if not addresses]
    if without:
        return Judgement("MX", False, f"{', '.join(without)} has no address: correct the MX record of {domain}")
    return Judgement("MX", True, ", ".join(servers))


def judge_reverse(domain: str, address: Address, names: Mapping[str, Sequence[Address]]) -> Judgement:
    """Check that the name of an address resolves to the address; `names` are its names, with their addresses."""
    part = f"reverse DNS {address}"
    if not names:
        publish = f"{address.reverse_pointer}. IN PTR mail.{domain}."
        return Judgement(part, False, "the address has no PTR record: your network provider can create it", publish)
    confirmed = [name for name, addresses in names.items() if address in addresses]
    if not confirmed:
        kind = "A" if address.version == 4 else "AAAA"
        name = next(iter(names))
        return Judgement(
            part, False, f"its PTR name {name} does not resolve to the address", f"{name}. IN {kind} {address}"
        )
    return Judgement(part, True, confirmed[0])


def _list(value: str) -> set[str]:
    return {one.strip() for one in value.split(":")}


def tags(record: str) -> dict[str, str]:
    """The tags of a DKIM or DMARC record (RFC 6376, 3.2)."""
    pairs = [part.partition("=") for part in record.split(";")]
    return {name.strip().lower(): value.strip() for name, _, value in pairs if name.strip()}
