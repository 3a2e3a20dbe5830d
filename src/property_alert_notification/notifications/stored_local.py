"""The stored form of a `send_at_local`: `2026-12-01T09:00`."""

from datetime import datetime
from typing import cast

from property_alert_notification.base.errors import UnreadableRow
from property_alert_notification.base.times import local


def write_local(moment: datetime | None) -> str | None:
    """The stored form of a local time."""
    return None if moment is None else moment.isoformat(timespec="minutes")


def read_local(text: object) -> datetime | None:
    """Parse a stored local time; None for None.

    Raises:
        UnreadableRow: the text is not a local time.
    """
    try:
        return None if text is None else local(cast(str, text))
    except (ValueError, TypeError):
        raise UnreadableRow("send_at_local cannot be read") from None
