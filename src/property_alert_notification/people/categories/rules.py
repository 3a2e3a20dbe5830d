"""What a category says about its messages, and the built-in ones. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Literal

from property_alert_notification.base.vocabulary import CategoryKind, Channel, Frequency

OnUnknown = Literal["resend", "give_up"]
"""What to do with a message when it is unknown whether its provider took it."""


@dataclass(frozen=True, slots=True)
class Category:
    """What is true of all messages of one category."""

    name: str
    kind: CategoryKind = CategoryKind.TRANSACTIONAL
    required: bool = False
    """A user cannot turn it off by a rule of theirs, only by switching the channel off. Transactional ones only."""
    default: Mapping[Channel, Frequency] = field(default_factory=dict)
    """The frequency for users without a rule about it; a channel that is left out has `asap`."""
    message_ttl: timedelta | None = None
    """How long after it was accepted, or after its `send_at`, a message may be sent; None is `MESSAGE_TTL`."""
    on_unknown: OnUnknown | None = None
    """None is `resend`."""

    @property
    def resends(self) -> bool:
        """Whether a message is sent once more when it is unknown whether it arrived."""
        return self.on_unknown != "give_up"


GENERAL = "general"
"""The category of a notification that names none."""

DIGEST = "digest"
"""The category of digests; they are never collected themselves."""

_PROMOTIONAL = CategoryKind.PROMOTIONAL

BUILT_IN: Mapping[str, Category] = {
    category.name: category
    for category in (
        Category(GENERAL),
        Category("listing_alert", _PROMOTIONAL),
        Category("viewing"),
        Category("offer"),
        Category("account", required=True),
        Category(DIGEST, _PROMOTIONAL),
    )
}


_REMEMBERED = 1_000


class Categories:
    """The categories at one moment."""

    def __init__(self, known: Mapping[str, Category] = BUILT_IN) -> None:
        """`known` holds at least `general`, by name."""
        self._known = known
        self._general = known[GENERAL]
        self._undefined: dict[str, Category] = {}
        """Of the names that were asked for and are not defined."""
        self.some_give_up = not all(category.resends for category in known.values())
        """Whether there is any category whose messages are not sent once more."""

    def of(self, name: str) -> Category:
        """The category of a name; an undefined one means what `general` means."""
        if (known := self._known.get(name) or self._undefined.get(name)) is not None:
            return known
        if len(self._undefined) >= _REMEMBERED:
            self._undefined.clear()
        known = self._undefined[name] = replace(self._general, name=name)
        return known


CurrentCategories = Callable[[], Categories]
"""The categories as they are now."""

_BUILT_IN_ONES = Categories()


def built_in() -> Categories:
    """The categories of a service without other definitions."""
    return _BUILT_IN_ONES
