"""The tables of API keys, of used rates, and of administrative changes."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, false
from sqlmodel import Field, SQLModel

from property_alert_notification.api.access.rates import Rate
from property_alert_notification.database import time_type


class ApiKey(SQLModel, table=True):
    """One API key of one caller. Only the hash of the key is stored."""

    __tablename__ = "api_keys"

    id: UUID = Field(primary_key=True)
    name: str = Field(max_length=100, index=True)
    """The name of the caller, which stays when keys are rotated."""
    prefix: str = Field(max_length=16)
    """The first characters of the key, which lists show."""
    digest: str = Field(max_length=64, unique=True)
    """SHA-256 of the key, in hexadecimal."""
    scopes: str = Field(max_length=255)
    """Its scopes, separated by spaces."""
    test: bool
    """Whether it is a test key: its notifications never reach a real provider."""
    rate_limit: int | None = None
    """The maximum number of calls in each period; None means no maximum."""
    rate_period: int | None = None
    """In seconds."""
    created_at: datetime = Field(sa_type=time_type())
    expires_at: datetime | None = Field(default=None, sa_type=time_type())
    revoked_at: datetime | None = Field(default=None, sa_type=time_type())
    last_used_at: datetime | None = Field(default=None, sa_type=time_type())
    """To a minute."""

    @property
    def owner(self) -> str:
        """The owner of idempotency keys: the caller, separately for test keys. It stays when keys are rotated."""
        return f"test:{self.name}" if self.test else self.name

    @property
    def rate(self) -> Rate | None:
        """The rate of the key; None means no limit."""
        if self.rate_limit is None or self.rate_period is None:
            return None
        return Rate(self.rate_limit, self.rate_period)


class RateWindow(SQLModel, table=True):
    """The part of one caller's rate that processes have leased in one window of time."""

    __tablename__ = "rate_windows"

    owner: str = Field(primary_key=True, max_length=110)
    starts_at: datetime = Field(primary_key=True, sa_type=time_type())
    ends_at: datetime = Field(primary_key=True, sa_type=time_type(), index=True)
    leased: int
    """How many calls processes have leased."""
    granted: int
    """How many calls the last lease has."""


class AuditEntry(SQLModel, table=True):
    """One administrative change. Rows are only ever added."""

    __tablename__ = "audit_log"

    id: UUID = Field(primary_key=True)
    """UUIDv7: the newest change has the greatest id."""
    at: datetime = Field(sa_type=time_type())
    actor: str = Field(max_length=160)
    """The author: `cli:` and the user of the machine, or the caller with the kind and the first characters of the key;
    `local` if no key is required."""
    action: str = Field(max_length=64)
    """The action, as a noun and a verb."""
    subject: str = Field(max_length=255)
    """To what."""
    details: dict[str, Any] = Field(sa_type=JSON)
    test: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    """Whether the object of the change is a test key, or a notification or schedule submitted with one."""
