"""The categories that were defined by API."""

from datetime import datetime

from sqlalchemy import Text
from sqlmodel import Field, SQLModel

from property_alert_notification.database import time_type


class StoredCategory(SQLModel, table=True):
    """One category that was defined by API. It replaces the built-in category and the one in the file."""

    __tablename__ = "categories"

    name: str = Field(primary_key=True, max_length=64)
    definition: str = Field(sa_type=Text)
    """A `CategoryDefinition` as JSON."""
    changed_at: datetime = Field(sa_type=time_type())
    changed_by: str = Field(max_length=160)
    """The caller who defined it, with the kind and the first characters of the API key."""
