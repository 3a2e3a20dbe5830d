"""The values that the script of reports takes and returns: a report, what it may be about, and what it moves."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from property_alert_notification.base.vocabulary import DeliveryState


class Report(NamedTuple):
    """The row of a report to insert."""

    id: UUID
    key: str
    channel: str
    provider: str
    received_at: datetime
    named_delivery_id: UUID | None
    provider_message_id: str | None
    result: str
    cause: str | None = None
    detail: str | None = None
    raw: str | None = None
    subject: str | None = None
    delivery_id: UUID | None = None
    retry_at: datetime | None = None

    @property
    def names_message(self) -> bool:
        """Whether it is about a message; otherwise it only keeps its key from being used again."""
        return self.named_delivery_id is not None or self.provider_message_id is not None


class Reported(NamedTuple):
    """A delivery, locked, that a report may be about."""

    id: UUID
    channel: str
    address: str
    state: str
    test: bool
    """Submitted with a test key: what is reported about it must not suppress the address of a person."""


class AttemptMade(NamedTuple):
    """One attempt of such a delivery."""

    delivery_id: UUID
    fence: int
    provider: str
    outcome: str | None
    provider_message_id: str | None


class Move(NamedTuple):
    """The new state of a delivery."""

    id: UUID
    state: DeliveryState
    reason_code: str
    reason_parameters: str | None
    changed_at: datetime


class Moved(NamedTuple):
    """What a report moved."""

    windows: dict[UUID, UUID]
    """The windows of those deliveries that are digests, by delivery."""
    is_anyone_listening: bool
    """Whether events are recorded for an endpoint."""
