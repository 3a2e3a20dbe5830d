"""The submission of a message about one saved search, and to whom one may be submitted."""

from collections.abc import Collection

from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.channels.definition import definition_of
from property_alert_notification.database import run_within
from property_alert_notification.homes.saved_searches.models import SavedSearch
from property_alert_notification.notifications.create import Planner
from property_alert_notification.notifications.submission import Submission
from property_alert_notification.people.categories.rules import LISTING_ALERT
from property_alert_notification.people.preferences.scripts import preferences_of


def submission_about(
    planner: Planner, search: SavedSearch, title: str, message: str, *, needs_approval: bool = False
) -> Submission:
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
        needs_approval=needs_approval,
    )


async def users_with_preferences(connection: AsyncConnection, planner: Planner, users: Collection[int]) -> set[int]:
    """Those of these users who have preferences, or get the default ones: messages to others are refused."""
    asked = {(user_id, False) for user_id in users}
    known = await run_within(connection, preferences_of(asked, default=planner.default_preferences))
    return {user_id for user_id, _ in known}
