"""Ids are UUIDv7 as RFC 9562 lays them out."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from uuid import RFC_4122

import pytest

from property_alert_notification.base.clock import Clock, first_id_from, first_id_of, time_of


def test_ids_are_version_7_and_always_grow() -> None:
    clock = Clock()

    ids = [clock.new_id() for _ in range(100_000)]

    assert ids == sorted(set(ids))
    assert {(one.version, one.variant) for one in ids} == {(7, RFC_4122)}


def test_an_id_cannot_be_guessed_from_those_made_beside_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.time_ns", lambda: 1_764_000_000_000_000_000)  # all in one moment
    clock = Clock()

    ids = [clock.new_id().int for _ in range(5_000)]

    tails = [id_ & ((1 << 62) - 1) for id_ in ids]
    assert ids == sorted(ids)
    assert len({later - earlier for earlier, later in pairwise(tails)}) == len(ids) - 1
    for bit in range(62):
        assert 2_000 < sum(tail >> bit & 1 for tail in tails) < 3_000, f"bit {bit} is not a fair coin"


def test_an_id_carries_its_millisecond() -> None:
    clock = Clock()
    before = clock.now()

    made_at = time_of(clock.new_id())

    assert before - timedelta(milliseconds=1) <= made_at <= clock.now()


def test_a_moment_parts_the_ids_made_before_it_from_the_others() -> None:
    id_ = Clock().new_id()
    made_at = time_of(id_)

    assert first_id_of(made_at) < id_ < first_id_of(made_at + timedelta(milliseconds=1))
    assert first_id_of(datetime(1, 1, 1, tzinfo=UTC)) < first_id_of(datetime(9999, 12, 31, tzinfo=UTC))


def test_jitter_stays_in_its_range() -> None:
    assert all(0 <= Clock().jitter() < 1 for _ in range(1000))


def test_ids_are_found_by_the_moment_they_carry_and_by_no_other() -> None:
    one = Clock().new_id()
    at, instant = time_of(one), timedelta(microseconds=1)

    assert first_id_from(at) <= one < first_id_from(at + instant)
    assert first_id_from(at - instant) == first_id_from(at)
    assert first_id_from(datetime(1, 1, 1, tzinfo=UTC)).int == 0


class Machine(Clock):
    """A machine whose clock and steady count the test sets, in seconds."""

    def __init__(self, *, wall: float, steady: float = 100.0) -> None:
        super().__init__()
        self.wall, self.count = wall, steady

    def machine_time(self) -> int:
        return round(self.wall * 1e9)

    def steady(self) -> int:
        return round(self.count * 1e9)

    def measure(self, store: float, *, took: float = 0.0) -> float:
        asked_at = self.steady()
        self.count += took
        return self.follow(_at(store), asked_at=asked_at, answered_at=self.steady())


def _at(seconds: float) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)


def test_a_clock_that_follows_no_store_is_that_of_the_machine() -> None:
    clock = Machine(wall=5_000)

    assert (clock.now(), clock.ahead) == (_at(5_000), 0)


@pytest.mark.parametrize("wrong_by", [3600, 30, -3600])
def test_a_clock_follows_the_store_whatever_becomes_of_the_machines(wrong_by: float) -> None:
    clock = Machine(wall=50_000 + wrong_by)

    assert clock.measure(50_000) == -wrong_by
    assert (clock.now(), clock.ahead) == (_at(50_000), wrong_by)

    clock.wall, clock.count = 0, clock.count + 7
    assert (clock.now(), clock.ahead) == (_at(50_007), -50_007)


def test_a_slow_answer_does_not_move_a_clock_that_was_set_well() -> None:
    clock = Machine(wall=50_000)
    clock.measure(50_000)
    clock.count += 10

    assert clock.measure(50_012, took=5) == 0  # the store answered somewhere between 50,010 and 50,015
    assert clock.now() == _at(50_015)


def test_a_clock_goes_with_a_store_that_moved() -> None:
    clock = Machine(wall=50_000)
    clock.measure(50_000)

    assert clock.measure(50_100, took=2) == 99  # in the middle of the answer
    assert clock.now() == _at(50_101)


def test_ids_stay_in_order_over_a_correction_and_have_the_stores_time_after_a_step() -> None:
    clock = Machine(wall=50_000.4)
    before = clock.new_id()
    clock.measure(50_000)
    corrected = clock.new_id()
    clock.measure(40_000)

    assert before < corrected
    assert time_of(clock.new_id()) == _at(40_000)
