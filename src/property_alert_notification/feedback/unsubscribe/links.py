"""The links in a message by which its user refuses further messages like it. Pure."""

from property_alert_notification.base.vocabulary import CategoryKind, Channel
from property_alert_notification.channels.definition import definition_of
from property_alert_notification.feedback.preference_page.languages import in_language_of
from property_alert_notification.feedback.preference_page.links import page_url
from property_alert_notification.feedback.unsubscribe.tokens import Link, Purpose, Tokens
from property_alert_notification.messages.content import Links
from property_alert_notification.people.categories.rules import Category


def has_links(channel: Channel, category: Category, *, in_digest: bool) -> bool:
    """Whether a message has links: it must have a footer, and a transactional one has none unless it is in a digest."""
    needs_links = in_digest or category.kind is not CategoryKind.TRANSACTIONAL
    return needs_links and definition_of(channel).has_footer


class LinkWriter:
    """Writes the links of messages."""

    def __init__(self, tokens: Tokens, base_url: str) -> None:
        """`base_url` is that of the settings, without a slash at its end."""
        self._tokens = tokens
        self._base_url = base_url

    def write(
        self, user_id: int, channel: Channel, category: Category, *, in_digest: bool, test: bool, language: str | None
    ) -> Links | None:
        """The links of a message of this category; None if its channel has no footer, or it is transactional.

        A digest has them whatever its items are. Users cannot unsubscribe from a category that is required.
        """
        if not has_links(channel, category, in_digest=in_digest):
            return None
        link = Link(user_id, channel, category.name, test)
        return Links(
            preferences=page_url(self._base_url, self._tokens, link),
            unsubscribe=None if category.required else in_language_of(language, self._unsubscribe_url(link)),
            language=language,
        )

    def _unsubscribe_url(self, link: Link) -> str:
        return f"{self._base_url}/u/{self._tokens.make(Purpose.UNSUBSCRIBE, link)}"
