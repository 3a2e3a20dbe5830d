"""Reads the preferences and the profile of one person."""

from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.channels.definition import definition_of
from property_alert_notification.database import run_within
from property_alert_notification.people.caps.rules import Use
from property_alert_notification.people.caps.scripts import uses_of
from property_alert_notification.people.directory.profile import Profile
from property_alert_notification.people.directory.scripts import profiles_of
from property_alert_notification.people.person import Person
from property_alert_notification.people.preferences import queries
from property_alert_notification.people.preferences.rules import Preferences
from property_alert_notification.people.preferences.scripts import preferences_of
from property_alert_notification.people.suppressions.rules import is_erased
from property_alert_notification.people.suppressions.scripts import suppressions_of
from property_alert_notification.people.suppressions.subjects import Subjects


async def person_of(
    connection: AsyncConnection, user_id: int, *, test: bool, default: Preferences | None, subjects: Subjects
) -> Person | None:
    """The preferences and the profile of a user; None without any preferences, default ones included.

    The preferences of a user who withdrew all consent are None. For a test key the profile is None, and the suppression
    list is not searched. Entries about addresses of the user's profile count as entries about the user.
    """
    known = await run_within(connection, preferences_of([(user_id, test)], default=default))
    preferences = known.get((user_id, test))
    if preferences is None and not await queries.is_withdrawn(connection, user_id, test=test):
        return None
    if test:
        return Person(preferences)
    profile = (await run_within(connection, profiles_of([user_id]))).get(user_id)
    reached = [(user_id, channel, address_in(profile, channel)) for channel in Channel]
    suppressions = (await run_within(connection, suppressions_of(reached, subjects))).get(user_id, {})
    if preferences is default and is_erased(suppressions):
        preferences = None
    about_the_user = tuple(entry for entries in suppressions.values() for entry in entries)
    return Person(preferences, profile, {None: about_the_user} if about_the_user else {})


def address_in(profile: Profile | None, channel: Channel) -> str | None:
    """The address for a channel that a profile has; None if it has none."""
    field = definition_of(channel).profile_field
    return None if profile is None or field is None else getattr(profile, field)


async def cap_uses_of(
    connection: AsyncConnection, user_id: int, person: Person, channel: Channel, *, test: bool
) -> list[Use]:
    """The messages of a channel that count into the user's cap; none are read for a user without one."""
    if person.preferences is None or channel not in person.preferences.rules.caps:
        return []
    return await run_within(connection, uses_of((user_id, test), channel))
