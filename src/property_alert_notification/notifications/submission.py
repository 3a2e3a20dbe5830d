"""What is submitted: one notification as a plain value, whether a caller of the API or a part of this service asks."""

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
    """In the form that is stored."""
    category: str = "general"
    reference: str | None = None
    urgent: bool = False
    send_at: datetime | None = None
    expires_at: datetime | None = None
    channels: Sequence[Channel] | None = None
    """Use these channels only; None is all."""
    caller: str | None = None
    test: bool = False
    look_up: Sequence[Channel] = ()
    """The channels whose addresses the directory gives."""
    send_at_local: datetime | None = None
    """Without a zone: when the user's clock shows this. `send_at` is None until that moment is known."""

    @property
    def not_before(self) -> datetime | None:
        """It is surely not sent before this."""
        return self.send_at if self.send_at_local is None else earliest_of(self.send_at_local)

    def is_for_later(self, now: datetime) -> bool:
        """Whether its time has not come yet."""
        return self.send_at is not None and self.send_at > now

    def is_planned_later(self, now: datetime) -> bool:
        """Whether it is planned by a worker, and not when it is accepted."""
        return bool(self.look_up) or self.is_for_later(now)
