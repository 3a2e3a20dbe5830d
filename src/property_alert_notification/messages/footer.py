"""The end of a message that a user can refuse: the links to do so, and the headers for mail programs. Pure."""

from typing import NamedTuple

from property_alert_notification.base.languages import shown_language
from property_alert_notification.messages.content import Links


class FooterLink(NamedTuple):
    """One link of a footer."""

    words: str
    url: str


class Footer(NamedTuple):
    """The footer of one message."""

    language: str
    """The language of its words."""
    links: list[FooterLink]

    @property
    def text(self) -> str:
        """The footer of a message without HTML: an address ends its line, so that no mail program cuts it."""
        return "\n".join(f"{link.words}: {link.url}" for link in self.links)


_UNSUBSCRIBE = {"en": "Unsubscribe", "es": "Cancelar la suscripción"}
_PREFERENCES = {"en": "Choose what you receive", "es": "Elegir lo que recibe"}


def footer_of(links: Links) -> Footer:
    """The footer with these links, in the user's language if this service has it, else in English."""
    language = shown_language(links.language)
    found = [] if links.unsubscribe is None else [FooterLink(_UNSUBSCRIBE[language], links.unsubscribe)]
    return Footer(language, [*found, FooterLink(_PREFERENCES[language], links.preferences)])


def list_headers(links: Links) -> tuple[tuple[str, str], ...]:
    """The headers by which mail programs offer to unsubscribe (RFC 2369), with one click (RFC 8058)."""
    if links.unsubscribe is None:
        return ()
    return (
        ("List-Unsubscribe", f"<{links.unsubscribe}>"),
        ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
    )
