"""The bodies and answers of the calls about properties."""

from datetime import datetime
from typing import Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from property_alert_notification.api.known_fields import Answered, Strict
from property_alert_notification.homes.reso.words import StandardStatus
from property_alert_notification.operators.properties.service import HomeView, ListingName


class NamedListing(Strict):
    """A listing."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    ListingKey: str = Field(max_length=255)
    SourceSystemName: str | None = Field(None, max_length=255)
    """Only needed if several sources have a listing with this key."""

    @property
    def name(self) -> ListingName:
        """The listing as the service names it."""
        return ListingName(self.ListingKey, self.SourceSystemName)


class Split(Strict):
    """Which listings are another home."""

    model_config = ConfigDict(
        use_attribute_docstrings=True, json_schema_extra={"examples": [{"listings": [{"ListingKey": "W-2041"}]}]}
    )

    listings: list[NamedListing] = Field(min_length=1, max_length=100)
    """Together they are one home, which is not that of the others."""


class Merge(Strict):
    """Which property is the same home."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"property_id": "019ac9f0-11c2-7d08-a6a4-5b1c7be0d3f2"}]})

    property_id: UUID


class ListingOfProperty(BaseModel):
    """A listing of a home."""

    ListingKey: str
    SourceSystemName: str | None
    StandardStatus: StandardStatus


class Ruling(BaseModel):
    """What an operator said of two listings."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    listing_keys: list[str]
    """Those of them that are of this property."""
    same: bool
    """Whether they are of the same home."""
    made_at: datetime
    made_by: str


class PropertyPublic(Answered):
    """A home with its listings."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    id: UUID
    merged_ids: list[UUID]
    """The ids of properties that were merged into this one: they mean the same home."""
    listings: list[ListingOfProperty]
    rulings: list[Ruling]
    """What operators said of its listings. It has precedence over what records say."""

    @classmethod
    def of(cls, home: HomeView) -> Self:
        """A home as the API shows it."""
        keys = {one.id: one.listing_key for one in home.members}
        return cls(
            id=home.id,
            merged_ids=[id_ for id_ in home.ids if id_ != home.id],
            listings=[
                ListingOfProperty(
                    ListingKey=one.listing_key,
                    SourceSystemName=one.source or None,
                    StandardStatus=StandardStatus(one.status),
                )
                for one in home.members
                if one.status
            ],
            rulings=[
                Ruling(
                    listing_keys=sorted(keys[id_] for id_ in (one.listing_id, one.other_listing_id) if id_ in keys),
                    same=one.same,
                    made_at=one.made_at,
                    made_by=one.made_by,
                )
                for one in home.rulings
            ],
        )
