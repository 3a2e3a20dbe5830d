"""The content of a notification, before a channel renders it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MessageContent:
    """The content of one message."""

    title: str
    message: str
