"""The tables of listings.

A record of a feed is one row of `listing_versions`, for each time of the feed's clock. `listing_changes` has what the
records mean. A process that alerts people reads it by `sequence`: the numbers are taken from one row of
`listing_positions`, which stays locked until the commit, so that they are in the order of commits and without a gap. A
reader that has seen number n has seen all before it.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Index, Text, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from property_alert_notification.database import partial_index, time_type
from property_alert_notification.homes.reso.words import OFF_MARKET

IS_OFF_MARKET = f"status IN ({', '.join(repr(status.value) for status in sorted(OFF_MARKET))})"
is_off_market = text(IS_OFF_MARKET)
"""That a listing left the market, in the exact text of a partial index, which a query must repeat to use the index."""


class Listing(SQLModel, table=True):
    """One listing of one source."""

    __tablename__ = "listings"
    __table_args__ = (
        UniqueConstraint("listing_key", "source"),
        Index("ix_listings_property", "property_id"),
        Index("ix_listings_modified", "modified_at"),
        # For retention, which would read what is on the market again and again.
        partial_index("ix_listings_off_market", "modified_at", where=IS_OFF_MARKET),
    )

    id: UUID = Field(primary_key=True)
    source: str = Field(max_length=255)
    """The system whose key it is; empty if its feed does not name one."""
    listing_key: str = Field(max_length=255)
    modified_at: datetime | None = Field(default=None, sa_type=time_type())
    """Of the newest record, by the feed's clock."""
    status: str = Field(max_length=32)
    """Its StandardStatus; empty before the first record is stored."""
    property_id: UUID | None = None
    """Of its home, or of a property that was merged into its home."""
    identity: str = Field(sa_type=Text)
    """The fields that identify its home, and of which form its keys are; empty as long as no record had any."""
    feed: str | None = Field(default=None, max_length=255)
    """The feed that showed it last; None if none did, or if none did since this is noted."""


class ListingVersion(SQLModel, table=True):
    """A record of a listing."""

    __tablename__ = "listing_versions"

    listing_id: UUID = Field(primary_key=True)
    modified_at: datetime = Field(primary_key=True, sa_type=time_type())
    digest: str = Field(max_length=32)
    """A hash of the record, after a letter if it is a deletion or hides something. Of two records of the same time the
    one with the greater digest counts."""
    snapshot: str = Field(sa_type=Text)
    """What change facts are made of, as JSON."""
    record: str = Field(sa_type=Text)
    """The fields that are kept, as JSON."""
    received_at: datetime = Field(sa_type=time_type())


class ListingChange(SQLModel, table=True):
    """A change of a listing, from one record to a later one."""

    __tablename__ = "listing_changes"
    __table_args__ = (UniqueConstraint("sequence"), Index("ix_listing_changes_listing", "listing_id", "modified_at"))

    id: UUID = Field(primary_key=True)
    listing_id: UUID
    modified_at: datetime = Field(sa_type=time_type())
    """The record that the change led to, by the feed's clock."""
    before_at: datetime | None = Field(default=None, sa_type=time_type())
    """The record from which it led there; none for a new listing."""
    before_listing_id: UUID | None = None
    """The listing of that record, if it is another one of the same home."""
    facts: str = Field(sa_type=Text)
    """As JSON; an empty list if only fields changed that are no fact and that a search may ask for."""
    sequence: int | None = Field(default=None, sa_type=BigInteger)
    """Its number in the order of commits. It has none if a newer change was numbered before: nobody hears of an older
    fact after a newer one."""
    made_at: datetime = Field(sa_type=time_type())
    superseded_at: datetime | None = Field(default=None, sa_type=time_type())
    """When a record that came late showed that it was another change."""


class ListingPosition(SQLModel, table=True):
    """The last number that was given."""

    __tablename__ = "listing_positions"

    name: str = Field(primary_key=True, max_length=32)
    last: int = Field(sa_type=BigInteger)
