"""The data about a person that decisions depend on."""

from typing import NamedTuple

from property_alert_notification.people.directory.profile import Profile
from property_alert_notification.people.preferences.rules import Preferences
from property_alert_notification.people.suppressions.rules import SuppressionsOf

_NO_SUPPRESSIONS: SuppressionsOf = {}


class Person(NamedTuple):
    """A user of this service."""

    preferences: Preferences | None
    """None: the user withdrew all consent, or has never had preferences."""
    profile: Profile | None = None
    """None: the directory has no profile, or the decision needs none."""
    suppressions: SuppressionsOf = _NO_SUPPRESSIONS
    """The entries of the suppression list about the user and their addresses."""


UNKNOWN = Person(None)
"""A user without preferences and without a profile."""
