"""The table of certificates of SNS."""

from datetime import datetime

from sqlalchemy import Text
from sqlmodel import Field, SQLModel

from property_alert_notification.database import time_type


class SnsCertificate(SQLModel, table=True):
    """A certificate that verified a message of a topic of ours."""

    __tablename__ = "sns_certificates"

    url: str = Field(primary_key=True, max_length=255)
    certificate: str = Field(sa_type=Text)
    """As PEM."""
    verified_at: datetime = Field(sa_type=time_type())
    """When it verified its first message."""
