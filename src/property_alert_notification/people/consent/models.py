"""The table of consent records."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from property_alert_notification.database import time_type


class ConsentRecord(SQLModel, table=True):
    """One opt-in or opt-out, without an address and without a user id.

    The store refuses to delete a record, and to change anything of it; only `ip_address` may become null, which
    `forget_ip_addresses` does when a user is erased. The proof remains under the keyed hash of its subject.
    """

    __tablename__ = "consent_records"
    __table_args__ = (Index("ix_consent_records_subject", "subject", "id"),)

    id: UUID = Field(primary_key=True)
    """UUIDv7: the newest record has the greatest id."""
    subject: str = Field(max_length=32)
    """The keyed hash of a user's id or of an address, as on the suppression list."""
    about: str = Field(max_length=8)
    """`user` or `address`."""
    decision: str = Field(max_length=16)
    """A `ConsentDecision`."""
    channel: str = Field(max_length=16)
    """Empty means every channel."""
    category: str = Field(max_length=64)
    """Empty means every category of the scope."""
    scope: str = Field(max_length=16)
    """`all`, or `promotional`."""
    source: str = Field(max_length=24)
    """A `ConsentSource`."""
    wording: str | None = Field(default=None, max_length=128)
    """The version of the text that the user saw."""
    ip_address: str | None = Field(default=None, max_length=45)
    """The address of the user's request."""
    actor: str = Field(max_length=160)
    recorded_at: datetime = Field(sa_type=time_type())
    expires_at: datetime | None = Field(default=None, sa_type=time_type())
