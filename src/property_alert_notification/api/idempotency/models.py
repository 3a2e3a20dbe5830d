"""The table of idempotency keys and their answers."""

from datetime import datetime

from sqlalchemy import BigInteger, SmallInteger, Text
from sqlmodel import Field, SQLModel

from property_alert_notification.database import partial_index, time_type


class IdempotencyKey(SQLModel, table=True):
    """One `Idempotency-Key` of one caller, with the answer that every repetition gets."""

    __tablename__ = "idempotency_keys"
    __table_args__ = (partial_index("ix_idempotency_keys_user", "user_id", where="user_id IS NOT NULL"),)

    owner: str = Field(primary_key=True, max_length=110)
    """Whose key it is: callers share no namespace. Empty when no API key was asked for."""
    key: str = Field(primary_key=True, max_length=255)
    fingerprint: str = Field(max_length=32)
    """A hash of method, path and body: what else must be the same in a repetition."""
    status_code: int = Field(sa_type=SmallInteger)
    answer: str = Field(sa_type=Text)
    """JSON: the fields of the answer that the request does not have."""
    user_id: int | None = Field(default=None, sa_type=BigInteger)
    """The user whom the call was about, so that the key is erased with the user; None if it was about several."""
    expires_at: datetime = Field(sa_type=time_type(), index=True)
