"""The content of a notification, before a channel renders it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Links:
    """The addresses of the pages by which a user refuses messages like this one."""

    preferences: str
    """Shows and changes all that the user receives."""
    unsubscribe: str | None
    """Stops this category on this channel. None if users cannot refuse the category."""
    language: str | None = None
    """The user's language, a BCP 47 tag; None if it is not known."""


@dataclass(frozen=True, slots=True)
class MessageContent:
    """The content of one message."""

    title: str
    message: str
    links: Links | None = None
    """None if users need no link to refuse the message: it is transactional."""
