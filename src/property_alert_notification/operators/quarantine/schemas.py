"""The requests and answers about quarantined deliveries."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, field_validator

from property_alert_notification.api.known_fields import Strict
from property_alert_notification.api.paging import PageCursor
from property_alert_notification.base.vocabulary import Channel, DeliveryState
from property_alert_notification.notifications.answers import AttemptPublic, KnownCode


class QuarantineQuery(Strict):
    """The requested page of the list."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    limit: Annotated[int, Field(ge=1, le=100)] = 20
    """The maximum number of deliveries on the page."""
    cursor: PageCursor | None = None
    """The `next` of the previous page. Default: the first page."""


class QuarantinedDelivery(BaseModel):
    """A quarantined delivery, or one that an operator has just replayed or discarded, without address and message."""

    model_config = ConfigDict(use_attribute_docstrings=True, from_attributes=True)

    id: UUID
    notification_id: UUID
    user_id: int
    category: str
    reference: str | None
    channel: Channel | None
    """Null if the row has an unknown channel."""
    urgent: bool
    test: bool
    state: DeliveryState
    reason_code: KnownCode
    """The reason of the state, a code of docs/reasons.md."""
    reason: str
    """The reason code as a sentence."""
    attempts: int
    """The number of attempts since its acceptance or its last replay."""
    changed_at: datetime
    """When it got into this state."""

    @field_validator("channel", mode="before")
    @classmethod
    def _known(cls, channel: object) -> object:
        return channel if channel in list(Channel) else None


class QuarantinePage(BaseModel):
    """One page of quarantined deliveries, the newest first."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    items: list[QuarantinedDelivery]
    next: str | None
    """The `cursor` of the next page; null if this is the last page."""


class QuarantineCase(QuarantinedDelivery):
    """A quarantined delivery with its attempts."""

    tried: list[AttemptPublic]
    """Every attempt, in order."""
