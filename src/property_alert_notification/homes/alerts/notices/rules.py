"""Whether a message about a saved search still holds right before it is sent. Pure."""

from typing import NamedTuple

from property_alert_notification.base.reasons import Reason, ReasonCode
from property_alert_notification.homes.alerts.before_sending.freshness import SEARCH_PAUSED

SEARCH_CHANGED = Reason(ReasonCode.SEARCH_CHANGED)


class SearchNow(NamedTuple):
    """A saved search as it is now."""

    version: int
    active: bool


def why_outdated(version: int | None, now: SearchNow | None) -> Reason | None:
    """Why a message about a search must not be sent any more; None if it may be.

    An edit, a pause and a resumption raise the version of a search, and so does each of its checks that pauses it.

    Args:
        version: that of the search which the message is about; None if the message holds for later versions, too.
        now: the search; None if it is deleted.
    """
    if now is not None and now.version == version:
        return None  # one that is paused was paused by the check that the message tells of
    if now is None or not now.active:
        return SEARCH_PAUSED
    return None if version is None else SEARCH_CHANGED
