"""What is submitted: one notification as a plain value, whether a caller of the API or a part of this service asks."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from property_alert_notification.base.vocabulary import Channel


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

    def is_for_later(self, now: datetime) -> bool:
        """Whether it is planned when its time has come, and not when it is accepted."""
        return self.send_at is not None and self.send_at > now
