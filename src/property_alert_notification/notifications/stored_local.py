"""Times of a user's own clock as the row of a notification keeps them: `2026-12-01T09:00`."""

from datetime import datetime
from typing import cast

from property_alert_notification.base.errors import UnreadableRow
from property_alert_notification.base.times import local


def write_local(moment: datetime | None) -> str | None:
    """The text of this time."""
    return None if moment is None else moment.isoformat(timespec="minutes")


def read_local(text: object) -> datetime | None:
    """The time of a text; None where there is none.

    Raises:
        UnreadableRow: it is no such time.
    """
    try:
        return None if text is None else local(cast(str, text))
    except (ValueError, TypeError):
        raise UnreadableRow("send_at_local cannot be read") from None
