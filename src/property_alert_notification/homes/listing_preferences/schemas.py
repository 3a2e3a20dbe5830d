"""The requests and answers about what users think of listings, with the names of RESO's ContactListings."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from property_alert_notification.api.known_fields import Answered, Strict
from property_alert_notification.api.paging import PageCursor
from property_alert_notification.homes.reso.words import in_either_spelling


class Preference(StrEnum):
    """The values of `ContactListingPreference`."""

    FAVORITE = "Favorite"
    POSSIBILITY = "Possibility"
    DISCARD = "Discard"
    """The user does not want to hear of the home again."""


GivenPreference = Annotated[Preference, BeforeValidator(in_either_spelling(Preference))]


class ListingPreferencePut(Strict):
    """What a user thinks of a listing."""

    model_config = ConfigDict(
        use_attribute_docstrings=True, json_schema_extra={"examples": [{"ContactListingPreference": "Discard"}]}
    )

    ContactListingPreference: GivenPreference
    """`Discard`: no alert about the home is made for this user from now on."""


class ListingPreferencePublic(Answered):
    """What a user thinks of a listing."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    ListingKey: str
    SourceSystemName: str
    """The source of the listing; empty if its feed names none."""
    ContactListingPreference: Preference
    ModificationTimestamp: datetime
    """When the user's preference was stored."""


class ListingPreferencePage(BaseModel):
    """One page of a list, the newest first."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    items: list[ListingPreferencePublic]
    next: str | None
    """The `cursor` of the next page; null if this is the last page."""


class ListingPreferenceQuery(Strict):
    """The filter of a list and the requested page."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    preference: GivenPreference | None = None
    """Only listings of which the user thinks so."""
    limit: Annotated[int, Field(ge=1, le=100)] = 20
    """The maximum number of listings on the page."""
    cursor: PageCursor | None = None
    """The `next` of the previous page, requested with the same filter. Default: the first page."""
