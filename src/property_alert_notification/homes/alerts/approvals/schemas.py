"""The requests and answers about alerts that wait for approval."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from property_alert_notification.api.fields import UserId
from property_alert_notification.api.known_fields import Strict
from property_alert_notification.api.paging import PageCursor
from property_alert_notification.api.problems import Problem
from property_alert_notification.base.times import Moment


class ApprovalQuery(Strict):
    """The filter of a list and the requested page."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    SavedSearchKey: UUID | None = None
    """Only alerts of this search."""
    limit: Annotated[int, Field(ge=1, le=100)] = 20
    """The maximum number of alerts on the page."""
    cursor: PageCursor | None = None
    """The `next` of the previous page, requested with the same filter. Default: the first page."""


class AllApprovalsQuery(Strict):
    """The filters of the list over all users and the requested page."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    user_id: Annotated[tuple[UserId, ...], Field(max_length=100)] = ()
    """Only alerts to this user; repeat it for several, such as the clients of one agent. Default: to all users."""
    accepted_after: Moment | None = None
    """RFC 3339 with an offset: only alerts with this `accepted_at` or a later one."""
    accepted_before: Moment | None = None
    """RFC 3339 with an offset: only alerts with an earlier `accepted_at`."""
    limit: Annotated[int, Field(ge=1, le=100)] = 20
    """The maximum number of alerts on the page."""
    cursor: PageCursor | None = None
    """The `next` of the previous page, requested with the same filters. Default: the first page."""


class WaitingAlert(BaseModel):
    """An alert that is on hold until it is approved or rejected, or expires."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    id: UUID
    """Of its notification."""
    user_id: int
    ListingKey: str | None
    """Of the listing that matched; null for a first alert, which names several homes."""
    SavedSearchKeys: list[UUID]
    """The searches by which it would be sent; deleted ones are left out."""
    title: str
    message: str
    """As it was when the home matched. Right before it is sent it is brought up to date."""
    accepted_at: datetime
    expires_at: datetime
    """If nothing is decided by then, it is not sent."""
    digest_at: datetime | None
    """When the digest is made that it is for; null for one that is sent at once. Approved later, it is in a digest
    that is made soon afterwards."""


class ApprovalPage(BaseModel):
    """One page of a list: of one user the newest first, of all users the oldest first."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    items: list[WaitingAlert]
    next: str | None
    """The `cursor` of the next page; null if this is the last page."""


class ApprovalDecision(Strict):
    """The alerts to approve or to reject."""

    model_config = ConfigDict(
        use_attribute_docstrings=True,
        json_schema_extra={"examples": [{"ids": ["019aa5c4-52c1-7c63-b0b5-95ecb5d8a1f1"]}]},
    )

    ids: Annotated[list[UUID], Field(min_length=1, max_length=1_000)]
    """The ids of their notifications."""


class AlertDecided(BaseModel):
    """An alert that was approved or rejected, now or before."""

    id: UUID
    status: Literal["approved", "rejected"]


class AlertNotDecided(BaseModel):
    """An alert about which that could not be decided."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    id: UUID
    error: Problem
    """404: there is no such alert, or it is to another user. 409: the opposite was decided, or it does not wait for
    approval."""


class ApprovalAnswer(BaseModel):
    """One result per id, in the same order."""

    results: list[AlertDecided | AlertNotDecided]
