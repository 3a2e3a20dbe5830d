"""What a refusing SMTP reply can be about, and what a person can do about it.

| about | what happens |
|---|---|
| RECIPIENT, MESSAGE | only this message waits (4yz) or fails (5yz); the provider works |
| SENDER | the server does not accept our address, host, login or settings; no message fails, a person has to act |
| SERVER | the server itself is unable; no message fails |
| CONNECTION | the server takes fewer connections than we hold |
| QUOTA | the server has been given too much; it is paused or used more slowly |
| OPEN | the reply refuses for good and does not say whom; `evidence` decides |
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import Enum, auto


class About(Enum):
    """What a reply is about."""

    RECIPIENT = auto()
    MESSAGE = auto()
    SENDER = auto()
    SERVER = auto()
    CONNECTION = auto()
    QUOTA = auto()
    OPEN = auto()


RELAY = "the server does not relay for us: log in with SMTP_USERNAME, or let the server relay for this machine"
NAME = "the server does not accept this machine's name: set SMTP_HELO_NAME to a full name that resolves"
HOST = "the server blocks this machine's address: see its reply, and check its block-list entry and reverse DNS"
FROM = "the server does not accept EMAIL_FROM: verify the address or its domain with the provider"
LOGIN = "the server wants a login: check SMTP_USERNAME and SMTP_PASSWORD"
POLICY = "the domain of EMAIL_FROM fails SPF, DKIM or DMARC: publish the records that the provider asks for"
TLS = "the server wants TLS: check SMTP_STARTTLS and SMTP_TLS"
ACCOUNT = "the provider has stopped our account: see its console"


@dataclass(frozen=True, slots=True)
class Meaning:
    """How one reply is read."""

    about: About
    lasting: bool
    """A 5yz reply: the same message will be answered the same."""
    advice: str | None = None
    """What a person can do about it."""
    retry_after: timedelta | None = None
    """For how long the server asks us to wait."""
