"""How the values of settings are written: each function reads one kind, or raises ValueError without repeating it."""

import ipaddress
import re
from datetime import datetime
from typing import Any

from pydantic import SecretStr, ValidationInfo

from property_alert_notification.base import durations
from property_alert_notification.base.settings.broker_url import check_broker_url
from property_alert_notification.base.settings.server_url import host_and_port
from property_alert_notification.base.settings.store_url import SQLITE, check_store_url


def store_url(url: str) -> str:
    """Name the driver, so that the URL which other tools take works here too."""
    check_store_url(url)
    scheme, _, rest = url.partition("://")
    return f"{'sqlite+aiosqlite' if scheme in SQLITE else 'postgresql+asyncpg'}://{rest}"


def broker_url(url: str) -> str:
    check_broker_url(url)
    return url


_PROVIDER = re.compile(r"[a-z0-9_]{1,40}(@[a-z0-9_]{1,20})?")


NO_PROVIDER = "none"
"""The value that disables a channel."""


def in_order(names: str) -> str:
    providers = names.replace(" ", "").split(",")
    if not all(_PROVIDER.fullmatch(provider) for provider in providers):
        raise ValueError("must be names of providers, in small letters, with commas between")
    if NO_PROVIDER in providers and len(providers) > 1:
        raise ValueError("none cannot be combined: it means that the channel is not used")
    if len(set(providers)) < len(providers):
        raise ValueError("names a provider twice; a second one of a kind is smtp@backup")
    return ",".join(providers)


def duration(text: str) -> str:
    if "=" in text:
        raise ValueError(
            "is one duration for all categories. Set that of a single category in CATEGORIES_FILE, "
            'for example [viewing] and below it message_ttl = "2h", or by PUT /api/v1/categories/viewing'
        )
    durations.parse(text)
    return text


def lower(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


def channels(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    words = set(value.lower().replace(",", " ").split())
    return None if not words else words - {"none"}


_OWN_PATHS = frozenset({"api", "docs", "health", "mailbox", "metrics", "openapi.json", "static", "favicon.ico"})
_PUBLIC_PATHS = frozenset({"callbacks", "preferences", "u"})


SHORTEST_SECRET = 32


def secret_keys(given: SecretStr | None) -> SecretStr | None:
    """Secrets, with commas between."""
    keys = [] if given is None else parts_of(given.get_secret_value())
    if any(len(key) < SHORTEST_SECRET for key in keys):
        raise ValueError(f"must be secrets of at least {SHORTEST_SECRET} characters, with commas between")
    if len(set(keys)) < len(keys):
        raise ValueError("names a secret twice")
    return given if keys else None


def parts_of(text: str) -> list[str]:
    """What stands between the commas."""
    return [part for each in text.split(",") if (part := each.strip())]


def networks(text: str) -> str:
    """Addresses and networks, with commas between."""
    given = parts_of(text)
    try:
        found = [ipaddress.ip_network(each) for each in given]
    except ValueError:
        raise ValueError("must be addresses or networks, as 10.1.0.0/16, with commas between") from None
    return ",".join(str(one if one.num_addresses > 1 else one.network_address) for one in found)


def path_prefix(text: str) -> str:
    """A path that a proxy puts before ours, without a slash at its end."""
    prefix = text.rstrip("/")
    if prefix and not re.fullmatch(r"(/[A-Za-z0-9._~-]{1,100}){1,10}", prefix):
        raise ValueError("must be a path such as /alerts")
    if prefix.split("/")[1:2] and prefix.split("/")[1] in _OWN_PATHS | _PUBLIC_PATHS:
        raise ValueError("must not begin like a path of this service")
    return prefix


LONGEST_PUBLIC_URL = 800
"""Characters. With a token after it, a link still fits into one line of an email (RFC 5322, 2.1.1)."""


_PUBLIC_URL = re.compile(
    r"(?P<base>https?://(?P<host>(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]+)?)(?:/[A-Za-z0-9._~-]+)*)/*"
)


def public_url(text: str | None) -> str | None:
    """The beginning of a link, without a slash at its end: nothing in it needs escaping in a header or a page."""
    if not text:
        return None
    match = _PUBLIC_URL.fullmatch(text)
    if match is None:
        raise ValueError("must be a URL such as https://alerts.example.com, in ASCII, without a user and parameters")
    host_and_port(match["host"])
    if len(text) > LONGEST_PUBLIC_URL:
        raise ValueError(f"must have at most {LONGEST_PUBLIC_URL} characters")
    if {".", ".."} & set(match["base"].split("/")):
        raise ValueError("must not have . or .. in its path")
    return match["base"]


def expressible(moment: datetime) -> datetime:
    """With room at both ends, for offsets and for what is added to a time."""
    if not 2 <= moment.year <= 9_990:
        raise ValueError("must lie between the years 2 and 9990")
    return moment


def after_the_earliest(latest: datetime, info: ValidationInfo) -> datetime:
    if (earliest := info.data.get("earliest_time")) is not None and latest <= earliest:
        raise ValueError("must be later than EARLIEST_TIME")
    return latest
