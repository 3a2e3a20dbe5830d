"""Reads one record of many: whatever is wrong with it, the others are not affected."""

from datetime import datetime
from typing import Any

import structlog

from property_alert_notification.base.errors import InvalidField
from property_alert_notification.base.logs import origin
from property_alert_notification.homes.listings.received import Received, received
from property_alert_notification.homes.reso.record import Feed, read

log = structlog.get_logger()


def read_one(record: Any, feed: Feed, now: datetime) -> Received:
    """Read a record, and derive what the store needs.

    Raises:
        InvalidField: it cannot be understood, or this service fails to read it.
    """
    try:
        return received(read(record, feed, now))
    except (InvalidField, MemoryError):  # the record is not to blame for a lack of memory, and is read again
        raise
    except Exception as error:
        # Otherwise a fault of ours in one field would refuse a whole batch, and stop a feed at one page for ever.
        log.error("record.unreadable", **origin(error))  # noqa: TRY400 - its text may hold personal data
        raise InvalidField("value", "cannot be read: the log of this service says why") from None
