"""When a provider is left alone, and when it is tried again."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from property_alert_notification.base.breaker import (
    DOWN_IN_A_ROW,
    FAILED,
    FIRST,
    LONGEST,
    LONGEST_REQUESTED_PAUSE,
    LONGEST_SILENCE,
    PROBE_PATIENCE,
    RECENT,
    SILENCE,
    STEADY,
    STORM,
    Breaker,
    Signal,
    begin_probe,
    drop_probe,
    may_probe,
    record,
    wait,
    watch,
)
from property_alert_notification.base.vocabulary import BreakerState
from tests.fuzz.budget import budget

WELL = Breaker(doubtful=False)


def after(breaker: Breaker, *signals: Signal, now: float = 0.0, every: float = 0.0) -> Breaker:
    for number, signal in enumerate(signals):
        breaker = record(breaker, signal, probe=False, now=now + number * every, jitter=0)
    return breaker


def an_open_one(*, openings: int = 1) -> Breaker:
    breaker = after(WELL, *[Signal.DOWN] * DOWN_IN_A_ROW)
    for _ in range(openings - 1):
        breaker = begin_probe(breaker, now=breaker.until)
        breaker = record(breaker, Signal.DOWN, probe=True, now=breaker.until - PROBE_PATIENCE, jitter=0)
    return breaker


def test_a_healthy_provider_costs_nothing_to_remember() -> None:
    assert record(WELL, Signal.WELL, probe=False, now=1, jitter=0) is WELL


def test_a_storm_of_failures_opens_within_twenty_calls_and_ten_seconds() -> None:
    calls = [after(WELL, *[Signal.FAILED] * number, every=STORM / RECENT) for number in range(RECENT + 1)]

    assert calls[1].state is BreakerState.CLOSED
    assert calls[RECENT].state is BreakerState.OPEN
    assert after(WELL, *[Signal.FAILED] * FAILED, now=1_000).state is BreakerState.OPEN


def test_it_opens_though_every_other_message_gets_through() -> None:
    assert after(WELL, *[Signal.FAILED, Signal.WELL] * (RECENT // 2)).state is BreakerState.OPEN


def test_failures_that_are_far_apart_are_no_storm() -> None:
    assert after(WELL, *[Signal.FAILED] * 100, every=STORM / 5).state is BreakerState.CLOSED


def test_three_wrong_passwords_are_enough() -> None:
    assert after(WELL, *[Signal.DOWN] * 3, every=3600).state is BreakerState.OPEN
    assert after(WELL, Signal.DOWN, Signal.DOWN, Signal.WELL, Signal.DOWN).state is BreakerState.CLOSED


def test_a_provider_is_doubted_until_something_goes_well() -> None:
    assert Breaker().doubtful
    assert not after(Breaker(), Signal.WELL).doubtful
    assert after(WELL, Signal.FAILED).doubtful
    assert not after(WELL, Signal.FAILED, Signal.WELL).doubtful


def test_a_success_counts_among_the_recent_calls_and_not_as_a_failure() -> None:
    nearly = after(WELL, *[Signal.FAILED] * (FAILED - 1), Signal.WELL)

    assert nearly.state is BreakerState.CLOSED
    assert after(nearly, *[Signal.WELL] * RECENT) == WELL
    assert after(nearly, Signal.FAILED).state is BreakerState.OPEN


def test_a_success_ends_the_row_of_refused_connections() -> None:
    again = after(WELL, Signal.DOWN, Signal.DOWN, Signal.WELL, Signal.DOWN, Signal.DOWN)

    assert again.state is BreakerState.CLOSED
    assert after(again, Signal.DOWN).state is BreakerState.OPEN


def test_old_failures_do_not_count_after_a_success() -> None:
    assert record(after(WELL, Signal.FAILED, now=0), Signal.WELL, probe=False, now=STORM, jitter=0) == WELL


def throttled(breaker: Breaker, *, pause: float | None, probe: bool = False, took: float = 0.0) -> Breaker:
    return record(breaker, Signal.THROTTLED, probe=probe, now=100, jitter=0.5, took=took, pause=pause)


@pytest.mark.parametrize(("jitter", "share"), [(0.0, 0.5), (0.5, 0.75), (0.9, 0.95)])
def test_each_opening_lasts_twice_as_long_and_jitter_takes_off_half_at_most(jitter: float, share: float) -> None:
    def reopened(openings: int) -> float:
        probed = Breaker(state=BreakerState.HALF_OPEN, openings=openings)
        return wait(record(probed, Signal.FAILED, probe=True, now=0, jitter=jitter), now=0)

    assert [reopened(before) for before in range(7)] == pytest.approx(
        [share * seconds for seconds in (1, 2, 4, 8, 16, LONGEST, LONGEST)]
    )


def test_while_a_message_tries_it_out_the_others_look_again_soon() -> None:
    probed = begin_probe(an_open_one(), now=10)

    ends = 10 + PROBE_PATIENCE
    assert [wait(probed, now=now) for now in (11, ends - 0.25, ends, ends + 1)] == [FIRST, 0.25, 0, 0]


def test_a_failure_is_heard_from_the_moment_on_at_which_it_closed() -> None:
    closed = Breaker(doubtful=False, closed_at=100)

    assert after(closed, Signal.FAILED, now=100).doubtful


@pytest.mark.parametrize(("pause", "stays"), [(0.1, 0.1), (42, 42), (1e9, LONGEST_REQUESTED_PAUSE)])
def test_a_provider_that_was_given_too_much_is_left_alone_for_as_long_as_its_pace_asks(
    pause: float, stays: float
) -> None:
    flapping = Breaker(doubtful=False, openings=3)

    opened = throttled(flapping, pause=pause)

    assert opened == Breaker(state=BreakerState.OPEN, until=100 + stays, openings=3)


def test_a_throttled_message_alone_asks_for_no_pause() -> None:
    assert throttled(WELL, pause=None) is WELL


def test_a_throttled_message_from_before_the_breaker_closed_changes_nothing() -> None:
    closed = Breaker(doubtful=False, closed_at=90)

    assert throttled(closed, pause=5, took=11) is closed
    assert throttled(closed, pause=5, took=10).state is BreakerState.OPEN


@pytest.mark.parametrize(("pause", "stays"), [(None, FIRST), (7, 7)])
def test_a_throttled_probe_opens_it_again_but_for_no_longer_each_time(pause: float | None, stays: float) -> None:
    probed = begin_probe(an_open_one(openings=3), now=90)

    assert throttled(probed, pause=pause) is probed
    assert throttled(probed, pause=pause, probe=True) == Breaker(state=BreakerState.OPEN, until=100 + stays, openings=3)


def test_one_message_at_a_time_tries_it_out() -> None:
    breaker = an_open_one()
    assert not may_probe(breaker, now=breaker.until - 0.01)
    assert may_probe(breaker, now=breaker.until)

    probed = begin_probe(breaker, now=breaker.until)

    assert probed.state is BreakerState.HALF_OPEN
    assert not may_probe(probed, now=breaker.until)
    assert may_probe(probed, now=breaker.until + PROBE_PATIENCE)


def test_a_success_closes_it_and_a_failure_opens_it_for_longer() -> None:
    breaker = begin_probe(an_open_one(), now=10)

    assert record(breaker, Signal.WELL, probe=True, now=11, jitter=0).state is BreakerState.CLOSED
    failed = record(breaker, Signal.FAILED, probe=True, now=11, jitter=0)
    assert failed.state is BreakerState.OPEN
    assert wait(failed, now=11) > wait(an_open_one(), now=0)


def test_one_that_was_tried_out_with_success_is_trusted_at_once_and_its_openings_are_remembered() -> None:
    probed = begin_probe(an_open_one(openings=3), now=90)

    closed = record(probed, Signal.WELL, probe=True, now=100, jitter=0, took=4)

    assert closed == Breaker(doubtful=False, openings=3, closed_at=100, patience=8)
    assert wait(closed, now=100) == 0


def test_a_probe_that_fails_may_ask_for_a_longer_pause() -> None:
    probed = begin_probe(an_open_one(), now=10)

    assert wait(record(probed, Signal.DOWN, probe=True, now=11, jitter=0, pause=60), now=11) == 60


def test_calls_from_before_it_opened_do_not_count() -> None:
    for breaker in (an_open_one(), begin_probe(an_open_one(), now=10)):
        for signal in Signal:
            assert record(breaker, signal, probe=False, now=11, jitter=0) is breaker


def test_failures_of_calls_from_before_it_closed_do_not_count() -> None:
    closed = record(begin_probe(an_open_one(), now=100), Signal.WELL, probe=True, now=100, jitter=0)

    for signal in (Signal.FAILED, Signal.DOWN):
        assert record(closed, signal, probe=False, now=120, jitter=0, took=21, pause=60) is closed
        assert record(closed, signal, probe=False, now=120, jitter=0, took=19) is not closed


def test_one_that_turned_out_to_be_well_is_not_tried_out() -> None:
    assert begin_probe(WELL, now=1) is WELL


def test_a_probe_that_never_left_makes_room_for_the_next() -> None:
    dropped = drop_probe(begin_probe(an_open_one(), now=10), now=11)

    assert dropped.state is BreakerState.OPEN
    assert may_probe(dropped, now=11)
    assert drop_probe(WELL, now=11) is WELL


def test_the_pause_that_a_provider_asks_for_is_kept_and_bounded() -> None:
    def asked(pause: float) -> float:
        return wait(record(WELL, Signal.DOWN, probe=False, now=0, jitter=0, pause=pause), now=0)

    assert asked(42) == 42
    assert asked(0.001) >= FIRST / 2
    assert asked(1e9) == LONGEST_REQUESTED_PAUSE


def test_one_that_flaps_stays_open_longer_each_time_until_it_was_steady() -> None:
    def reopened(after_closing: float) -> Breaker:
        probed = begin_probe(an_open_one(openings=4), now=100)
        closed = record(probed, Signal.WELL, probe=True, now=100, jitter=0)
        return after(closed, *[Signal.DOWN] * DOWN_IN_A_ROW, now=100 + after_closing)

    assert reopened(1).openings == 5
    assert reopened(STEADY).openings == 5
    assert reopened(STEADY + 1).openings == 1


def watched(breaker: Breaker, *silences: float, at_once: int = 8) -> Breaker:
    return watch(breaker, silences, at_once=at_once, now=100, jitter=0)


def test_calls_that_get_no_answer_open_it_within_ten_seconds() -> None:
    assert SILENCE < STORM
    assert watched(WELL, *[SILENCE] * DOWN_IN_A_ROW).state is BreakerState.OPEN
    assert watched(WELL, SILENCE, SILENCE, SILENCE - 0.1) is WELL
    assert watched(WELL) is WELL


def test_where_fewer_calls_fit_than_make_a_storm_all_of_them_do() -> None:
    assert watched(WELL, SILENCE, at_once=1).state is BreakerState.OPEN
    assert watched(WELL, SILENCE, at_once=2) is WELL


def test_one_that_was_only_slow_is_closed_by_its_answer_and_gets_more_time_from_then_on() -> None:
    silent = watched(WELL, *[SILENCE] * DOWN_IN_A_ROW)

    slow = record(silent, Signal.WELL, probe=False, now=103, jitter=0, took=8)

    assert slow.state is BreakerState.CLOSED
    assert watched(slow, *[15.9] * DOWN_IN_A_ROW) is slow
    assert watched(slow, *[16] * DOWN_IN_A_ROW).state is BreakerState.OPEN
    assert record(slow, Signal.WELL, probe=False, now=104, jitter=0, took=0.1).patience == SILENCE
    assert record(slow, Signal.WELL, probe=False, now=104, jitter=0, took=1e9).patience == LONGEST_SILENCE


def test_calls_that_hung_and_came_to_nothing_do_not_close_it() -> None:
    silent = watched(WELL, *[SILENCE] * DOWN_IN_A_ROW)

    for signal in (Signal.FAILED, Signal.DOWN):
        assert record(silent, signal, probe=False, now=130, jitter=0, took=30) is silent


def test_an_answer_while_another_tries_it_out_or_after_it_failed_closes_it_too() -> None:
    probed = begin_probe(watched(WELL, *[SILENCE] * DOWN_IN_A_ROW), now=102)
    failed = record(probed, Signal.FAILED, probe=True, now=103, jitter=0)

    assert failed.state is BreakerState.OPEN
    assert record(failed, Signal.WELL, probe=False, now=104, jitter=0, took=8).state is BreakerState.CLOSED

    assert record(probed, Signal.WELL, probe=False, now=103, jitter=0, took=8).state is BreakerState.CLOSED
    assert watched(probed, *[60.0] * DOWN_IN_A_ROW) is probed


@given(openings=st.integers(1, 200), jitter=st.floats(0, 1, exclude_max=True))
def test_it_is_never_left_alone_for_longer_than_the_longest(openings: int, jitter: float) -> None:
    probed = Breaker(state=BreakerState.HALF_OPEN, openings=openings)

    opened = record(probed, Signal.DOWN, probe=True, now=0, jitter=jitter)

    assert FIRST / 2 <= wait(opened, now=0) <= LONGEST


class AnyProvider(RuleBasedStateMachine):
    """A provider that behaves in any way, under a worker that keeps to the rules."""

    def __init__(self) -> None:
        super().__init__()
        self.breaker = Breaker()
        self.now = 0.0

    @rule(seconds=st.floats(0, 100))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds

    @rule(signal=st.sampled_from(Signal), jitter=st.floats(0, 1, exclude_max=True))
    def a_call_ends(self, signal: Signal, jitter: float) -> None:
        was = self.breaker
        self.breaker = record(was, signal, probe=False, now=self.now, jitter=jitter)
        if was.state is BreakerState.CLOSED or was.silent:
            assert signal is not Signal.WELL or self.breaker.state is BreakerState.CLOSED

    @rule(silences=st.lists(st.floats(0, 100), max_size=8), jitter=st.floats(0, 1, exclude_max=True))
    def calls_run(self, silences: list[float], jitter: float) -> None:
        was = self.breaker
        self.breaker = watch(was, silences, at_once=8, now=self.now, jitter=jitter)
        assert self.breaker is was or (self.breaker.state is BreakerState.OPEN and self.breaker.silent)

    @precondition(lambda self: may_probe(self.breaker, now=self.now))
    @rule(signal=st.sampled_from([*Signal, None]), jitter=st.floats(0, 1, exclude_max=True))
    def a_probe_is_made(self, signal: Signal | None, jitter: float) -> None:
        self.breaker = begin_probe(self.breaker, now=self.now)
        assert not may_probe(self.breaker, now=self.now)
        if signal is None:
            self.breaker = drop_probe(self.breaker, now=self.now)
            assert may_probe(self.breaker, now=self.now)
            return
        self.breaker = record(self.breaker, signal, probe=True, now=self.now, jitter=jitter)
        assert (self.breaker.state is BreakerState.CLOSED) == (signal is Signal.WELL)

    @invariant()
    def it_can_always_go_on(self) -> None:
        """Closed, or open for a bounded time."""
        assert 0 <= wait(self.breaker, now=self.now) <= LONGEST
        assert may_probe(self.breaker, now=self.now + PROBE_PATIENCE) or self.breaker.state is BreakerState.CLOSED

    @invariant()
    def it_remembers_little(self) -> None:
        assert len(self.breaker.recent) <= RECENT


TestAnyProvider = AnyProvider.TestCase
TestAnyProvider.settings = settings(budget(share=2), stateful_step_count=60)
