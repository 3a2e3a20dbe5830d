"""The data about a person that decisions depend on."""

from typing import NamedTuple

from property_alert_notification.people.directory.profile import Profile
from property_alert_notification.people.preferences.rules import Preferences


class Person(NamedTuple):
    """A user of this service."""

    preferences: Preferences | None
    """None: the user withdrew all consent, or has never had preferences."""
    profile: Profile | None = None
    """None: the directory has no profile, or the decision needs none."""


UNKNOWN = Person(None)
"""A user without preferences and without a profile."""
