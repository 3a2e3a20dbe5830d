"""The settings of DKIM signatures."""

import re
from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_settings import SettingsConfigDict

from property_alert_notification.base.errors import Refused
from property_alert_notification.base.settings import SettingsGroup
from property_alert_notification.channels.mime import parse_address

_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_SELECTOR = re.compile(rf"(?=.{{1,120}}\Z){_LABEL}(?:\.{_LABEL})*")


def ascii_domain(value: str) -> str:
    """A domain as DNS knows it, in small letters: `bücher.example` is `xn--bcher-kva.example`.

    Raises:
        ValueError: it is no domain with a dot.
    """
    name = value.removesuffix(".")
    if "@" in name or "." not in name:
        raise ValueError("must be a domain such as example.com")
    try:
        return parse_address(f"a@{name}").domain.lower()
    except Refused:
        raise ValueError("must be a domain such as example.com") from None


def split_list(value: str) -> list[str]:
    """The members of a list with commas between."""
    return [member for each in value.split(",") if (member := each.strip())]


def _selectors(value: str) -> str:
    selectors = split_list(value)
    if not selectors or not all(_SELECTOR.fullmatch(each) for each in selectors):
        raise ValueError("must be names of letters, digits and hyphens, with commas between")
    if len({each.lower() for each in selectors}) < len(selectors):
        raise ValueError("names a selector twice")
    return ",".join(selectors)


class DkimSettings(SettingsGroup):
    """DKIM signatures of every email sent by SMTP. Set all three, or none."""

    model_config = SettingsConfigDict(env_prefix="DKIM_", env_ignore_empty=True)

    domain: Annotated[str, AfterValidator(ascii_domain)] | None = Field(None, examples=["example.com"])
    """The signing domain. For DMARC it must be the domain of `EMAIL_FROM`, or share its registered domain."""

    selector: Annotated[str, AfterValidator(_selectors)] | None = Field(None, examples=["rsa2026,ed2026"])
    """The selectors, separated by commas: the public key of each is published under `SELECTOR._domainkey.DOMAIN`. Each
    selector adds a signature to every email."""

    key_file: str | None = Field(None, examples=["/run/secrets/rsa2026.pem,/run/secrets/ed2026.pem"])
    """The files of the private keys, one for each selector in the same order, separated by commas: PEM without a
    passphrase, RSA of 2048 to 4096 bits or Ed25519. They are read at start."""
