"""Reads the preferences and profiles of the users of saved searches, who are told what these match."""

from collections.abc import Collection, Mapping

from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.database import run_within
from property_alert_notification.people.directory.scripts import profiles_of
from property_alert_notification.people.person import Person
from property_alert_notification.people.preferences.rules import Preferences
from property_alert_notification.people.preferences.scripts import preferences_of


async def preferences_of_users(
    connection: AsyncConnection, users: Collection[int], *, default: Preferences | None
) -> Mapping[int, Preferences]:
    """The preferences of these users, or the default ones. Users without any are left out: they get no messages."""
    known = await run_within(connection, preferences_of({(user_id, False) for user_id in users}, default=default))
    return {user_id: theirs for (user_id, _), theirs in known.items()}


async def people_of_users(
    connection: AsyncConnection, users: Collection[int], *, default: Preferences | None
) -> Mapping[int, Person]:
    """The users of `preferences_of_users`, each with preferences and profile."""
    known = await preferences_of_users(connection, users, default=default)
    profiles = await run_within(connection, profiles_of(sorted(users)))
    return {user_id: Person(theirs, profiles.get(user_id)) for user_id, theirs in known.items()}
