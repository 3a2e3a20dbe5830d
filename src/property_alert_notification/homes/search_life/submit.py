"""The submission of a message about one saved search, and to whom one may be submitted."""

from collections.abc import Collection, Iterable, Mapping

from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.channels.definition import definition_of
from property_alert_notification.database import run_within
from property_alert_notification.homes.saved_searches.models import SavedSearch
from property_alert_notification.notifications.create import Planner
from property_alert_notification.notifications.submission import Submission
from property_alert_notification.people.categories.rules import LISTING_ALERT
from property_alert_notification.people.permission import Permission, permit
from property_alert_notification.people.preferences.rules import Preferences
from property_alert_notification.people.preferences.scripts import preferences_of


def submission_about(
    planner: Planner, search: SavedSearch, title: str, message: str, *, needs_approval: bool = False
) -> Submission:
    """A message about a search, on its channels, to the addresses that the directory has."""
    wanted = _channels_of(search)
    return Submission(
        user_id=search.user_id,
        title=title,
        message=message,
        addresses={},
        category=LISTING_ALERT,
        channels=None if search.channels is None else wanted,
        look_up=_reachable(planner, wanted),
        needs_approval=needs_approval,
    )


def _channels_of(search: SavedSearch) -> list[Channel]:
    chosen = None if search.channels is None else search.channels.split()
    return [channel for channel in Channel if chosen is None or channel in chosen]


def _reachable(planner: Planner, channels: Iterable[Channel]) -> list[Channel]:
    return [
        channel
        for channel in channels
        if channel not in planner.unused and definition_of(channel).profile_field is not None
    ]


def may_be_told(planner: Planner, search: SavedSearch, preferences: Preferences | None) -> bool:
    """Whether the user of a search wants messages about it on one of its channels."""
    category = planner.categories().of_message(LISTING_ALERT, None)
    channels = _reachable(planner, _channels_of(search))
    return any(isinstance(permit(channel, category, preferences), Permission) for channel in channels)


async def preferences_of_users(
    connection: AsyncConnection, planner: Planner, users: Collection[int]
) -> Mapping[int, Preferences]:
    """Those of these users who have preferences, or get the default ones, with these: others are sent nothing."""
    asked = {(user_id, False) for user_id in users}
    known = await run_within(connection, preferences_of(asked, default=planner.default_preferences))
    return {user_id: preferences for (user_id, _), preferences in known.items()}
