"""The steps of scripts that read what decisions about people, and answers to them, need."""

from collections.abc import Collection, Iterable, Mapping

from sqlalchemy import FromClause, ScalarSelect, false, select

from property_alert_notification.database import BatchStatement, Script, Statement, as_rows, columns_of, table_of
from property_alert_notification.people.decide import Message, needs_profile
from property_alert_notification.people.directory.models import StoredProfile
from property_alert_notification.people.directory.profile import Profile
from property_alert_notification.people.directory.scripts import places_of
from property_alert_notification.people.person import Person
from property_alert_notification.people.preferences import scripts as preference_scripts
from property_alert_notification.people.preferences.queries import LIVE, read_or_hold
from property_alert_notification.people.preferences.rules import Preferences, is_unreadable
from property_alert_notification.people.suppressions.rules import is_erased
from property_alert_notification.people.suppressions.scripts import suppressions_of
from property_alert_notification.people.suppressions.subjects import Subjects

_profiles = table_of(StoredProfile)

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


def stored_language(wanted: FromClause) -> tuple[ScalarSelect[str], ScalarSelect[str | None]]:
    """What `read_language` reads, as columns of a statement about the users of `wanted`."""
    of_profile = select(_profiles.c.language).where(
        _profiles.c.user_id == wanted.c.user_id, _profiles.c.missing == false()
    )
    return LIVE.preferences_of(wanted), of_profile.scalar_subquery()


def read_language(user_id: int, words: str | None, of_profile: object) -> str | None:
    """The tag of a user's language: that of the preferences, or else of the profile; None if neither has one."""
    preferences = None if words is None else read_or_hold(user_id, words)
    if preferences is not None and preferences.rules.language is not None:
        return preferences.rules.language
    return of_profile if isinstance(of_profile, str) else None


_LANGUAGE = BatchStatement(columns_of(LIVE.table, "user_id"), lambda wanted: select(*stored_language(wanted)))


def language_of(user_id: int) -> Script[str | None]:
    """The tag of a user's language, as `read_language` reads it."""
    [[words, of_profile]] = yield Statement(_LANGUAGE, [(user_id,)])
    return read_language(user_id, words, of_profile)


_READERS = BatchStatement(
    columns_of(LIVE.table, "user_id"), lambda wanted: select(wanted.c.user_id, *stored_language(wanted))
)


def readers_of(users: Collection[int], *, default: Preferences | None) -> Script[dict[int, Person]]:
    """Those of these users who have preferences, or get the default ones. Their profiles have the language alone."""
    found: dict[int, Person] = {}
    for user_id, words, of_profile in (yield Statement(_READERS, as_rows(users))):
        if (preferences := preference_scripts.read_or_default(user_id, words, default)) is not None:
            language = of_profile if isinstance(of_profile, str) else None
            found[user_id] = Person(preferences, Profile(user_id, language=language))
    return found


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
