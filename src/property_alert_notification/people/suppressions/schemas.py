"""Entries of the suppression list as callers give them, and as they are shown."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from property_alert_notification.api.fields import INT64_MAX, Line
from property_alert_notification.api.known_fields import Strict
from property_alert_notification.api.paging import PageCursor
from property_alert_notification.base.times import Moment
from property_alert_notification.base.vocabulary import CATEGORY, Channel
from property_alert_notification.people.suppressions.rules import SuppressionReason, SuppressionScope

AnyAddress = Annotated[Line, Field(min_length=1, max_length=320)]
AnyUser = Annotated[int, Field(ge=0, le=INT64_MAX)]


class _About(Strict):
    """An address, or a user."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    channel: Channel | None = None
    """The only channel that is stopped; required with `address`. Left out: every channel."""
    address: AnyAddress | None = None
    """An email address or a phone number."""
    user_id: AnyUser | None = None
    """The user, as the User service knows them."""

    @model_validator(mode="after")
    def _names_its_channel(self) -> Self:
        if self.address is not None and self.channel is None:
            raise ValueError("channel is required with address: of which channel is it an address?")
        if self.address is not None and self.user_id is not None:
            raise ValueError("give address or user_id, not both")
        return self


class SuppressionCreate(_About):
    """An address or a user that must not be written to."""

    model_config = ConfigDict(
        use_attribute_docstrings=True,
        json_schema_extra={"examples": [{"channel": "email", "address": "ada@example.com", "reason": "manual"}]},
    )

    reason: SuppressionReason = SuppressionReason.MANUAL
    """Why."""
    scope: SuppressionScope | None = None
    """Which messages are stopped. Left out: those of promotional categories with the reason `unsubscribe`, else all."""
    category: Annotated[str, Field(pattern=f"^{CATEGORY}$")] | None = None
    """The only category that is stopped. Left out: every category of the scope."""
    note: Annotated[Line, Field(min_length=1, max_length=200)] | None = None
    """For operators. It outlives the erasure of the user, so it must hold no personal data."""
    expires_at: Moment | None = None
    """From when on nothing is stopped. Left out: never."""

    @model_validator(mode="after")
    def _is_about_somebody(self) -> Self:
        if self.address is None and self.user_id is None:
            raise ValueError("give address with its channel, or user_id")
        return self


class SuppressionPublic(BaseModel):
    """One entry of the suppression list. Whom it is about is kept as a keyed hash only."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    id: UUID
    about: str
    """`address` or `user`."""
    channel: Channel | None
    reason: str
    scope: str
    category: str | None
    note: str | None
    added_by: str
    """`cli:` and the user of the machine, a caller with the kind and the beginning of their key, or a provider."""
    created_at: datetime
    expires_at: datetime | None


class SuppressionPage(BaseModel):
    """A page of entries, the newest first."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    items: list[SuppressionPublic]
    next: str | None
    """The `cursor` of the page after this one; null when this is the last."""


class SuppressionQuery(_About):
    """Which entries are listed."""

    reason: SuppressionReason | None = None
    """Only those with this reason."""
    limit: Annotated[int, Field(ge=1, le=100)] = 20
    """How many a page has at most."""
    cursor: PageCursor | None = None
    """`next` of the page before, with the same filters. Left out: the first page."""


class RefusedLine(BaseModel):
    """A line of a CSV file that was not imported."""

    line: int
    problem: str


class ImportResult(BaseModel):
    """What became of a CSV file."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    imported: int
    """Entries that are on the list now, also those that were before."""
    refused: int
    """Lines that were not imported; the others were."""
    problems: list[RefusedLine]
    """The first hundred of them."""
