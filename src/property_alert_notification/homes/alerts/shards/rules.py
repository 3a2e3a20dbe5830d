"""Which shards a matcher process works on, follows, asks for and gives back. Pure.

Each process decides for itself, from the rows of all shards. Those that work on fewer shards take free ones first. A
process that has two more than another one gives it one, once the other one has read its searches and asks for it.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from property_alert_notification.homes.alerts.shards.shard import Shard

PATIENCE = timedelta(seconds=1)
"""How long a process leaves a free shard to others, for each shard that it has already."""


class ShardRow(NamedTuple):
    """A shard as the store has it."""

    shard: Shard
    position: int
    holder: UUID | None
    leased_until: datetime | None
    wanted_by: UUID | None = None
    """The process that asks for it."""
    wanted_until: datetime | None = None

    def is_held(self, now: datetime) -> bool:
        """Whether its lease has not run out."""
        return self.leased_until is not None and self.leased_until > now

    def is_asked_for(self, now: datetime) -> bool:
        """Whether a process asks for it at present."""
        return self.wanted_until is not None and self.wanted_until > now


def current(rows: Sequence[ShardRow]) -> list[ShardRow]:
    """The shards of the newest division: a matcher of a version that knows one shard may have added that again."""
    first = max((one.shard.first for one in rows), default=0)
    return [one for one in rows if one.shard.first == first]


class Choice(NamedTuple):
    """What a process does next."""

    shards: frozenset[Shard]
    """Those that it holds or follows, so as to take one of them; it leaves all others."""
    ask_for: Shard | None = None
    """The one of them that it asks its holder for, once it has read its searches."""


def choose(rows: Sequence[ShardRow], me: UUID, working: Collection[Shard], now: datetime) -> Choice:
    """What a process does next that holds or follows the shards of `working`; `rows` has all shards."""
    held = frozenset(one.shard for one in rows if one.holder == me and one.shard in working)
    counts = Counter(one.holder for one in rows if one.holder != me and one.is_held(now))
    for one in rows:
        if one.shard in held and one.is_asked_for(now) and len(held) - counts[one.wanted_by] >= 2:
            return Choice(held - {one.shard})
    others = [one for one in rows if one.shard not in held and (one.wanted_by == me or not one.is_asked_for(now))]
    # What it follows already comes first; then each process begins at another place, so that few follow the same.
    others.sort(key=lambda one: (one.shard not in working, (one.shard.number + me.int) % len(rows)))
    if (free := _free(others, len(held), now)) is not None:
        return Choice(held | {free})
    if (fair := _fair(others, len(held), counts, now)) is not None:
        return Choice(held | {fair}, fair)
    return Choice(held or frozenset(one.shard for one in others[:1]))


def _free(rows: Sequence[ShardRow], holding: int, now: datetime) -> Shard | None:
    """A free shard that those who hold fewer have left."""
    since = now - holding * PATIENCE
    for one in rows:
        if not one.is_held(now) and (one.leased_until is None or one.leased_until <= since):
            return one.shard
    return None


def _fair(rows: Sequence[ShardRow], holding: int, counts: Mapping[UUID | None, int], now: datetime) -> Shard | None:
    """A shard of the process that holds most, if it has two more: then each has a fairer share."""
    most = max(counts.values(), default=0)
    if most - holding < 2:
        return None
    return next((one.shard for one in rows if one.is_held(now) and counts[one.holder] == most), None)
