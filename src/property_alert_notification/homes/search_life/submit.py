"""The submission of a message about one saved search."""

from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.channels.definition import definition_of
from property_alert_notification.homes.saved_searches.models import SavedSearch
from property_alert_notification.notifications.create import Planner
from property_alert_notification.notifications.submission import Submission
from property_alert_notification.people.categories.rules import LISTING_ALERT


def submission_about(planner: Planner, search: SavedSearch, title: str, message: str) -> Submission:
    """A message about a search, on its channels, to the addresses that the directory has."""
    chosen = None if search.channels is None else set(search.channels.split())
    wanted = [channel for channel in Channel if chosen is None or channel in chosen]
    reachable = [
        channel
        for channel in wanted
        if channel not in planner.unused and definition_of(channel).profile_field is not None
    ]
    return Submission(
        user_id=search.user_id,
        title=title,
        message=message,
        addresses={},
        category=LISTING_ALERT,
        channels=None if chosen is None else wanted,
        look_up=reachable,
    )
