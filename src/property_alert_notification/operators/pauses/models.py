"""What is not sent for now."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from property_alert_notification.database import time_type


class Pause(SQLModel, table=True):
    """One thing that an operator stopped: a channel, a category, or everything."""

    __tablename__ = "pauses"

    name: str = Field(primary_key=True, max_length=64)
    """Of the channel or the category, or `everything`."""
    paused_at: datetime = Field(sa_type=time_type())
    paused_by: str = Field(max_length=160)
    """`cli:` and the user of the machine, or a caller with the kind and the beginning of their key."""
    resumed_at: datetime | None = Field(default=None, sa_type=time_type())
    """When the pause ended; the row stays until the workers have released the deliveries that it held."""

    @property
    def holds(self) -> bool:
        """Whether it stops anything now."""
        return self.resumed_at is None
