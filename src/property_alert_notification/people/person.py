"""What is known of a person when it is decided whether, when and how a message reaches them."""

from typing import NamedTuple

from property_alert_notification.people.directory.profile import Profile
from property_alert_notification.people.preferences.rules import Preferences


class Person(NamedTuple):
    """A user of this service."""

    preferences: Preferences | None
    """None: the user took all consent back, or is unknown."""
    profile: Profile | None = None
    """None: nothing is known, or nothing of it is needed."""


UNKNOWN = Person(None)
"""One who gave no preferences, or took them back."""
