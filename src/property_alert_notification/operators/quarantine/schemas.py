"""The requests and answers about what is quarantined."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, field_validator

from property_alert_notification.api.known_fields import Strict
from property_alert_notification.api.paging import PageCursor
from property_alert_notification.base.vocabulary import Channel, DeliveryState
from property_alert_notification.notifications.answers import AttemptPublic, KnownCode


class QuarantineQuery(Strict):
    """Which page of the list is asked for."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    limit: Annotated[int, Field(ge=1, le=100)] = 20
    """How many a page has at most."""
    cursor: PageCursor | None = None
    """`next` of the page before. Left out: the first page."""


class QuarantinedDelivery(BaseModel):
    """A delivery that waits for an operator, or that one has just decided over; without address and message."""

    model_config = ConfigDict(use_attribute_docstrings=True, from_attributes=True)

    id: UUID
    notification_id: UUID
    user_id: int
    category: str
    reference: str | None
    channel: Channel | None
    """null when its row names none that there is."""
    urgent: bool
    test: bool
    state: DeliveryState
    reason_code: KnownCode
    """Why it is in this state: a code of docs/reasons.md."""
    reason: str
    """The same as a sentence."""
    attempts: int
    """Made since it was accepted, or last replayed."""
    changed_at: datetime
    """Since when it is in this state."""

    @field_validator("channel", mode="before")
    @classmethod
    def _known(cls, channel: object) -> object:
        return channel if channel in list(Channel) else None


class QuarantinePage(BaseModel):
    """Some of what is quarantined, the newest first."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    items: list[QuarantinedDelivery]
    next: str | None
    """The `cursor` of the page after this one; null when this is the last."""


class QuarantineCase(QuarantinedDelivery):
    """A quarantined delivery with all that was tried."""

    tried: list[AttemptPublic]
    """Every attempt, in order."""
