"""What a user gets of each category on each channel, as the page shows it and may change it. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from property_alert_notification.base.vocabulary import CategoryKind, Channel, Frequency
from property_alert_notification.people.categories.rules import DIGEST, Categories, Category
from property_alert_notification.people.collect import DIGESTS
from property_alert_notification.people.permission import Permission, permit
from property_alert_notification.people.preferences.rules import PersonalRules, Preferences
from property_alert_notification.people.suppressions.rules import Suppression, SuppressionReason

_EVERY_CHANNEL = frozenset(Channel)
_GRAVEST_FIRST = list(SuppressionReason)

Place = tuple[str, Channel]
"""A category and a channel."""


class Entry(NamedTuple):
    """One entry of the suppression list about the user, or about an address of theirs."""

    id: UUID
    suppression: Suppression

    @property
    def is_own(self) -> bool:
        """Whether the user made it by unsubscribing, so that the user may take it back."""
        return self.suppression.reason is SuppressionReason.UNSUBSCRIBE

    @property
    def is_general(self) -> bool:
        """Whether the user stopped everything by it."""
        return self.is_own and self.suppression.channel is None and self.suppression.category is None


class Cell(NamedTuple):
    """The messages of one category on one channel."""

    category: Category
    channel: Channel
    rule: Frequency
    """What the rules give if nothing is on the suppression list and the channel is switched on."""
    options: tuple[Frequency, ...]
    """What the user may choose; a single one cannot be changed."""
    unsubscribed: tuple[UUID, ...] = ()
    """The entries by which the user unsubscribed from these messages."""
    blocked: SuppressionReason | None = None
    """The gravest other reason why the list stops them; the user cannot change it."""

    @property
    def place(self) -> Place:
        """Its category and channel."""
        return self.category.name, self.channel

    @property
    def frequency(self) -> Frequency:
        """What the user gets while the channel is switched on."""
        return Frequency.NEVER if self.unsubscribed or self.blocked else self.rule

    @property
    def is_open(self) -> bool:
        """Whether the user may change it."""
        return self.blocked is None and len(self.options) > 1


def cells_of(
    categories: Iterable[Category], rules: PersonalRules, entries: Sequence[Entry], now: datetime
) -> dict[Place, Cell]:
    """A cell for each of these categories on each channel, by category and channel."""
    allowing = Preferences(_EVERY_CHANNEL, rules)
    cells = (_cell(category, channel, allowing, entries, now) for category in categories for channel in Channel)
    return {cell.place: cell for cell in cells}


def shown_categories(known: Categories, rules: PersonalRules, entries: Sequence[Entry]) -> list[Category]:
    """The categories of the page: all that are defined, and others for which the user has set or stopped something."""
    own = {entry.suppression.category for entry in entries if entry.is_own and entry.suppression.category}
    names = known.names | rules.frequencies.keys() | own
    return sorted((known.of(name) for name in names), key=_order)


def _order(category: Category) -> tuple[bool, bool, bool, str]:
    """Promotional categories first, then what a user may refuse; digests are about other messages."""
    transactional = category.kind is CategoryKind.TRANSACTIONAL
    return category.required, transactional, category.name == DIGEST, category.name


def _cell(category: Category, channel: Channel, allowing: Preferences, entries: Sequence[Entry], now: datetime) -> Cell:
    stopping = [entry for entry in entries if entry.suppression.stops(channel, category, now)]
    unsubscribed = tuple(entry.id for entry in stopping if entry.is_own)
    others = [entry.suppression.reason for entry in stopping if not entry.is_own]
    rule = _rule(category, channel, allowing)
    options = _options(category, rule, unsubscribed=bool(unsubscribed))
    return Cell(category, channel, rule, options, unsubscribed, min(others, key=_GRAVEST_FIRST.index, default=None))


def _rule(category: Category, channel: Channel, allowing: Preferences) -> Frequency:
    permission = permit(channel, category, allowing)
    if not isinstance(permission, Permission):
        return Frequency.NEVER
    # A digest is never collected, whatever its frequency.
    return Frequency.ASAP if category.name == DIGEST else permission.frequency


def _options(category: Category, rule: Frequency, *, unsubscribed: bool) -> tuple[Frequency, ...]:
    if category.required:
        return (rule, Frequency.NEVER) if unsubscribed else (rule,)
    return (Frequency.ASAP, Frequency.NEVER) if category.name == DIGEST else tuple(Frequency)


def still_coming(cells: Mapping[Place, Cell], switched_on: Iterable[Channel]) -> list[Category]:
    """The categories of which the user still gets messages after stopping everything."""
    on = frozenset(switched_on)
    found = {
        cell.category.name: cell.category
        for cell in cells.values()
        if cell.category.kind is CategoryKind.TRANSACTIONAL
        and cell.channel in on
        and cell.frequency is not Frequency.NEVER
        and not _is_in_a_refused_digest(cell, cells)
    }
    return list(found.values())


def _is_in_a_refused_digest(cell: Cell, cells: Mapping[Place, Cell]) -> bool:
    if cell.category.required or cell.frequency not in DIGESTS:
        return False
    return cells[DIGEST, cell.channel].rule is Frequency.NEVER
