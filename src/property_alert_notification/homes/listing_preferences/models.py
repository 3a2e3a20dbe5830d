"""The table of what users think of listings."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from property_alert_notification.database import partial_index, time_type

DISCARD = "Discard"
"""The Preference of a home of which its user does not want to hear again."""

IS_DISCARDED = "preference = 'Discard'"
"""The condition of a partial index. A query must repeat its exact text to use the index."""


class ListingPreference(SQLModel, table=True):
    """What a user thinks of a listing."""

    __tablename__ = "listing_preferences"
    __table_args__ = (
        UniqueConstraint("person", "listing_id"),
        Index("ix_listing_preferences_user", "user_id", "id"),
        Index("ix_listing_preferences_listing", "listing_id"),
        partial_index("ix_listing_preferences_discarded", "listing_id", "person", where=IS_DISCARDED),
    )

    id: UUID = Field(primary_key=True)
    person: int = Field(sa_type=BigInteger)
    """The number of the user, as `search_people` has it."""
    user_id: int = Field(sa_type=BigInteger)
    listing_id: UUID
    preference: str = Field(max_length=16)
    """A Preference."""
    changed_at: datetime = Field(sa_type=time_type())
