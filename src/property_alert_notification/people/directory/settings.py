"""The settings of the User service: `USER_SERVICE_…`."""

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr
from pydantic_settings import SettingsConfigDict

from property_alert_notification.base.http import http_url
from property_alert_notification.base.settings import SettingsGroup
from property_alert_notification.people.directory.answers import FieldPaths

USER_ID, USER_IDS = "{user_id}", "{user_ids}"
_HEADER = r"^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}$"


def _url_with(place: str, url: str) -> str:
    """Check that the URL has the placeholder once, after the host name: an id must never change the host."""
    http_url(url)
    if url.count(place) != 1 or "{" in url.replace(place, ""):
        raise ValueError(f"must have {place} once, where the id goes, and no other brace")
    if place in urlsplit(url).netloc:
        raise ValueError(f"must have {place} in its path or its query, not in the name of the host")
    return url


def _for_one(url: str) -> str:
    return _url_with(USER_ID, url)


def _for_many(url: str) -> str:
    return _url_with(USER_IDS, url)


def _field_paths(text: str) -> str:
    FieldPaths.read(text)
    return text


class UserServiceSettings(SettingsGroup):
    """Where the User service is, and what its answers look like. docs/people.md describes the answers."""

    model_config = SettingsConfigDict(env_prefix="USER_SERVICE_", env_ignore_empty=True)

    url: Annotated[str, AfterValidator(_for_one)] | None = Field(
        None, examples=["https://users.example.com/api/users/{user_id}"]
    )
    """The URL of one user, with `{user_id}` in its path or query. With it `user_email` and `user_phone_number` of a
    notification may be left out. It answers 404 or 410 for a user that does not exist."""

    bulk_url: Annotated[str, AfterValidator(_for_many)] | None = Field(
        None, examples=["https://users.example.com/api/users?ids={user_ids}"]
    )
    """The URL of several users, with `{user_ids}` where up to 100 ids go, separated by commas. Users who are missing in
    the answer are requested one by one, and so are all of them when it refuses the request or cannot answer it."""

    token: SecretStr | None = Field(None, examples=["a-secret"])
    """The token of every request, sent as `Authorization: Bearer TOKEN`, or alone in another
    `USER_SERVICE_AUTH_HEADER`."""

    auth_header: str = Field("Authorization", pattern=_HEADER, examples=["X-Api-Key"])
    """The header that carries the token."""

    fields: Annotated[str, AfterValidator(_field_paths)] = Field(
        "", max_length=1_000, examples=["email=contact.email,phone_number=contact.mobile"]
    )
    """Where an answer has the fields `email`, `phone_number`, `name`, `language`, `time_zone`, `country` and `id`, if
    not under these names: `field=path`, with dots between the names of a path. `users` is where the answer for several
    users has its list, if it is not the list itself."""

    timeout: float = Field(10.0, gt=0, le=60)
    """Seconds for one request, from the wait for a connection to the last byte of the answer."""

    connections: int = Field(16, ge=1, le=1_000)
    """How many requests of one worker may be open at a time."""

    ttl: float = Field(3_600.0, ge=0, le=31_536_000)
    """Seconds for which a profile is used without a new request."""

    stale_hours: float = Field(168.0, ge=0, le=87_600)
    """Hours for which the last known profile is used when the User service does not answer."""
