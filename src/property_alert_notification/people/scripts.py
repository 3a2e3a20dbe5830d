"""The step of the accept and claim scripts that reads the data about people that decisions need."""

from collections.abc import Collection, Iterable, Mapping

from property_alert_notification.database import Script
from property_alert_notification.people.decide import Message, needs_profile
from property_alert_notification.people.directory.scripts import places_of
from property_alert_notification.people.person import Person
from property_alert_notification.people.preferences import scripts as preference_scripts
from property_alert_notification.people.preferences.rules import Preferences, is_unreadable
from property_alert_notification.people.suppressions.rules import is_erased
from property_alert_notification.people.suppressions.scripts import suppressions_of
from property_alert_notification.people.suppressions.subjects import Subjects

UserOf = tuple[int, bool]
"""A user's id, and whether the message is for a test."""


def people_of(
    asked: Iterable[tuple[UserOf, Message]], *, default: Preferences | None, subjects: Subjects
) -> Script[Mapping[UserOf, Person]]:
    """Read the persons of these messages; omits users who withdrew all consent, and erased ones without preferences.

    Profiles are read only if a decision needs them. Neither profiles nor the suppression list are read for tests: a
    test must reveal nothing about a real person.

    Args:
        asked: the messages, each with its user.
        default: the preferences of users without any; None omits such users, too.
        subjects: the hashes of addresses and users on the suppression list.
    """
    messages = list(asked)
    known = yield from preference_scripts.preferences_of({user for user, _ in messages}, default=default)
    people = {user: Person(preferences) for user, preferences in known.items()}
    reached = [(user[0], message.channel, message.address) for user, message in messages if not user[1]]
    if reached:
        for user_id, suppressions in (yield from suppressions_of(reached, subjects)).items():
            if (person := people.get((user_id, False))) is None:
                continue
            if person.preferences is default and is_erased(suppressions):
                del people[user_id, False]
            else:
                people[user_id, False] = person._replace(suppressions=suppressions)
    needed = {
        user[0]
        for user, message in messages
        if not user[1] and (person := people.get(user)) is not None and needs_profile(message, person)
    }
    if needed:
        for user_id, profile in (yield from places_of(needed)).items():
            person = people[user_id, False]
            people[user_id, False] = Person(person.preferences, profile, person.suppressions)
    return people


def time_zones_of(users: Collection[UserOf], *, default: Preferences | None) -> Script[Mapping[UserOf, str | None]]:
    """The IANA names of these users' zones, None if unknown; omits users who withdrew all consent.

    The zone is that of the preferences, or else of the profile. For a test only the preferences count. It is unknown if
    the preferences are unreadable.
    """
    known = yield from preference_scripts.preferences_of(users, default=default)
    zones = {user: preferences.rules.time_zone for user, preferences in known.items()}
    unknown = [
        user_id
        for (user_id, test), preferences in known.items()
        if not test and preferences.rules.time_zone is None and not is_unreadable(preferences)
    ]
    if unknown:
        for user_id, profile in (yield from places_of(unknown)).items():
            zones[user_id, False] = profile.time_zone
    return zones
