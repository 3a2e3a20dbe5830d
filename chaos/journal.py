"""What the callers saw, kept outside the service."""

import asyncio
from collections import Counter, defaultdict
from dataclasses import dataclass, field

POLL = 0.01
"""Seconds between two looks at how far the calls are."""


@dataclass
class Journal:
    """Every call and every answer of one experiment."""

    calls: int = 0
    """Calls that were made, whatever came of them."""
    ids: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """By idempotency key, the ids that its answers named."""
    wrong: Counter[str] = field(default_factory=Counter)
    """What should not have been answered, in words, and how often."""
    kills: Counter[str] = field(default_factory=Counter)
    """How often what was killed, so far."""
    is_over: bool = False
    """Every call is answered."""
    _first_answers: Counter[str] = field(default_factory=Counter)

    @property
    def accepted(self) -> int:
        """How many keys have an answer."""
        return len(self.ids)

    def note(self, key: str, id_: str, *, replayed: bool) -> None:
        """A call was answered 2xx."""
        self.ids[key].add(id_)
        self._first_answers[key] += not replayed
        if len(self.ids[key]) > 1:
            self.wrong["another id under the same key"] += 1
        if not replayed and self._first_answers[key] > 1:
            self.wrong["a repetition answered as if it were the first"] += 1

    def all_ids(self) -> set[str]:
        """Every id that was answered."""
        return set().union(*self.ids.values())

    async def reach(self, accepted: int) -> bool:
        """Wait until so many keys have an answer; False when the calls are over."""
        while not self.is_over and self.accepted < accepted:  # noqa: ASYNC110 - many wait for many numbers
            await asyncio.sleep(POLL)
        return not self.is_over
