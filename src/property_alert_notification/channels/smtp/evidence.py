"""Decides whether refusals that name no cause are about one message or about the sender. Pure.

A server that answers `550 5.7.1 Access denied` may mean this recipient, this message or every message of ours. No
single reply shows which; several do:

- Such a refusal does not fail its message at first: the message waits and is tried again.
- If `IN_A_ROW` different recipients are refused with the same reply and nothing is taken in between, it is about us.
- If the server has taken another message since, and refuses this one again, it is about this message, which then fails.
- While neither happens (one message and no other), the attempts of the message run out like those of any other.

What one worker has seen is all it knows: after a restart a refused message waits once more.
"""

from collections import OrderedDict
from enum import Enum, auto

IN_A_ROW = 3
"""Different recipients refused with the same reply."""

REMEMBERED = 10_000
"""Refused recipients whose refusal is remembered."""


class Finding(Enum):
    """What an unexplained refusal is about."""

    UNKNOWN = auto()
    MESSAGE = auto()
    US = auto()


class Evidence:
    """The messages that one provider accepted, and those it refused without a cause."""

    def __init__(self) -> None:
        """Nothing has been seen yet."""
        self._taken = 0
        self._row: dict[str, set[str]] = {}
        self._refused: OrderedDict[str, int] = OrderedDict()

    def taken(self) -> None:
        """Note that the server accepted a message."""
        self._taken += 1
        self._row.clear()

    def weigh(self, reply: str, recipient: str) -> Finding:
        """Decide what this refusal is about, from all accepted and refused messages so far."""
        refused_at = self._refused.pop(recipient, self._taken)
        self._refused[recipient] = refused_at
        if len(self._refused) > REMEMBERED:
            self._refused.popitem(last=False)
        if refused_at < self._taken:
            del self._refused[recipient]
            return Finding.MESSAGE
        row = self._row.setdefault(reply, set())
        if len(row) < IN_A_ROW:
            row.add(recipient)
        if len(self._row) > IN_A_ROW:
            del self._row[next(iter(self._row))]
        return Finding.US if len(row) >= IN_A_ROW else Finding.UNKNOWN
