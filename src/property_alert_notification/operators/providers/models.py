"""What each worker reports about its providers, so that every process can show it, and the accounts that they share."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Text
from sqlmodel import Field, SQLModel

from property_alert_notification.database import time_type


class ProviderAccount(SQLModel, table=True):
    """The account that all workers have at one provider, if its rate is set."""

    __tablename__ = "provider_accounts"

    channel: str = Field(primary_key=True, max_length=16)
    provider: str = Field(primary_key=True, max_length=64)
    next_turn: int = Field(sa_type=BigInteger)
    """When the next message may begin at the rate of the worker that asked last, in microseconds of 1970."""
    gap: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs={"server_default": "0"})
    """The microseconds between two messages at that rate: so long before `next_turn` is the last turn reserved."""


class ReportedBreaker(SQLModel, table=True):
    """The breaker that one worker has for one provider, as that worker reported it last."""

    __tablename__ = "breakers"

    worker: UUID = Field(primary_key=True)
    """Made up by the worker when it starts."""
    channel: str = Field(primary_key=True, max_length=16)
    provider: str = Field(primary_key=True, max_length=64)
    state: str = Field(max_length=16)
    """A BreakerState."""
    reason: str | None = Field(default=None, sa_type=Text)
    """Why it is not closed."""
    changed_at: datetime = Field(sa_type=time_type())
    opens_at: datetime | None = Field(default=None, sa_type=time_type())
    """When an open breaker lets one message through as a probe."""
    reported_at: datetime = Field(sa_type=time_type())
    """A worker reports repeatedly; one that stopped reporting has died."""
