"""Checks the DNS records that mail servers require of a sending domain."""

import asyncio
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass, field

from property_alert_notification.channels.dkim.keys import DkimKey
from property_alert_notification.channels.mail_domain import rules, spf
from property_alert_notification.channels.mail_domain.lookup import Address, Lookup, NoAnswer
from property_alert_notification.channels.mail_domain.rules import Judgement


@dataclass(frozen=True, slots=True)
class MailDomain:
    """A sending domain and the settings of this service that belong to it."""

    domain: str
    signing_domain: str | None = None
    keys: Sequence[DkimKey] = ()
    addresses: Sequence[Address] = ()
    """The IP addresses from which emails are sent to receivers."""
    smtp_host: str = "localhost"
    email_from: str | None = None
    """The domain of `EMAIL_FROM`, if that is set."""


@dataclass(slots=True)
class _Known:
    """The data that all parts of the check share."""

    lookup: Lookup
    mail: MailDomain
    addresses: list[Address] = field(default_factory=list)


async def check_domain(lookup: Lookup, mail: MailDomain) -> list[Judgement]:
    """Check all records of a domain, in the order in which people create them."""
    try:
        known = _Known(lookup, mail, await _sending_addresses(lookup, mail))
    except NoAnswer as fault:
        return [Judgement("DNS", False, str(fault))]
    parts = await asyncio.gather(
        _answered("SPF", _check_spf(known)),
        _answered("DKIM", _check_dkim(known)),
        _answered("DMARC", _check_dmarc(known)),
        _answered("MX", _check_mail_servers(known)),
        _answered("reverse DNS", _check_reverse(known)),
    )
    return [*_check_sender(mail), *(judgement for part in parts for judgement in part)]


async def _answered(part: str, question: Awaitable[list[Judgement]]) -> list[Judgement]:
    try:
        return await question
    except NoAnswer as fault:
        return [Judgement(part, False, str(fault))]


async def _sending_addresses(lookup: Lookup, mail: MailDomain) -> list[Address]:
    """The given addresses, or else those of the SMTP server if its name is within the domain."""
    if mail.addresses or not f".{mail.smtp_host}".endswith(f".{mail.domain}"):
        return list(mail.addresses)
    return [address for address in await lookup.addresses(mail.smtp_host) if address.is_global]


def _check_sender(mail: MailDomain) -> list[Judgement]:
    if mail.email_from in (None, mail.domain):
        return []
    return [
        Judgement(
            "EMAIL_FROM", False, f"EMAIL_FROM has the domain {mail.email_from}: check that domain, or change EMAIL_FROM"
        )
    ]


async def _check_spf(known: _Known) -> list[Judgement]:
    domain = known.mail.domain
    records = await spf.records_of(known.lookup, domain)
    judgement = rules.judge_spf(domain, records, known.addresses)
    if not judgement.well:
        return [judgement]
    listed = await spf.walk(known.lookup, domain, records[0], {address.version for address in known.addresses})
    if listed.problem is not None:
        return [Judgement("SPF", False, listed.problem)]
    missing = [address for address in known.addresses if not listed.holds(address)]
    if missing and not listed.uncertain:
        words = " ".join(f"ip{address.version}:{address}" for address in missing)
        whole = rules.txt_record(domain, f"v=spf1 {words} {records[0].partition(' ')[2]}")
        return [Judgement("SPF", False, f"the record does not list {', '.join(map(str, missing))}", whole)]
    return [judgement]


async def _check_dkim(known: _Known) -> list[Judgement]:
    mail = known.mail
    if mail.signing_domain is None:
        return [Judgement("DKIM", False, "emails are not signed: set DKIM_DOMAIN, DKIM_SELECTOR and DKIM_KEY_FILE")]
    signing = mail.signing_domain
    records = [await known.lookup.texts(f"{key.selector}._domainkey.{signing}") for key in mail.keys]
    judgements = [rules.judge_dkim(signing, key, found) for key, found in zip(mail.keys, records, strict=True)]
    policies = (await _find_policy(known))[1]
    organizations = [await _organization(known.lookup, name) for name in (mail.domain, signing)]
    policy = rules.tags(policies[0]) if policies else {}
    alignment = rules.judge_alignment(mail.domain, signing, policy, is_shared=len(set(organizations)) == 1)
    return judgements if alignment is None else [alignment, *judgements]


async def _check_dmarc(known: _Known) -> list[Judgement]:
    return [rules.judge_dmarc(known.mail.domain, *await _find_policy(known))]


async def _find_policy(known: _Known) -> tuple[str, list[str]]:
    """The DMARC records of the domain, or of its nearest parent domain that has any."""
    for name in _with_parents(known.mail.domain):
        if records := await _policies_at(known.lookup, name):
            return name, records
    return known.mail.domain, []


async def _organization(lookup: Lookup, domain: str) -> str:
    """The organizational domain: the highest with a DMARC record that is no public suffix (DMARCbis, tree walk).

    Receivers that use a list of public suffixes find the same domain, or one above it.
    """
    found = below = domain
    for name in _with_parents(domain):
        records = await _policies_at(lookup, name)
        if len(records) == 1:
            suffix = rules.tags(records[0]).get("psd", "").lower()
            if suffix == "y":
                return below
            found = name
            if suffix == "n":
                break
        below = name
    return found


def _with_parents(domain: str) -> list[str]:
    """The domain and its parents, without the top-level domain."""
    labels = domain.split(".")
    return [".".join(labels[depth:]) for depth in range(len(labels) - 1)]


async def _policies_at(lookup: Lookup, name: str) -> list[str]:
    texts = await lookup.texts(f"_dmarc.{name}")
    return [text for text in texts if text.replace(" ", "").lower().startswith("v=dmarc1")]


async def _check_mail_servers(known: _Known) -> list[Judgement]:
    names = await known.lookup.mail_servers(known.mail.domain)
    servers = {name: await known.lookup.addresses(name) if name else [] for name in names}
    return [rules.judge_mail_servers(known.mail.domain, servers)]


async def _check_reverse(known: _Known) -> list[Judgement]:
    if not known.addresses:
        words = (
            "not checked: pass the IP address of the sending server with --address, unless a provider sends the emails"
        )
        return [Judgement("reverse DNS", True, words)]
    return [await _check_name(known, address) for address in known.addresses]


async def _check_name(known: _Known, address: Address) -> Judgement:
    names = {name: await known.lookup.addresses(name) for name in await known.lookup.names(address)}
    return rules.judge_reverse(known.mail.domain, address, names)
