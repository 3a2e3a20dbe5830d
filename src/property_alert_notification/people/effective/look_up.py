"""Reads the preferences and the profile of one person."""

from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.database import run_within
from property_alert_notification.people.caps.rules import Use
from property_alert_notification.people.caps.scripts import uses_of
from property_alert_notification.people.directory.scripts import profiles_of
from property_alert_notification.people.person import Person
from property_alert_notification.people.preferences import queries
from property_alert_notification.people.preferences.rules import Preferences
from property_alert_notification.people.preferences.scripts import preferences_of


async def person_of(
    connection: AsyncConnection, user_id: int, *, test: bool, default: Preferences | None
) -> Person | None:
    """The preferences and the profile of a user; None without any preferences, default ones included.

    The preferences of a user who withdrew all consent are None. For a test key the profile is None.
    """
    known = await run_within(connection, preferences_of([(user_id, test)], default=default))
    preferences = known.get((user_id, test))
    if preferences is None and not await queries.is_withdrawn(connection, user_id, test=test):
        return None
    profiles = {} if test else await run_within(connection, profiles_of([user_id]))
    return Person(preferences, profiles.get(user_id))


async def cap_uses_of(
    connection: AsyncConnection, user_id: int, person: Person, channel: Channel, *, test: bool
) -> list[Use]:
    """The messages of a channel that count into the user's cap; none are read for a user without one."""
    if person.preferences is None or channel not in person.preferences.rules.caps:
        return []
    return await run_within(connection, uses_of((user_id, test), channel))
