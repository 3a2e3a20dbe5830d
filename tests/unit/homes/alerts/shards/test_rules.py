"""Processes share shards out among them: each decides for itself, and together they come to rest."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID

import pytest

from property_alert_notification.homes.alerts.shards.rules import PATIENCE, Choice, ShardRow, choose, current
from property_alert_notification.homes.alerts.shards.shard import WHOLE, Shard
from property_alert_notification.homes.saved_searches.versions.share import Share

NOW = datetime(2026, 11, 1, 9, tzinfo=UTC)
LEASE = timedelta(seconds=5)
ME, OTHER, THIRD = (UUID(int=number) for number in (1, 2, 3))
SHARDS = [Shard(10 + part, Share(part, 4)) for part in range(4)]


def rows(*holders: UUID | None) -> list[ShardRow]:
    """A shard for each holder; those of None have been free for a minute."""
    minute = timedelta(minutes=1)
    return [
        ShardRow(SHARDS[place], 0, holder, NOW + (-minute if holder is None else LEASE))
        for place, holder in enumerate(holders)
    ]


def asked(row: ShardRow, by: UUID, *, seconds: int = 5) -> ShardRow:
    return row._replace(wanted_by=by, wanted_until=NOW + timedelta(seconds=seconds))


def test_a_free_shard_is_taken() -> None:
    assert choose(rows(OTHER, OTHER, None, OTHER), ME, (), NOW) == Choice(frozenset({SHARDS[2]}))


def test_who_has_shards_leaves_a_free_one_to_others_for_a_while() -> None:
    one, two, three, free = rows(ME, ME, OTHER, None)
    for since, taken in ((PATIENCE, False), (2 * PATIENCE, True)):
        free = free._replace(leased_until=NOW - since)
        choice = choose([one, two, three, free], ME, SHARDS[:2], NOW)
        assert (free.shard in choice.shards) is taken


def test_a_standby_follows_one_shard_and_stays_with_it() -> None:
    every = rows(OTHER, THIRD)
    [followed] = choose(every, ME, (), NOW).shards
    assert choose(every[::-1], ME, {followed}, NOW) == Choice(frozenset({followed}))


def test_two_standbys_need_not_follow_the_same() -> None:
    every = rows(*map(UUID, (str(UUID(int=number)) for number in range(10, 14))))
    followed = {shard for number in range(4) for shard in choose(every, UUID(int=number), (), NOW).shards}
    assert followed == set(SHARDS)


def test_who_has_two_fewer_asks_for_one() -> None:
    choice = choose(rows(OTHER, OTHER, ME, OTHER), ME, {SHARDS[2]}, NOW)
    assert choice.ask_for in choice.shards - {SHARDS[2]}
    assert choose(rows(OTHER, OTHER, ME, ME), ME, SHARDS[2:], NOW) == Choice(frozenset(SHARDS[2:]))


def test_a_shard_is_given_to_who_asks_and_has_two_fewer() -> None:
    one, two, three, four = rows(ME, ME, ME, OTHER)
    given = choose([one, asked(two, OTHER), three, four], ME, SHARDS[:3], NOW)
    assert given == Choice(frozenset({SHARDS[0], SHARDS[2]}))
    for row in (asked(two, OTHER, seconds=0), two):
        assert choose([one, row, three, four], ME, SHARDS[:3], NOW) == Choice(frozenset(SHARDS[:3]))


def test_a_shard_that_another_process_asks_for_is_left_to_it() -> None:
    [row] = rows(None)
    assert choose([asked(row, OTHER)], ME, (), NOW) == Choice(frozenset())
    assert choose([asked(row, OTHER, seconds=0)], ME, (), NOW).shards == {row.shard}


def test_a_shard_whose_lease_was_taken_over_is_not_ours() -> None:
    assert choose(rows(OTHER, ME), ME, SHARDS[:2], NOW).shards == {SHARDS[1]}


def test_a_shard_of_an_earlier_division_does_not_count() -> None:
    earlier = ShardRow(WHOLE, 0, None, None)
    assert current([earlier, *rows(ME, ME, ME, ME)]) == rows(ME, ME, ME, ME)
    assert current([earlier]) == [earlier]


class Processes:
    """Processes that come, work and are killed, on a clock of their own. To read a shard's searches takes 1.5 s."""

    def __init__(self, shards: int) -> None:
        self.now = NOW
        self.rows = {
            part: ShardRow(Shard(part, Share(part, shards)), 0, None, NOW) for part in range(shards)
        }  # fmt: skip
        self.working: dict[UUID, dict[Shard, datetime]] = {}
        """For each process, since when it reads or has each shard."""

    def run(self, seconds: float) -> None:
        until = self.now + timedelta(seconds=seconds)
        while self.now < until:
            self.now += timedelta(seconds=0.5)
            for me, working in self.working.items():
                self._turn(me, working)

    def _turn(self, me: UUID, working: dict[Shard, datetime]) -> None:
        choice = choose(list(self.rows.values()), me, working, self.now)
        for shard in working.keys() - choice.shards:
            del working[shard]
            if self.rows[shard.number].holder == me:
                self._change(shard, holder=None, leased_until=self.now)
        for shard in choice.shards:
            is_read = self.now - working.setdefault(shard, self.now) >= timedelta(seconds=1.5)
            row = self.rows[shard.number]
            is_for_us = row.wanted_by == me or not row.is_asked_for(self.now)
            if row.holder == me and row.is_held(self.now):
                self._change(shard, leased_until=self.now + LEASE)
            elif is_read and is_for_us and not row.is_held(self.now):
                lease = {"holder": me, "leased_until": self.now + LEASE}
                self._change(shard, **lease, wanted_by=None, wanted_until=None)
            elif is_read and is_for_us and shard == choice.ask_for:
                self._change(shard, wanted_by=me, wanted_until=self.now + LEASE)

    def _change(self, shard: Shard, **values: object) -> None:
        self.rows[shard.number] = self.rows[shard.number]._replace(**values)


@pytest.mark.parametrize("shards", [1, 4, 7])
def test_processes_that_come_and_are_killed_share_all_shards_out_evenly(shards: int) -> None:
    random, processes = Random(shards), Processes(shards)
    for number in range(30):
        if len(processes.working) > 1 and random.random() < 0.4:
            del processes.working[random.choice(list(processes.working))]
        else:
            processes.working[UUID(int=random.getrandbits(128))] = {}
        processes.run(random.choice([0.5, 3, 60]))
        if number % 3 == 0:
            processes.run(90)
            counts = Counter(row.holder for row in processes.rows.values() if row.is_held(processes.now))
            assert counts.total() == shards
            shares = [counts[one] for one in processes.working]
            assert max(shares) - min(shares) <= 1
            for me, working in processes.working.items():
                assert len(working) == max(counts[me], 1)
