"""The tables of feeds."""

from datetime import datetime

from sqlalchemy import BigInteger, Text
from sqlmodel import Field, SQLModel

from property_alert_notification.database import partial_index, time_type

WAITS = "due_at IS NOT NULL"
DONE = "due_at IS NULL"


class FeedPosition(SQLModel, table=True):
    """How far a feed is replicated, and which worker replicates it."""

    __tablename__ = "feed_positions"

    feed: str = Field(primary_key=True, max_length=64)
    """The name of the feed in the settings."""
    holder: str | None = Field(default=None, max_length=64)
    """The worker that has the lease."""
    fence: int = Field(default=0, sa_type=BigInteger)
    """Changes with each lease: a worker that lost its lease stores nothing."""
    leased_until: datetime | None = Field(default=None, sa_type=time_type())
    modified_at: datetime | None = Field(default=None, sa_type=time_type())
    """The greatest ModificationTimestamp until which all records were read."""
    load_began_at: datetime | None = Field(default=None, sa_type=time_type())
    load_ended_at: datetime | None = Field(default=None, sa_type=time_type())
    """When all records were read that existed when the load began; none while it is not over."""
    load_total: int | None = Field(default=None, sa_type=BigInteger)
    """How many records the load has to read, if the server says so."""
    load_read: int = Field(default=0, sa_type=BigInteger)
    """How many it has read."""
    sequence: int | None = Field(default=None, sa_type=BigInteger)
    """The greatest EntityEventSequence that was read."""
    marked_sequence: int | None = Field(default=None, sa_type=BigInteger)
    """What `sequence` was at `marked_at`."""
    marked_at: datetime | None = Field(default=None, sa_type=time_type())
    reread_sequence: int | None = Field(default=None, sa_type=BigInteger)
    """Events after this one are read again: `marked_sequence` of an earlier time."""
    checked_at: datetime | None = Field(default=None, sa_type=time_type())
    """When the server was last asked for changes, and answered."""
    failing_since: datetime | None = Field(default=None, sa_type=time_type())
    failures: int = 0
    """Failures in a row."""
    retry_at: datetime | None = Field(default=None, sa_type=time_type())
    last_error: str | None = Field(default=None, sa_type=Text)
    round_key: str | None = Field(default=None, max_length=255)
    """The last ListingKey that this round has requested; empty at its beginning, None between two rounds."""
    round_began_at: datetime | None = Field(default=None, sa_type=time_type())
    """When the last round began."""
    round_doubts: int = 0
    """How many times in a row most of the next listings of the round were gone."""
    refused: int = Field(default=0, sa_type=BigInteger)
    """Records that could not be understood."""
    last_refusal: str | None = Field(default=None, sa_type=Text)
    """The key of the last one, and what is wrong with it."""


class FeedEvent(SQLModel, table=True):
    """An event that announced a change of a record."""

    __tablename__ = "feed_events"
    __table_args__ = (
        partial_index("ix_feed_events_due", "due_at", where=WAITS),
        partial_index("ix_feed_events_done", "received_at", where=DONE),
    )

    source: str = Field(primary_key=True, max_length=255)
    """The EntityEventSource."""
    sequence: int = Field(primary_key=True, sa_type=BigInteger)
    """The EntityEventSequence."""
    record_key: str = Field(primary_key=True, max_length=255)
    """The key of the record: the ListingKey, or the OpenHouseKey."""
    resource: str = Field(default="Property", max_length=64, sa_column_kwargs={"server_default": "Property"})
    """The resource of the record: Property or OpenHouse."""
    received_at: datetime = Field(sa_type=time_type())
    due_at: datetime | None = Field(default=None, sa_type=time_type())
    """When the record is to be requested; none when that is done."""
    attempts: int = 0
    """Requests for the record that failed."""
    error: str | None = Field(default=None, sa_type=Text)
    """Why the record was not taken, if it was given up."""
