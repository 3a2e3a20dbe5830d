"""The properties of categories, and the built-in categories. Pure."""

from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Literal

from property_alert_notification.base.vocabulary import CategoryKind, Channel, Frequency

OnUnknown = Literal["resend", "give_up"]
"""What the worker does with a message if it is unknown whether its provider took it."""


@dataclass(frozen=True, slots=True)
class Category:
    """The properties of all messages of one category."""

    name: str
    kind: CategoryKind = CategoryKind.TRANSACTIONAL
    required: bool = False
    """Users cannot refuse a required category, but can switch the channel off. Only for transactional categories."""
    default: Mapping[Channel, Frequency] = field(default_factory=dict)
    """The frequency by channel for users without a preference for the category; `asap` for a channel that is left
    out."""
    message_ttl: timedelta | None = None
    """How long after its acceptance, or after its `send_at`, a message may be sent; None means `MESSAGE_TTL`."""
    on_unknown: OnUnknown | None = None
    """None means `resend`."""
    confirm_opt_in: bool = False
    """An opt-in counts only after the user has confirmed it (double opt-in)."""

    @property
    def resends(self) -> bool:
        """Whether the worker sends a message once more if it is unknown whether its provider took it."""
        return self.on_unknown != "give_up"


GENERAL = "general"
"""The category of a notification that names none."""

DIGEST = "digest"
"""The category of digests. A digest is never collected for another digest. Its kind, and whether it is required, are
those of its items."""

LISTING_ALERT = "listing_alert"
"""The category of alerts of saved searches."""

_PROMOTIONAL = CategoryKind.PROMOTIONAL

BUILT_IN: Mapping[str, Category] = {
    category.name: category
    for category in (
        Category(GENERAL),
        Category(LISTING_ALERT, _PROMOTIONAL),
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
        """The names that were requested and are not defined."""
        self.some_give_up = not all(category.resends for category in known.values())
        """Whether any category has `on_unknown` `give_up`."""
        self.confirmed = tuple(category for category in known.values() if category.confirm_opt_in)
        """The categories whose opt-ins users confirm."""

    @property
    def names(self) -> AbstractSet[str]:
        """The names of all categories that are defined."""
        return self._known.keys()

    def of(self, name: str) -> Category:
        """The category of a name. An undefined category behaves like `general`."""
        if (known := self._known.get(name) or self._undefined.get(name)) is not None:
            return known
        if len(self._undefined) >= _REMEMBERED:
            self._undefined.clear()
        known = self._undefined[name] = replace(self._general, name=name, confirm_opt_in=False)
        return known

    def of_message(self, name: str, carries: str | None) -> Category:
        """The category of a message; `carries` is that of the items if it is a digest, and decides what kind it is."""
        category = self.of(name)
        if carries is None:
            return category
        items = self.of(carries)
        return replace(category, kind=items.kind, required=items.required)


CurrentCategories = Callable[[], Categories]
"""The current categories."""

_BUILT_IN_ONES = Categories()


def built_in() -> Categories:
    """The categories of a service without other definitions."""
    return _BUILT_IN_ONES
