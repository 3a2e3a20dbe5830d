"""`check --domain`: checks the DNS records of a sending domain, and prints the records to publish."""

import asyncio
import ipaddress
from collections.abc import Sequence
from typing import TYPE_CHECKING

import typer

from property_alert_notification.base.errors import ConfigurationError

if TYPE_CHECKING:
    from property_alert_notification.channels.mail_domain.check import MailDomain
    from property_alert_notification.channels.mail_domain.lookup import Address, Lookup


def find_needs(domain: str, nameserver: str | None, addresses: Sequence[str]) -> None:
    """Print the judgement of each record and the records to publish; exits with 1 if something is missing or wrong."""
    from property_alert_notification.channels.mail_domain.check import check_domain
    from property_alert_notification.cli.inspection import Finding, show

    judgements = asyncio.run(check_domain(_lookup(nameserver), _mail_domain(domain, addresses)))
    show([Finding(each.part, each.well, each.words) for each in judgements])
    records = [each.publish for each in judgements if each.publish is not None]
    if records:
        typer.echo("\nPublish:\n")
        for record in records:
            typer.echo(record)
    if not all(each.well for each in judgements):
        raise typer.Exit(1)


def _mail_domain(domain: str, addresses: Sequence[str]) -> "MailDomain":
    from property_alert_notification.base.settings import load
    from property_alert_notification.channels.dkim.keys import load_keys
    from property_alert_notification.channels.dkim.settings import ascii_domain
    from property_alert_notification.channels.mail_domain.check import MailDomain
    from property_alert_notification.channels.mime import EmailSettings, parse_address
    from property_alert_notification.channels.smtp.settings import SmtpSettings

    try:
        name = ascii_domain(domain.strip())
    except ValueError as error:
        raise ConfigurationError(f"--domain: {error}. Example: --domain example.com") from None
    signing, keys = load_keys() or (None, [])
    email = load(EmailSettings)
    sender = parse_address(email.email_from).domain.lower() if "email_from" in email.model_fields_set else None
    found = [_address(each, "--address") for each in addresses]
    return MailDomain(name, signing, keys, found, load(SmtpSettings).host.lower(), sender)


def _lookup(nameserver: str | None) -> "Lookup":
    from property_alert_notification.channels.mail_domain.lookup import Lookup

    if nameserver is None:
        return Lookup()
    host, port = nameserver, "53"
    if nameserver.startswith("["):
        host, _, rest = nameserver[1:].partition("]")
        port = rest.removeprefix(":") or port
    elif nameserver.count(":") == 1:
        host, _, port = nameserver.partition(":")
    if not (port.isascii() and port.isdigit() and 1 <= int(port[:6]) <= 65_535):
        raise ConfigurationError("--nameserver: has an invalid port. Example: --nameserver 127.0.0.1:5353")
    return Lookup(_address(host, "--nameserver"), int(port))


def _address(text: str, option: str) -> "Address":
    try:
        return ipaddress.ip_address(text.strip())
    except ValueError:
        raise ConfigurationError(f"{option}: must be an IP address. Example: {option} 192.0.2.1") from None
