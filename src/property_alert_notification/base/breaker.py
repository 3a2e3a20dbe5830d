"""When a provider that fails is left alone, and how it is tried again. Pure.

closed ──> open ──> half-open ──> closed
            ^           │
            └───────────┘

- Closed: messages flow. It opens when `DOWN_IN_A_ROW` calls say, and none goes well in between, that the provider
  itself is at fault; when `FAILED` of the last `RECENT` calls failed within `STORM` seconds; or when the provider asks
  for a pause.
- In doubt: still closed, but nothing went well since the last failure, or since the start. Then only `IN_DOUBT` calls
  are made at a time, so that a storm costs few of them.
- Silent: it opens, too, when several calls run and nothing goes well for as long as patience lasts. What hangs may have
  been taken and stays as it is until it ends, but the provider gets no more of it. The first call that goes well after
  all closes the breaker: the provider was only slow, and gets twice that time from then on.
- Throttled: a provider that was given too much is not at fault. The breaker opens for as long as its pace asks for, and
  not longer each time.
- A call that began before the breaker closed reports a fault that is over, however late it ends.
- Open: no calls, for a time that doubles with each opening, up to `LONGEST`, so that work goes on soon after the end
  of a fault.
- Half-open: one message tries it out. One that gives no answer in `PROBE_PATIENCE` makes room for the next.

Instants are seconds on a clock that never runs backwards.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto

from property_alert_notification.base.vocabulary import BreakerState

DOWN_IN_A_ROW = 3
"""Calls after which a provider that is itself at fault is left alone."""

RECENT = 20
FAILED = 10
STORM = 10.0

IN_DOUBT = 3
"""Calls at a time while it is unknown whether the provider works."""

FIRST = 1.0
LONGEST = 20.0
"""Seconds for which a breaker stays open: the first time, and at most unless the provider asks for more."""

LONGEST_REQUESTED_PAUSE = 300.0
"""Seconds for which a provider may ask to be left alone."""

STEADY = 60.0
"""Seconds a breaker has to stay closed before its next opening counts as the first again."""

PROBE_PATIENCE = 30.0

SILENCE = 5.0
"""Seconds of patience with a provider that usually answers soon."""

LONGEST_SILENCE = PROBE_PATIENCE
"""And with one that is slow."""

UNANSWERED = RECENT
"""Calls that may begin before any goes well, so that one that falls silent gets no more of them."""


class Signal(Enum):
    """What the result of a call shows about its provider."""

    WELL = auto()
    """It took the message, refused it for good, or has that one message wait: either way it works."""
    FAILED = auto()
    """It did not take the message, or the outcome is unknown."""
    DOWN = auto()
    """It takes nothing: login, greeting or connection."""
    THROTTLED = auto()
    """It was given too much."""


@dataclass(frozen=True, slots=True)
class Breaker:
    """What one worker knows about one provider."""

    state: BreakerState = BreakerState.CLOSED
    until: float = 0.0
    """Open: when it may be tried out. Half-open: when the next may try."""
    doubtful: bool = True
    recent: tuple[tuple[float, bool], ...] = ()
    """When the last calls ended, and whether they failed; nothing while none did."""
    down_in_a_row: int = 0
    openings: int = 0
    """How often it opened without being steady in between."""
    closed_at: float = float("-inf")
    patience: float = SILENCE
    """Seconds after which calls that run are thought to hang."""
    silent: bool = False
    """It opened because they do."""


def may_probe(breaker: Breaker, *, now: float) -> bool:
    """Whether one message may try the provider out."""
    return breaker.state is not BreakerState.CLOSED and now >= breaker.until


def wait(breaker: Breaker, *, now: float) -> float:
    """Seconds until a provider that gets nothing may get something; 0 when it may now."""
    match breaker.state:
        case BreakerState.CLOSED:
            return 0.0
        case BreakerState.OPEN:
            return max(0.0, breaker.until - now)
        case BreakerState.HALF_OPEN:
            # The probe may end at any time, and then all may go on.
            return min(FIRST, max(0.0, breaker.until - now))


def begin_probe(breaker: Breaker, *, now: float) -> Breaker:
    """One message is about to try the provider out, unless it has turned out to be well since that was decided."""
    if breaker.state is BreakerState.CLOSED:
        return breaker
    return replace(breaker, state=BreakerState.HALF_OPEN, until=now + PROBE_PATIENCE)


def drop_probe(breaker: Breaker, *, now: float) -> Breaker:
    """That message never reached the provider: another may try at once."""
    if breaker.state is not BreakerState.HALF_OPEN:
        return breaker
    return replace(breaker, state=BreakerState.OPEN, until=now)


def watch(breaker: Breaker, silences: Sequence[float], *, at_once: int, now: float, jitter: float) -> Breaker:
    """What becomes of the breaker while calls are running.

    Args:
        breaker: as it is.
        silences: for each call that began since the breaker closed, seconds since then or since any went well,
            whichever was later.
        at_once: so many of these the provider takes at a time.
        now: this moment.
        jitter: as for `record`.
    """
    if breaker.state is not BreakerState.CLOSED:
        return breaker
    if sum(silence >= breaker.patience for silence in silences) < min(DOWN_IN_A_ROW, max(at_once, 1)):
        return breaker
    return replace(_open(breaker, now=now, jitter=jitter, pause=None), silent=True)


def record(
    breaker: Breaker,
    signal: Signal,
    *,
    probe: bool,
    now: float,
    jitter: float,
    took: float = 0.0,
    pause: float | None = None,
) -> Breaker:
    """What becomes of the breaker when a call has ended.

    Args:
        breaker: as it is.
        signal: what the call says.
        probe: the call was made to try the provider out. The others say nothing any more once the breaker is open,
            unless it opened because of their silence.
        now: when it ended.
        jitter: in [0, 1), so that many workers do not come back together.
        took: seconds from its beginning to its end.
        pause: seconds for which the provider asked to be left alone.
    """
    if signal is Signal.THROTTLED:
        return _throttled(breaker, probe=probe, began_at=now - took, now=now, pause=pause)
    if breaker.state is BreakerState.CLOSED:
        if signal is Signal.WELL:
            return _after_success(breaker, took=took, now=now)
        if now - took < breaker.closed_at:
            return breaker
        failing = _after_failure(breaker, signal, now=now)
        if pause is None and not _is_storm(failing):
            return failing
        return _open(failing, now=now, jitter=jitter, pause=pause)
    if signal is Signal.WELL and (probe or breaker.silent):
        return Breaker(doubtful=False, openings=breaker.openings, closed_at=now, patience=_patience(took))
    if not probe:
        return breaker
    return replace(_open(breaker, now=now, jitter=jitter, pause=pause), silent=breaker.silent)


def _throttled(breaker: Breaker, *, probe: bool, began_at: float, now: float, pause: float | None) -> Breaker:
    if breaker.state is BreakerState.CLOSED:
        if pause is None or began_at < breaker.closed_at:
            return breaker
    elif not probe:
        return breaker
    until = now + min(pause or FIRST, LONGEST_REQUESTED_PAUSE)
    return Breaker(state=BreakerState.OPEN, until=until, openings=breaker.openings)


def _after_success(breaker: Breaker, *, took: float, now: float) -> Breaker:
    patience = _patience(took)
    if not breaker.recent and not breaker.doubtful and breaker.patience == patience:
        return breaker  # as nearly always
    recent = _recent(breaker, failed=False, now=now)
    if not any(failed for _, failed in recent):
        recent = ()
    return replace(breaker, doubtful=False, recent=recent, down_in_a_row=0, patience=patience)


def _patience(took: float) -> float:
    return min(max(SILENCE, 2 * took), LONGEST_SILENCE)


def _after_failure(breaker: Breaker, signal: Signal, *, now: float) -> Breaker:
    return replace(
        breaker,
        doubtful=True,
        recent=_recent(breaker, failed=True, now=now),
        down_in_a_row=breaker.down_in_a_row + (signal is Signal.DOWN),
    )


def _recent(breaker: Breaker, *, failed: bool, now: float) -> tuple[tuple[float, bool], ...]:
    calls = (*breaker.recent, (now, failed))[-RECENT:]
    return tuple(call for call in calls if call[0] > now - STORM)


def _is_storm(breaker: Breaker) -> bool:
    return breaker.down_in_a_row >= DOWN_IN_A_ROW or sum(failed for _, failed in breaker.recent) >= FAILED


def _open(breaker: Breaker, *, now: float, jitter: float, pause: float | None) -> Breaker:
    steady = breaker.state is BreakerState.CLOSED and now - breaker.closed_at > STEADY
    openings = 1 if steady else breaker.openings + 1
    full = min(FIRST * 2.0 ** min(openings - 1, 30), LONGEST)
    stays = max(full / 2 + full / 2 * jitter, min(pause or 0.0, LONGEST_REQUESTED_PAUSE))
    return Breaker(state=BreakerState.OPEN, until=now + stays, openings=openings)
