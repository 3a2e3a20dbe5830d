"""Collects the matches that a transaction drops, with their reasons. Pure."""

from collections.abc import Iterable, Iterator

import numpy as np

from property_alert_notification.base.reasons import ReasonCode
from property_alert_notification.homes.alerts.numbers import pack

Match = tuple[int, int]
"""The number of a change, and that of a search that matched it."""


class Drops:
    """Matches that are dropped, by change and reason: a row for each of these, however many searches it has.

    Only what cannot be computed again is kept: that the user was told already is in the told ledger, and that a search
    was paused is in its versions.
    """

    def __init__(self) -> None:
        self._searches: dict[tuple[int, ReasonCode], set[int]] = {}

    def add(self, why: ReasonCode, matches: Iterable[Match]) -> None:
        """Drop some matches."""
        for sequence, number in matches:
            self._searches.setdefault((sequence, why), set()).add(number)

    def rows(self) -> Iterator[tuple[int, str, int, str]]:
        """As the store keeps them: change, reason, the first search, and all searches packed."""
        for (sequence, why), numbers in sorted(self._searches.items()):
            yield sequence, why.value, min(numbers), pack(np.array(sorted(numbers), dtype=np.int64))
