"""The words of consent records, and where a change of consent comes from. Pure."""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from property_alert_notification.base.vocabulary import Channel


class ConsentDecision(StrEnum):
    """What a record says."""

    OPTED_IN = "opted_in"
    """The user wants the messages, or an earlier refusal of them ended."""
    OPTED_OUT = "opted_out"
    """The user refuses the messages."""
    REQUESTED = "requested"
    """The user opted in to a category that demands confirmation, and is asked for it until `expires_at`."""
    CONFIRMED = "confirmed"
    """The user confirmed an opt-in."""
    EXPIRED = "expired"
    """The user had not confirmed an opt-in in time when it was changed or asked for anew."""


class ConsentSource(StrEnum):
    """By which way a decision came."""

    API = "api"
    """A caller sent it: preferences, or an entry of the suppression list."""
    IMPORT = "import"
    """A file of the suppression list was imported."""
    COMMAND_LINE = "command_line"
    """An operator used `property-alerts suppressions`."""
    PREFERENCE_PAGE = "preference_page"
    """The user changed it on the preference page."""
    CONFIRMATION_PAGE = "confirmation_page"
    """The user confirmed it on the page of the link in a confirmation message."""
    UNSUBSCRIBE_PAGE = "unsubscribe_page"
    """The user confirmed it on the page of an unsubscribe link."""
    ONE_CLICK = "one_click"
    """The user's mail program sent it (RFC 8058)."""
    REPLY = "reply"
    """The user answered a message with a word such as STOP, START or YES."""
    PROVIDER = "provider"
    """A provider reports that the user opted out, or refuses the address for this reason."""
    COMPLAINT = "complaint"
    """The user reported a message as unwanted."""


class ConsentOrigin(NamedTuple):
    """Where a change of consent comes from."""

    source: ConsentSource
    actor: str
    """The author: a caller with the kind and the first characters of the key, `cli:` and the user of the machine, a
    page, or a provider."""
    wording: str | None = None
    """The version of the text that the user saw."""
    ip_address: str | None = None
    """The address from which the user made the request."""


class ConsentChange(NamedTuple):
    """One decision of a user; None means every channel, and every category."""

    decision: ConsentDecision
    channel: Channel | None = None
    category: str | None = None
    scope: str = "all"
    """`promotional` if the decision is about promotional messages only."""
    expires_at: datetime | None = None
    """When the decision ends by itself; None means never."""


def wording_version(name: str, language: str, texts: Mapping[str, str]) -> str:
    """The version of our own texts: another text gives another version, so nobody can forget to count it up."""
    content = json.dumps(sorted(texts.items())).encode()
    return f"{name}/{language}/{hashlib.sha256(content).hexdigest()[:12]}"
