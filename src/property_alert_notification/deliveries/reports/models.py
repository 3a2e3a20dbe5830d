"""The table of reports."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from property_alert_notification.database import partial_index, time_type

IS_PARKED = "retry_at IS NOT NULL"
"""The condition of the index of reports that name no known delivery yet."""

IS_OF_DELIVERY = "delivery_id IS NOT NULL"
"""The condition of the index of the others."""

IS_SOFT = "subject IS NOT NULL"
"""The condition of the index of soft bounces."""


class DeliveryReport(SQLModel, table=True):
    """One report of a provider about one delivery, as a callback brought it."""

    __tablename__ = "delivery_reports"
    __table_args__ = (
        # A report that is repeated changes nothing.
        UniqueConstraint("key"),
        partial_index("ix_delivery_reports_parked", "retry_at", where=IS_PARKED),
        partial_index("ix_delivery_reports_delivery", "delivery_id", where=IS_OF_DELIVERY),
        partial_index("ix_delivery_reports_soft", "subject", where=IS_SOFT),
    )

    id: UUID = Field(primary_key=True)
    key: str = Field(max_length=32)
    """A hash of the provider and its id of the event, or of the event's fields."""
    channel: str = Field(max_length=16)
    provider: str = Field(max_length=64)
    received_at: datetime = Field(sa_type=time_type())
    delivery_id: UUID | None = Field(default=None, foreign_key="deliveries.id", ondelete="CASCADE")
    """The delivery that it is about; None while the report is parked."""
    retry_at: datetime | None = Field(default=None, sa_type=time_type())
    """When a parked report is matched again: its delivery may not know the provider's id of the message yet."""
    named_delivery_id: UUID | None = None
    """The delivery that the report itself names."""
    provider_message_id: str | None = Field(default=None, max_length=255)
    result: str = Field(max_length=16)
    """`taken`, `arrived` or `bounced`; `emptied` if it was parked for so long that only its key is kept."""
    cause: str | None = Field(default=None, max_length=16)
    """A reason of the suppression list; None if the report is no reason to suppress the address."""
    detail: str | None = Field(default=None, max_length=200)
    """The provider's codes, without personal data."""
    subject: str | None = Field(default=None, max_length=32)
    """Of a soft bounce, the keyed hash of the address, by which soft bounces are counted."""
    raw: str | None = Field(default=None, sa_type=Text)
    """The event as the provider sent it, cut. It may contain the address, as the delivery does."""
