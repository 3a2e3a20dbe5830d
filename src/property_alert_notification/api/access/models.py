"""The tables of API keys, of used rates, and of administrative changes."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, false
from sqlmodel import Field, SQLModel

from property_alert_notification.api.access.rates import Rate
from property_alert_notification.database import time_type


class ApiKey(SQLModel, table=True):
    """One key of one caller. The key itself is nowhere, only its hash."""

    __tablename__ = "api_keys"

    id: UUID = Field(primary_key=True)
    name: str = Field(max_length=100, index=True)
    """The caller's. It stays when keys are exchanged."""
    prefix: str = Field(max_length=16)
    """How the key begins, to recognise it in lists."""
    digest: str = Field(max_length=64, unique=True)
    """SHA-256 of the key, in hexadecimal."""
    scopes: str = Field(max_length=255)
    """What it allows, separated by spaces."""
    test: bool
    """What is submitted with it never reaches a real provider."""
    rate_limit: int | None = None
    """Calls in each period at most; None is as many as they like."""
    rate_period: int | None = None
    """In seconds."""
    created_at: datetime = Field(sa_type=time_type())
    expires_at: datetime | None = Field(default=None, sa_type=time_type())
    revoked_at: datetime | None = Field(default=None, sa_type=time_type())
    last_used_at: datetime | None = Field(default=None, sa_type=time_type())
    """To a minute."""

    @property
    def owner(self) -> str:
        """In whose name it acts: the caller's, apart from what they only try. It stays when keys are exchanged."""
        return f"test:{self.name}" if self.test else self.name

    @property
    def rate(self) -> Rate | None:
        """How often the caller may call with it; None is as often as they like."""
        if self.rate_limit is None or self.rate_period is None:
            return None
        return Rate(self.rate_limit, self.rate_period)


class RateWindow(SQLModel, table=True):
    """How much of one caller's rate has been handed out to processes in one window of time."""

    __tablename__ = "rate_windows"

    owner: str = Field(primary_key=True, max_length=110)
    starts_at: datetime = Field(primary_key=True, sa_type=time_type())
    ends_at: datetime = Field(primary_key=True, sa_type=time_type(), index=True)
    leased: int
    """Calls that processes may make, or have made."""
    granted: int
    """How many of them the latest process was given."""


class AuditEntry(SQLModel, table=True):
    """One administrative change. Rows are only ever added."""

    __tablename__ = "audit_log"

    id: UUID = Field(primary_key=True)
    """UUIDv7: the newest change has the greatest id."""
    at: datetime = Field(sa_type=time_type())
    actor: str = Field(max_length=160)
    """The author: `cli:` and the user of the machine, or a caller with the kind and the beginning of their key; `local`
    where no key is asked for."""
    action: str = Field(max_length=64)
    """What was done, as a noun and a verb."""
    subject: str = Field(max_length=255)
    """To what."""
    details: dict[str, Any] = Field(sa_type=JSON)
    test: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    """Whether the change concerns a test key, or a notification or schedule that a test key submitted."""
