"""The answers of the calls about listings."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from property_alert_notification.api.known_fields import Strict
from property_alert_notification.api.paging import PageCursor
from property_alert_notification.base.damaged import readable
from property_alert_notification.homes.listings.facts import Fact
from property_alert_notification.homes.listings.history import decode_facts
from property_alert_notification.homes.listings.models import ListingChange
from property_alert_notification.homes.properties.queries import Member
from property_alert_notification.homes.reso.words import ChangeType, StandardStatus


class RecordResult(BaseModel):
    """What became of one record."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    ListingKey: str | None
    """The key in the record; null if it has none."""
    status: Literal["accepted", "unchanged", "refused"]
    """`accepted`: the record is stored. `unchanged`: it was stored before, or another one of the same time counts."""
    error: dict[str, Any] | None = Field(None, examples=[None])
    """Why the record was refused: a problem document that names the field and what to send."""


class ListingEventsAnswer(BaseModel):
    """One result for each record, in their order."""

    results: list[RecordResult]


class ListingFact(BaseModel):
    """One change, with the names of RESO's HistoryTransactional."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    ChangeType: ChangeType
    FieldName: str
    """The field that changed: `StandardStatus`, `ListPrice` or `OpenHouse`."""
    PreviousValue: Any
    """Null if there was none."""
    NewValue: Any
    ModificationTimestamp: datetime
    """Of the record that the change led to, by the feed's clock."""
    OpenHouseKey: str | None = None
    """The open house that the change is about."""
    PreviousCurrency: str | None = Field(None, exclude_if=lambda currency: currency is None)
    """The currency of the previous price, if it was another one; left out otherwise."""


class HistoryQuery(Strict):
    """Which part of a history to read."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    source: str | None = Field(None, max_length=255)
    """The SourceSystemName, if several sources have a listing with this key."""
    limit: int = Field(50, ge=1, le=100)
    """How many changes are read at most. One may have several facts."""
    cursor: PageCursor | None = None
    """`next` of the page before."""


class OtherListing(BaseModel):
    """Another listing of the same home."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    ListingKey: str
    SourceSystemName: str | None
    """Null if its feed does not name one."""
    StandardStatus: StandardStatus


class ListingHistory(BaseModel):
    """The change facts of a listing, the newest first."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    property_id: UUID
    """Of the home. Alerts tell each fact of a home once, whichever listing it came from."""
    other_listings: list[OtherListing]
    """The other listings of the same home. A fact is in the history of the listing whose record said it first."""
    items: list[ListingFact]
    next: str | None


def others_of(listing: UUID, members: Sequence[Member]) -> list[OtherListing]:
    """The members of a home without this listing."""
    return [
        OtherListing(
            ListingKey=one.listing_key,
            SourceSystemName=one.source or None,
            StandardStatus=StandardStatus(one.status),
        )
        for one in members
        if one.id != listing and one.status
    ]


def facts_of(changes: Sequence[ListingChange]) -> list[ListingFact]:
    """The facts of stored changes, in the order of the changes; those of damaged rows are left out."""
    return [fact for some in readable(changes, _public_facts, "change.unreadable", lambda one: one.id) for fact in some]


def _public_facts(change: ListingChange) -> list[ListingFact]:
    return [_public(fact, change.modified_at) for fact in decode_facts(change.facts)]


def _public(fact: Fact, at: datetime) -> ListingFact:
    return ListingFact(
        ChangeType=fact.change_type,
        FieldName=fact.field,
        PreviousValue=fact.before,
        NewValue=fact.after,
        ModificationTimestamp=at,
        OpenHouseKey=fact.open_house,
        PreviousCurrency=fact.before_currency,
    )
