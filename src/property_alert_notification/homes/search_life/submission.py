"""The submission of a message about one saved search, and to whom one may be submitted. Pure."""

from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.homes.alerts.submission import in_order, looked_up, submission_to, usable_channels
from property_alert_notification.homes.saved_searches.models import SavedSearch
from property_alert_notification.notifications.create import Planner
from property_alert_notification.notifications.submission import Submission
from property_alert_notification.people.categories.rules import LISTING_ALERT
from property_alert_notification.people.permission import Permission, permit
from property_alert_notification.people.preferences.rules import Preferences


def submission_about(
    planner: Planner, search: SavedSearch, title: str, message: str, *, needs_approval: bool = False
) -> Submission:
    """A message about a search to its user."""
    return submission_to(
        search.user_id,
        title,
        message,
        chosen=_chosen(search),
        usable=usable_channels(planner.unused),
        needs_approval=needs_approval,
    )


def may_be_told(planner: Planner, search: SavedSearch, preferences: Preferences | None) -> bool:
    """Whether the user of a search wants messages about it on one of its channels."""
    category = planner.categories().of_message(LISTING_ALERT, None)
    channels = looked_up(_chosen(search), usable_channels(planner.unused))
    return any(isinstance(permit(channel, category, preferences), Permission) for channel in channels)


def _chosen(search: SavedSearch) -> list[Channel] | None:
    return in_order(None if search.channels is None else search.channels.split())
