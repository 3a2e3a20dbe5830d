"""A submission: one notification as a plain value, from a caller of the API or from a part of this service."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.people.hours.local_time import earliest_of


class Submission(NamedTuple):
    """One message to one user."""

    user_id: int
    title: str
    message: str
    addresses: Mapping[Channel, str]
    """The addresses by channel, in stored form."""
    category: str = "general"
    reference: str | None = None
    urgent: bool = False
    send_at: datetime | None = None
    expires_at: datetime | None = None
    channels: Sequence[Channel] | None = None
    """The requested channels; None means all."""
    caller: str | None = None
    test: bool = False
    look_up: Sequence[Channel] = ()
    """The channels whose addresses are looked up in the directory."""
    send_at_local: datetime | None = None
    """The requested local time of the user, without a zone. `send_at` is None until its moment is known."""
    carries: str | None = None
    """The category of the items of a digest; None for other notifications."""
    digest_at: datetime | None = None
    """When the digest is made that it is for, as a saved search has it. It then needs a `look_up`."""
    needs_approval: bool = False
    """Whether its deliveries are on hold until it is approved. It then needs a `look_up`."""

    @property
    def not_before(self) -> datetime | None:
        """The earliest moment at which it can be sent."""
        return self.send_at if self.send_at_local is None else earliest_of(self.send_at_local)

    def is_for_later(self, now: datetime) -> bool:
        """Whether it is due in the future."""
        return self.send_at is not None and self.send_at > now

    def is_planned_later(self, now: datetime) -> bool:
        """Whether a worker plans it later, instead of the API at acceptance."""
        return bool(self.look_up) or self.is_for_later(now)
