"""The requests and answers about the suppression list."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from property_alert_notification.api.fields import INT64_MAX, Line
from property_alert_notification.api.known_fields import Answered, Strict
from property_alert_notification.api.paging import PageCursor
from property_alert_notification.base.times import Moment
from property_alert_notification.base.vocabulary import CATEGORY, Channel
from property_alert_notification.people.consent.fields import WithEvidence
from property_alert_notification.people.suppressions.rules import SuppressionReason, SuppressionScope

AnyAddress = Annotated[Line, Field(min_length=1, max_length=320)]
AnyUser = Annotated[int, Field(ge=0, le=INT64_MAX)]


class _About(Strict):
    """The subject of an entry: an address or a user."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    channel: Channel | None = None
    """The channel that the entry stops; required with `address`. Default: every channel."""
    address: AnyAddress | None = None
    """An email address or a phone number."""
    user_id: AnyUser | None = None
    """The id of the user in the User service."""

    @model_validator(mode="after")
    def _names_its_channel(self) -> Self:
        if self.address is not None and self.channel is None:
            raise ValueError("channel is required with address: of which channel is it an address?")
        if self.address is not None and self.user_id is not None:
            raise ValueError("give address or user_id, not both")
        return self


def _not_erased(reason: SuppressionReason) -> SuppressionReason:
    if reason is SuppressionReason.ERASED:
        raise ValueError("is the reason of an erasure: call DELETE /api/v1/users/{user_id}/data")
    return reason


class SuppressionCreate(_About, WithEvidence):
    """An address or a user that must not receive messages."""

    model_config = ConfigDict(
        use_attribute_docstrings=True,
        json_schema_extra={"examples": [{"channel": "email", "address": "ada@example.com", "reason": "manual"}]},
    )

    reason: Annotated[SuppressionReason, AfterValidator(_not_erased)] = SuppressionReason.MANUAL
    """The reason of the entry. Only an erasure adds entries with the reason `erased`."""
    scope: SuppressionScope | None = None
    """Which messages the entry stops. Default: messages of promotional categories for the reason `unsubscribe`, else
    all."""
    category: Annotated[str, Field(pattern=f"^{CATEGORY}$")] | None = None
    """The category that the entry stops. Default: every category of the scope."""
    note: Annotated[Line, Field(min_length=1, max_length=200)] | None = None
    """A note for operators. It outlives the erasure of the user, so it must not contain personal data."""
    expires_at: Moment | None = None
    """When the entry expires. Default: never."""

    @model_validator(mode="after")
    def _is_about_somebody(self) -> Self:
        if self.address is None and self.user_id is None:
            raise ValueError("give address with its channel, or user_id")
        return self


class SuppressionPublic(Answered):
    """One entry of the suppression list. Its subject is stored as a keyed hash only."""

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
    """`cli:` and the user of the machine, a caller with the kind and the first characters of the key, or a provider."""
    created_at: datetime
    expires_at: datetime | None


class SuppressionPage(BaseModel):
    """A page of entries, the newest first."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    items: list[SuppressionPublic]
    next: str | None
    """The `cursor` of the next page; null if this is the last page."""


class SuppressionQuery(_About):
    """The filters of the list and the requested page."""

    reason: SuppressionReason | None = None
    """Only entries with this reason."""
    limit: Annotated[int, Field(ge=1, le=100)] = 20
    """The maximum number of entries on the page."""
    cursor: PageCursor | None = None
    """The `next` of the previous page, requested with the same filters. Default: the first page."""


class RefusedLine(BaseModel):
    """A line of a CSV file that was not imported."""

    line: int
    problem: str


class ImportResult(BaseModel):
    """The result of the import of a CSV file."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    imported: int
    """The number of imported entries, including those that were on the list before."""
    refused: int
    """The number of lines that were refused; all others were imported."""
    problems: list[RefusedLine]
    """The first hundred refused lines."""
