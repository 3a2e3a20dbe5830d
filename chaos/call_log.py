"""The calls of one trial and their answers, kept outside the service."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field


@dataclass
class CallLog:
    """Every call and every answer of one trial."""

    calls: int = 0
    """Calls that were made, whatever came of them."""
    statuses: Counter[int] = field(default_factory=Counter)
    """What they were answered."""
    errors: Counter[str] = field(default_factory=Counter)
    """Answers of 5xx, in their own words."""
    hangs: int = 0
    """Calls that had no answer, and no end of their connection either, for as long as a caller waits."""
    seconds: list[float] = field(default_factory=list)
    """How long each answer took."""
    ids: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """By idempotency key, the ids that its answers named."""
    wrong: Counter[str] = field(default_factory=Counter)
    """What should not have been answered, in words, and how often."""
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

    @property
    def slow(self) -> float:
        """Seconds within which 99 of 100 answers came; 0 when there was none."""
        return sorted(self.seconds)[int(len(self.seconds) * 0.99)] if self.seconds else 0.0
