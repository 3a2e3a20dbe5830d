"""The tables of homes: which listings are of the same one, and what an operator said about it.

A listing has the id of a property (`listings.property_id`). A property that turned out to be the same as another is
merged into it, and keeps its row: so what is stored under its id, such as who was told what, is still found.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Index, Text
from sqlmodel import Field, SQLModel

from property_alert_notification.database import partial_index, time_type

WAITS = "due_at IS NOT NULL"


class Property(SQLModel, table=True):
    """A home, with what is needed to understand the next record of one of its listings."""

    __tablename__ = "properties"
    __table_args__ = (
        partial_index("ix_properties_due", "due_at", where=WAITS),
        partial_index("ix_properties_merged", "merged_into", where="merged_into IS NOT NULL"),
    )

    id: UUID = Field(primary_key=True)
    """That of its first listing, unless it was split off."""
    merged_into: UUID | None = None
    """The property that it turned out to be; that one is not merged itself."""
    listings: int
    """How many listings it has, with those of properties that were merged into it."""
    progress: str = Field(sa_type=Text)
    """`history.Progress` as JSON."""
    told_at: datetime | None = Field(default=None, sa_type=time_type())
    """The newest record, by the feed's clock, that a numbered change led to."""
    quiet_ends_at: datetime | None = Field(default=None, sa_type=time_type())
    """When the quiet time ends, by our clock."""
    due_at: datetime | None = Field(default=None, sa_type=time_type())
    """The same, while a change waits for it."""


class PropertyKey(SQLModel, table=True):
    """A number by which listings of the same home find each other; whether they are is seen from their identities."""

    __tablename__ = "property_keys"
    __table_args__ = (Index("ix_property_keys_listing", "listing_id"),)

    key: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    listing_id: UUID = Field(primary_key=True)


class PropertyRuling(SQLModel, table=True):
    """What an operator said of two listings. It has precedence over what their records say."""

    __tablename__ = "property_rulings"
    __table_args__ = (Index("ix_property_rulings_other", "other_listing_id"),)

    listing_id: UUID = Field(primary_key=True)
    """The lower of the two ids."""
    other_listing_id: UUID = Field(primary_key=True)
    same: bool
    """Whether they are of the same home."""
    made_at: datetime = Field(sa_type=time_type())
    made_by: str = Field(max_length=255)
    """The author, as in the audit record."""
