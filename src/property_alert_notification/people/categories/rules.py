"""Categories, and the one that a name means. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from property_alert_notification.base.vocabulary import CategoryKind, Channel, Frequency


def _none() -> Mapping[Channel, Frequency]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Category:
    """What notifications of one name are."""

    name: str
    kind: CategoryKind
    required: bool = False
    """A user cannot refuse it by itself; only a transactional one may be."""
    default: Mapping[Channel, Frequency] = field(default_factory=_none)
    """For users who said nothing about it, by channel; one that is left out is `asap`."""


BUILT_IN = {
    category.name: category
    for category in (
        Category("general", CategoryKind.TRANSACTIONAL),
        Category("listing_alert", CategoryKind.PROMOTIONAL),
        Category("viewing", CategoryKind.TRANSACTIONAL),
        Category("offer", CategoryKind.TRANSACTIONAL),
        Category("account", CategoryKind.TRANSACTIONAL, required=True),
        Category("digest", CategoryKind.PROMOTIONAL),
    )
}


class Categories:
    """The categories at one moment."""

    def __init__(self, known: Mapping[str, Category] = BUILT_IN) -> None:
        """`known` holds at least `general`, by name."""
        self._known = known
        self._general = known["general"]

    def of(self, name: str) -> Category:
        """The category of a name; one that nobody defined is as `general` is."""
        return self._known.get(name, self._general)


CurrentCategories = Callable[[], Categories]
"""The categories as they are now."""

_BUILT_IN_ONES = Categories()


def built_in() -> Categories:
    """The categories of a service that was told of no other."""
    return _BUILT_IN_ONES
