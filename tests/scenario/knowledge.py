"""The model's knowledge at a moment: people, their preferences and profiles, and categories."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from tests.scenario.directory import Directory
from tests.scenario.items import Item
from tests.scenario.model import BUILT_IN, Category, Person, Verdict, decide, hold, may
from tests.scenario.plan import Resident


@dataclass
class Knowledge:
    """What decisions are taken by."""

    residents: Mapping[int, Resident]
    preferences: dict[int, Mapping[str, Any] | None] = field(default_factory=dict)
    directory: Directory = field(default_factory=Directory)
    categories: dict[str, Category] = field(default_factory=lambda: dict(BUILT_IN))

    def person(self, user: int) -> Person:
        """What is known of a user. Of one without preferences, to whom nothing is sent, the profile is not read."""
        preferences = self.preferences.get(user)
        profile = None if preferences is None else self.directory.profile(user)
        return Person(self.residents[user].place, preferences, profile)

    def category(self, name: str) -> Category:
        """One that nobody defined is like `general`."""
        return self.categories.get(name, self.categories["general"])

    def decide(self, item: Item, now: datetime) -> Verdict:
        """What becomes of a message that is to leave now."""
        if item.carries:
            carried = item.carries[0].category
            frequency, code = may(self.person(item.user), item.key[1], carried, self.category(carried))
            if frequency == "never":
                return Verdict("suppress", code)
        person, category = self.person(item.user), self.category_of(item)
        return decide(person, item.key[1], item.category, category, urgent=item.urgent, now=now)

    def category_of(self, item: Item) -> Category:
        """The category of a message. A digest is promotional, and required, if its items are."""
        category = self.category(item.category)
        if not item.carries:
            return category
        items = self.category(item.carries[0].category)
        return replace(category, kind=items.kind, required=items.required)

    def is_disturbing(self, item: Item, now: datetime) -> bool:
        """Whether a message is sent although its user has quiet hours: it is urgent."""
        quiet = hold(self.person(item.user), item.key[1], now, is_legal=False)
        return item.urgent and quiet is not None

    def is_too_old(self, item: Item, now: datetime) -> bool:
        """Whether its category's time to live is over."""
        return now >= item.counts_from + self.category(item.category).message_ttl
