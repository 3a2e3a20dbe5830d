"""Whose language a claim reads for the footers of messages."""

from uuid import UUID

import pytest

from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.database import Statement
from property_alert_notification.notification_worker.footers import languages_of_footers
from property_alert_notification.notifications.scripts import Content
from property_alert_notification.people.categories.rules import Categories
from property_alert_notification.people.person import Person
from property_alert_notification.people.preferences.rules import PersonalRules, Preferences
from property_alert_notification.people.scripts import UserOf

EMAIL, SMS = Channel("email"), Channel("sms")


def a_message(user: UserOf, category: str = "listing_alert", carries: str | None = None) -> tuple[UserOf, Content]:
    return user, Content(UUID(int=1), user[0], category, "A home", "", urgent=False, expires_at=None, carries=carries)


def whose(*messages: tuple[UserOf, Content], channel: Channel = EMAIL) -> list[int]:
    """The users whose profiles are read; only the preferences of user 2 name a language."""
    spanish = Preferences(frozenset(Channel), PersonalRules(language="es"))
    known = {(1, False): Person(Preferences(frozenset(Channel))), (1, True): Person(None), (2, False): Person(spanish)}
    asked = next(languages_of_footers(messages, channel, known, Categories()), None)
    if asked is None:
        return []
    assert isinstance(asked, Statement)
    return sorted(user_id for (user_id,) in asked.rows)


@pytest.mark.parametrize(
    ("messages", "read"),
    [
        ([a_message((1, False))], [1]),
        ([a_message((1, False), "general")], []),
        ([a_message((1, False), "digest", carries="general")], [1]),
        ([a_message((1, False), "digest", carries="listing_alert"), a_message((3, False))], [1, 3]),
        ([a_message((2, False))], []),
        ([a_message((1, True))], []),
        ([], []),
    ],
)
def test_profiles_are_read_of_users_whose_footers_have_no_language_yet(
    messages: list[tuple[UserOf, Content]], read: list[int]
) -> None:
    assert whose(*messages) == read
    # No SMS has a footer.
    assert whose(*messages, channel=SMS) == []
