"""The languages in which the users of claimed messages read their footers."""

from collections.abc import Iterable, Mapping

from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.database import Script
from property_alert_notification.feedback.unsubscribe.links import has_links
from property_alert_notification.notifications.scripts import Content
from property_alert_notification.people.categories.rules import Categories
from property_alert_notification.people.directory.scripts import languages_of
from property_alert_notification.people.person import UNKNOWN, Person
from property_alert_notification.people.scripts import UserOf


def languages_of_footers(
    messages: Iterable[tuple[UserOf, Content]],
    channel: Channel,
    known: Mapping[UserOf, Person],
    categories: Categories,
) -> Script[Mapping[UserOf, str | None]]:
    """The language of each user of a message with a footer: that of the preferences, or else of the profile.

    Profiles are read only of users whose preferences name none, and never for tests.

    Args:
        messages: what is sent, and to whom.
        channel: the one on which it is sent.
        known: the users, with their preferences.
        categories: those that decide whether a message has a footer.
    """
    users = {
        user
        for user, content in messages
        if has_links(
            channel,
            categories.of(content.category if content.carries is None else content.carries),
            in_digest=content.carries is not None,
        )
    }
    languages = {user: known.get(user, UNKNOWN).language for user in users}
    wanted = {user_id for (user_id, is_test), language in languages.items() if language is None and not is_test}
    if wanted:
        profiles = yield from languages_of(wanted)
        languages |= {(user_id, False): profile.language for user_id, profile in profiles.items()}
    return languages
