"""The values that scripts about deliveries take and return: a planned delivery, a claim, its settlement, an attempt."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from property_alert_notification.base.reasons import Reason
from property_alert_notification.base.vocabulary import Channel, DeliveryState, Outcome
from property_alert_notification.deliveries.windows.keys import WindowKey


class NewDelivery(NamedTuple):
    """A delivery as planned: a row to insert."""

    id: UUID
    notification_id: UUID
    channel: Channel
    address: str
    urgent: bool
    test: bool
    state: DeliveryState
    reason_code: str
    reason_parameters: str | None
    held_by: str | None
    due_at: datetime | None
    changed_at: datetime


class Claim(NamedTuple):
    """The right to send one delivery, until the lease ends or the fence is raised."""

    delivery_id: UUID
    notification_id: UUID
    channel: str
    address: str
    fence: int
    attempts: int
    """Attempts made and counted, this one included."""
    unknowns: int
    test: bool
    """Goes to the simulator, never to a real provider."""


class Settlement(NamedTuple):
    """The result of a claim: the new state of the delivery and the outcome of its attempt."""

    delivery_id: UUID
    fence: int
    state: DeliveryState
    reason: Reason
    due_at: datetime | None
    outcome: Outcome | None
    """None when no attempt was made."""
    settled_at: datetime
    provider_message_id: str | None = None
    counted: bool = True
    """Whether the claim used up one of the attempts that the delivery has."""
    held_by: str | None = None
    """The cause of the state `held` or `collected`."""
    window: WindowKey | None = None
    """The digest window that collects it, when its state is `collected`."""
    submitted: bool = True
    """False when the provider was never called; an attempt that was stored for that call is deleted."""


class Submission(NamedTuple):
    """An attempt that is about to be made: a row to insert."""

    delivery_id: UUID
    fence: int
    provider: str
    claimed_at: datetime
    started_at: datetime
