"""The requests and answers about profiles."""

from datetime import datetime
from typing import Annotated

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from property_alert_notification.api.fields import Address, Line
from property_alert_notification.api.known_fields import Answered, Strict
from property_alert_notification.base.zones import ZoneName

_ADA: JsonDict = {
    "email": "ada@example.com",
    "phone_number": "+14155552671",
    "name": "Ada Lovelace",
    "language": "en",
    "time_zone": "America/Los_Angeles",
    "country": "US",
}


class ProfilePut(Strict):
    """The whole profile of a user. A field that is null or left out is unknown."""

    model_config = ConfigDict(use_attribute_docstrings=True, json_schema_extra={"examples": [_ADA]})

    email: Address | None = None
    """The user's email address."""
    phone_number: Annotated[Line, Field(min_length=1, max_length=32)] | None = None
    """The user's phone number in E.164 form (`+14155552671`)."""
    name: Annotated[Line, Field(min_length=1, max_length=255)] | None = None
    """The user's name."""
    language: Annotated[str, Field(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,4}$")] | None = None
    """A BCP 47 tag, for example `en` or `es-MX`."""
    time_zone: ZoneName | None = None
    """An IANA name, for example `America/New_York`."""
    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")] | None = None
    """ISO 3166-1 alpha-2, for example `US`."""


class ProfilePublic(Answered):
    """The stored profile of a user."""

    model_config = ConfigDict(use_attribute_docstrings=True, from_attributes=True)

    user_id: int
    email: str | None
    phone_number: str | None
    name: str | None
    language: str | None
    time_zone: str | None
    country: str | None
    known_at: datetime
    """When the profile was requested or pushed."""
    pushed: bool
    """True if the User service pushed the profile; false if this service requested it."""
