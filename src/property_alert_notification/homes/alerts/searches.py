"""All current saved searches in the memory of a matcher: which of them match a listing, and whom each concerns."""

import asyncio
import gc
from array import array
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from functools import lru_cache
from operator import attrgetter
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from property_alert_notification.base.damaged import UNREADABLE, left_out
from property_alert_notification.homes.alerts.news import IN_RANGE, News
from property_alert_notification.homes.alerts.numbers import Numbers
from property_alert_notification.homes.reso.words import ChangeType
from property_alert_notification.homes.saved_searches.versions.queries import CurrentVersion
from property_alert_notification.homes.saved_searches.words import ScheduleType, read_changes

KINDS: Mapping[str, int] = {kind: 1 << place for place, kind in enumerate([*ChangeType, IN_RANGE])}
"""The bit of each kind of fact."""

_OF_INDEX = attrgetter("number", "expression", "packed")

_OFFERED = frozenset({ChangeType.COMING_SOON, ChangeType.ACTIVE_UNDER_CONTRACT})


class Index(Protocol):
    """Finds the searches that match a listing."""

    def put_stored(self, number: int, expression: str) -> None:
        """Add or replace a search, by what the store keeps of its query."""

    def put_all_stored(self, rows: Iterable[tuple[int, str, Any]]) -> tuple[Mapping[int, Exception], Sequence[int]]:
        """Add or replace many, each with its packed form.

        Returns what is wrong with those that are damaged, and the numbers of those whose packed form is none.
        """

    def put_many(self, items: Iterable[tuple[int, Any]]) -> None:
        """Add many, by their expressions."""

    def remove(self, number: int) -> None:
        """Forget a search."""

    def match(self, fields: Mapping[str, Any]) -> Numbers:
        """The numbers of the searches that match, sorted."""


class Searches:
    """The versions of all searches that apply at one position. Their numbers are dense, so arrays hold them."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self.people: Numbers = np.zeros(1024, dtype=np.int64)
        """The person of each search, by its number."""
        self.kinds: NDArray[np.uint32] = np.zeros(1024, dtype=np.uint32)
        """The kinds of facts that each wants to hear of."""
        self.at_once: NDArray[np.bool_] = np.zeros(1024, dtype=np.bool_)
        """Whether each alerts at once."""
        self.unpacked = array("q")
        """The numbers of those that the store had without a packed form."""

    def put_many(self, versions: Iterable[CurrentVersion]) -> None:
        """Add these versions, or replace the earlier ones of their searches."""
        versions = [*versions]
        self._note(versions)
        faults, unpacked = self._index.put_all_stored(map(_OF_INDEX, versions))
        self.unpacked.extend(unpacked)
        for number, error in faults.items():
            left_out("search.unreadable", error, number=number)

    async def read(self, parts: AsyncIterator[Sequence[CurrentVersion]]) -> None:
        """Add the versions of all parts, each in a thread, with the garbage collector paused.

        A million rows make no cycles, but the collector would look for some after every few hundred.
        """
        was_enabled = gc.isenabled()
        gc.disable()
        try:
            async for versions in parts:
                await asyncio.to_thread(self.put_many, versions)
        finally:
            if was_enabled:
                gc.enable()

    def put(self, version: CurrentVersion) -> None:
        """Add a version, or replace the earlier one of its search."""
        self._note([version])
        if not self._is_put(version):
            self._index.remove(version.number)

    def remove(self, number: int) -> None:
        """Forget a search; it may be unknown."""
        self._index.remove(number)

    def match(self, fields: Mapping[str, Any]) -> Numbers:
        """The numbers of the searches that match a listing, sorted."""
        return self._index.match(fields)

    def _is_put(self, version: CurrentVersion) -> bool:
        """Put a version into the index; False if its row is damaged: it must not stop the other searches."""
        try:
            self._index.put_stored(version.number, version.expression)
        except UNREADABLE as error:
            left_out("search.unreadable", error, number=version.number)
            return False
        return True

    def _note(self, versions: Sequence[CurrentVersion]) -> None:
        if not versions:
            return
        numbers, _, people, _, schedules, changes, *_ = map(list, zip(*versions, strict=True))
        if (last := max(numbers)) >= len(self.people):
            size = max(last + 1, 2 * len(self.people))
            self.people, self.kinds, self.at_once = (
                np.concatenate((known, np.zeros(size - len(known), dtype=known.dtype)))
                for known in (self.people, self.kinds, self.at_once)
            )
        self.people[numbers] = people
        self.kinds[numbers] = [*map(kinds_of, changes)]
        self.at_once[numbers] = [one == ScheduleType.ASAP for one in schedules]


def asked_by(news: News) -> int:
    """The bits of the kinds by which a search asks for one of the news."""
    return kinds_that_ask_for(news.kind, is_first=news.to_new)


def kinds_that_ask_for(kind: str, *, is_first: bool) -> int:
    """The bits of the kinds by which a search asks for a fact of this kind.

    A home that is coming soon or under contract when it is first seen, and so may still be had, is a new one too.
    """
    return KINDS[kind] | (KINDS[ChangeType.NEW_LISTING] if is_first and kind in _OFFERED else 0)


@lru_cache(4_096)
def kinds_of(change_types: str) -> int:
    """The bits of the kinds that a search wants to hear of. That a listing comes into its range is always told."""
    return sum(KINDS[one] for one in read_changes(change_types)) | KINDS[IN_RANGE]
