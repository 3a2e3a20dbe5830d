"""The requests and answers about consent records."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from property_alert_notification.api.known_fields import Strict
from property_alert_notification.api.paging import PageCursor
from property_alert_notification.base.vocabulary import CATEGORY, Channel
from property_alert_notification.people.consent.models import ConsentRecord


class ConsentPublic(BaseModel):
    """One opt-in or opt-out."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    id: UUID
    about: str
    """`user`, or `address` if the decision is about an address of the user, as after an SMS with the word STOP."""
    decision: str
    """`opted_in` or `opted_out`; for categories with `confirm_opt_in` also `requested`, `confirmed` or `expired`."""
    channel: str | None
    """Null means every channel."""
    category: str | None
    """Null means every category of the scope."""
    scope: str
    """`all`, or `promotional` if the decision is about promotional messages only."""
    source: str
    """By which way the decision came."""
    wording: str | None
    """The version of the text that the user saw."""
    ip_address: str | None
    """The address from which the user sent the decision."""
    actor: str
    """The author: a caller with the kind and the first characters of the key, `cli:` and the user of the machine, a
    page, or a provider."""
    recorded_at: datetime
    expires_at: datetime | None
    """When the decision ends by itself; null means never."""


class ConsentPage(BaseModel):
    """A page of consent records, the newest first."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    items: list[ConsentPublic]
    next: str | None
    """The `cursor` of the next page; null if this is the last page."""


class ConsentQuery(Strict):
    """The filters of the list and the requested page."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    channel: Channel | None = None
    """Only records about this channel, or about every channel."""
    category: Annotated[str, Field(pattern=f"^{CATEGORY}$")] | None = None
    """Only records about this category, or about every category."""
    limit: Annotated[int, Field(ge=1, le=100)] = 20
    """The maximum number of records on the page."""
    cursor: PageCursor | None = None
    """The `next` of the previous page, requested with the same filters. Default: the first page."""


def public(record: ConsentRecord) -> ConsentPublic:
    """The record as callers see it."""
    fields = record.model_dump(exclude={"subject"})
    return ConsentPublic(**{**fields, "channel": record.channel or None, "category": record.category or None})
