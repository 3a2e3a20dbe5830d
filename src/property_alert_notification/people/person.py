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

    @property
    def language(self) -> str | None:
        """The language of the preferences, or else of the profile; None if neither has one, or it was not read."""
        if self.preferences is not None and self.preferences.rules.language is not None:
            return self.preferences.rules.language
        return None if self.profile is None else self.profile.language


UNKNOWN = Person(None)
"""A user without preferences and without a profile."""
