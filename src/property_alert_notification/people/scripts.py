"""The step of the scripts that accept and claim which reads all that decisions about people need."""

from collections.abc import Collection, Mapping

from property_alert_notification.database import Script
from property_alert_notification.people.person import Person
from property_alert_notification.people.preferences import scripts as preference_scripts
from property_alert_notification.people.preferences.rules import Preferences

UserOf = tuple[int, bool]
"""A user's id, and whether it is for a test."""


def people_of(users: Collection[UserOf], *, default: Preferences | None) -> Script[Mapping[UserOf, Person]]:
    """What is known of many users; one who took all consent back is left out.

    `default` are the preferences of users who never gave any; None leaves them out, too.
    """
    known = yield from preference_scripts.preferences_of(users, default=default)
    return {user: Person(preferences) for user, preferences in known.items()}
