"""The settings of an SMTP server."""

import ipaddress
import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, FilePath, SecretStr
from pydantic_settings import SettingsConfigDict

from property_alert_notification.base.settings import ProviderSettings
from property_alert_notification.base.settings.listening import host_name

_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_FULL_NAME = re.compile(rf"(?=.{{1,253}}\Z){_LABEL}(?:\.{_LABEL})*\.(?![0-9]+\Z){_LABEL}\Z")
_LITERAL = re.compile(r"\[(?:IPv6:)?([0-9A-Fa-f.:]+)\]", re.IGNORECASE)


def full_name(value: str) -> str:
    """A full name of a machine, or its address in brackets (RFC 5321, 4.1.3).

    Raises:
        ValueError: it is neither.
    """
    literal = _LITERAL.fullmatch(value)
    if literal is not None:
        address = ipaddress.ip_address(literal.group(1))
        return f"[IPv6:{address}]" if address.version == 6 else f"[{address}]"
    name = value.rstrip(".")
    if not _FULL_NAME.fullmatch(name):
        raise ValueError("must be a full name with a dot, such as alerts.example.com, or an address in brackets")
    return name


class SmtpSettings(ProviderSettings):
    """The SMTP server that takes the email."""

    model_config = SettingsConfigDict(env_prefix="SMTP_", env_ignore_empty=True)

    host: Annotated[str, AfterValidator(host_name)] = Field(
        "localhost", min_length=1, max_length=253, examples=["smtp.example.com"]
    )
    """Name of the SMTP server; its certificate must carry it."""

    # Submission, not relay: what hosted providers offer, and what cloud networks let out (RFC 6409).
    port: int = Field(587, ge=1, le=65_535)
    """587 for a provider with STARTTLS, 465 with `SMTP_TLS=true`, often 25 for a relay of your own."""

    username: str | None = Field(None, examples=["alerts@example.com"])
    """Log in with this name; none is no login."""

    password: SecretStr = Field(SecretStr(""), examples=["a-secret"])
    """The password of `SMTP_USERNAME`."""

    starttls: Literal["required", "opportunistic", "off"] = "required"
    """`required` sends nothing without verified encryption; `opportunistic` encrypts when the server offers it,
    whatever its certificate; `off` never does."""

    tls: bool = False
    """TLS from the first byte, as on port 465. STARTTLS is then not used."""

    ca_file: FilePath | None = Field(None, examples=["/etc/ssl/our-ca.pem"])
    """Certificates (PEM) to trust besides those of the system."""

    helo_name: Annotated[str, AfterValidator(full_name)] | None = Field(None, examples=["alerts.example.com"])
    """The name that this machine calls itself in EHLO: a full one, which resolves to it. By default its own full name
    or, if it has none, its address."""

    connections: int = Field(8, ge=1, le=100)
    """Connections of one worker at most. A server that takes fewer gets fewer: the worker learns how many."""

    messages_per_connection: int = Field(100, ge=1, le=100_000)
    """A connection is closed after this many; some servers count."""

    idle_timeout: float = Field(30.0, gt=0, le=3_600)
    """Seconds after which an unused connection is not used again."""

    timeout: float = Field(60.0, gt=0, le=600)
    """Seconds the server has to answer a connection or a command."""

    final_timeout: float = Field(600.0, gt=0, le=3_600)
    """Seconds for which the server may take to confirm a complete message. RFC 5321 (4.5.3.2.6) requires 600; with a
    lower value more outcomes are unknown."""
