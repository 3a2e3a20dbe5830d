"""Reads from the match log what searches matched since their last digests: once for many searches.

It is read in short transactions that lock nothing, and compared in a thread: a day of the log may take seconds.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from property_alert_notification.base.damaged import readable
from property_alert_notification.database import Database
from property_alert_notification.homes.alerts.digests.queries import DueSearch
from property_alert_notification.homes.alerts.match_log.entries import found_in
from property_alert_notification.homes.alerts.match_log.queries import entries_of_shard
from property_alert_notification.homes.alerts.numbers import Numbers
from property_alert_notification.homes.alerts.shards.shard import Shard

SLICE = 200
"""Entries of the log that are read and compared together."""


@dataclass(frozen=True, slots=True)
class LogMatches:
    """What some searches matched, up to a position."""

    position: int = 0
    since: Mapping[int, int] = field(default_factory=dict)
    """For each search, the number after which its matches were read."""
    found: Mapping[int, Sequence[tuple[int, bool]]] = field(default_factory=dict)
    """For each search, the numbers of the changes, and whether the listing was new to it."""

    def has(self, one: DueSearch) -> bool:
        """Whether the matches of a search were read that are due now."""
        return self.since.get(one.number) == one.sequence


async def read_log(
    database: Database,
    shard: Shard,
    searches: Iterable[DueSearch],
    position: int,
    renew: Callable[[], Awaitable[None]],
) -> LogMatches:
    """What these searches of a shard matched that was not submitted yet; `renew` is called between the slices."""
    since = {one.number: one.sequence for one in searches}
    wanted = np.array(sorted(since), dtype=np.int64)
    found: dict[int, dict[tuple[int, bool], None]] = {}
    after = min(since.values(), default=position)
    while True:
        async with database.reading() as connection:
            entries = await entries_of_shard(connection, shard=shard, after=after, until=position, limit=SLICE)
        await asyncio.to_thread(_pick, entries, wanted, since, found)
        await renew()
        if len(entries) < SLICE:
            return LogMatches(position, since, {number: list(some) for number, some in found.items()})
        after = entries[-1][0]


def _pick(
    entries: Iterable[tuple[int, str]],
    wanted: Numbers,
    since: Mapping[int, int],
    found: dict[int, dict[tuple[int, bool], None]],
) -> None:
    read = readable(entries, lambda one: (one[0], found_in(one[1], wanted)), "match_log.unreadable", lambda one: one[0])
    for sequence, matches in read:
        for number, is_new in matches:
            if sequence > since[number]:
                # A shard that ended may have matched the change, too.
                found.setdefault(number, {})[sequence, is_new] = None
