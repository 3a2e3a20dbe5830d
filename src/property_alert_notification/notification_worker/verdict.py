"""Where a delivery goes after an attempt. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from property_alert_notification.base.errors import OutcomeUnknown, ProviderDown, Refused, RetryLater, Throttled
from property_alert_notification.base.vocabulary import DeliveryState, Outcome
from property_alert_notification.channels.base import Receipt
from property_alert_notification.operators.pauses.rules import LOOK_AGAIN

BLIND_RESENDS = 1
"""How often a message that may have arrived is sent once more, by providers that cannot recognise a repeat."""

TRUSTED_SHARE = 0.8
"""Of the time for which a provider says it recognises a repeat: its clock and ours differ."""

CALLBACK_WAIT = timedelta(seconds=120)
"""How long a provider that calls back has for it, before what may have arrived is sent again."""

THROTTLED_WAIT = timedelta(seconds=1)
"""How long a message waits, on average, that was too much for its provider; the provider's pace does the rest."""

BREAKS_BEFORE_QUARANTINE = 5
"""Attempts that broke our own code, or lost their worker, before the delivery waits for a person."""


@dataclass(frozen=True, slots=True)
class Broken:
    """Our own code failed before or while it spoke to the provider; `reason` names the error's class only."""

    reason: str


@dataclass(frozen=True, slots=True)
class Stopped:
    """An operator paused it before it was handed over; `reason` names the pause."""

    reason: str


Result = Receipt | RetryLater | OutcomeUnknown | Refused | Broken | Stopped


def outcome_of(result: Result) -> Outcome:
    """How an attempt with this result ended at its provider."""
    match result:
        case Receipt():
            return Outcome.SENT
        case Refused():
            return Outcome.REFUSED
        case RetryLater() | Broken() | Stopped():
            return Outcome.NOT_SENT
        case OutcomeUnknown():
            return Outcome.UNKNOWN


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """When to try again."""

    first_wait: timedelta
    """Before the second attempt; doubles after each failure."""
    longest_wait: timedelta
    max_attempts: int
    """The first included."""
    at_most_once: frozenset[str] = frozenset()
    """Categories that are never resent when the outcome is unknown."""

    def resends(self, category: str) -> bool:
        """Whether a message of this category is sent once more when it is unknown whether it arrived."""
        return category not in self.at_most_once


@dataclass(frozen=True, slots=True)
class History:
    """What a delivery has behind it."""

    attempts: int
    """Attempts made and counted, this one included."""
    unknowns: int = 0
    """Earlier attempts whose outcome stayed unknown."""


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What the provider and the category of a delivery allow."""

    resend: bool = True
    """What may have arrived is sent once more; else the delivery fails."""
    recognised_until: datetime | None = None
    """Up to when the provider recognises a repeat; None is never."""
    calls_back: bool = False
    """The provider may still say by itself what became of it."""
    elsewhere: bool = False
    """Another provider, which has not failed it as often, is ready."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an attempt came to, and what becomes of its delivery."""

    outcome: Outcome
    state: DeliveryState
    reason: str
    due_at: datetime | None = None
    counted: bool = True
    """Whether the attempt uses up one of those that the delivery has."""


def judge(
    result: Result,
    history: History,
    circumstances: Circumstances,
    policy: RetryPolicy,
    *,
    now: datetime,
    jitter: float,
) -> Verdict:
    """Decide from one attempt's result.

    Args:
        result: what the provider, or our own code, said.
        history: the attempts at the delivery, this one included.
        circumstances: what its provider and its category allow.
        policy: when to try again.
        now: when the attempt ended.
        jitter: in [0, 1), spreads deliveries that failed together.
    """
    attempts = history.attempts
    match result:
        case Receipt():
            cut = "" if result.cut is None else f"; its text was {result.cut}"
            return Verdict(Outcome.SENT, DeliveryState.SENT, f"the provider took it{cut}")
        case Refused():
            return Verdict(Outcome.REFUSED, DeliveryState.FAILED, result.reason)
        case OutcomeUnknown():
            due_at = now + wait_after(attempts, policy, jitter=jitter)
            return _judge_unknown(result, history, circumstances, policy, now=now, due_at=due_at)
        case RetryLater():
            due_at = now if circumstances.elsewhere else now + _wait_for(result, attempts, policy, jitter=jitter)
            return _judge_not_taken(result, attempts, policy, due_at)
        case Broken():
            due_at = now + wait_after(attempts, policy, jitter=jitter)
            return _retry(result.reason, attempts, BREAKS_BEFORE_QUARANTINE, due_at, given_up=DeliveryState.QUARANTINED)
        case Stopped():
            return Verdict(Outcome.NOT_SENT, DeliveryState.HELD, result.reason, now + LOOK_AGAIN, counted=False)


def _judge_not_taken(result: RetryLater, attempts: int, policy: RetryPolicy, due_at: datetime) -> Verdict:
    if isinstance(result, ProviderDown):
        return Verdict(Outcome.NOT_SENT, DeliveryState.RETRY_WAIT, result.reason, due_at, counted=False)
    return _retry(result.reason, attempts, policy.max_attempts, due_at, given_up=DeliveryState.FAILED)


def judge_abandoned(
    lost_workers: int, circumstances: Circumstances, policy: RetryPolicy, *, now: datetime, jitter: float
) -> Verdict:
    """Decide for a delivery whose worker stopped before it could settle it.

    It is unknown whether the provider has it. It is sent again at once, since its lease has been waiting long enough,
    unless its category is never resent, or its provider may still call back. A delivery that loses its worker time and
    again may be what stops it: `lost_workers` counts them, this one included. From the second on it waits, spread by
    `jitter`, so that it does not meet the same neighbours each time.
    """
    if not circumstances.resend:
        return Verdict(Outcome.UNKNOWN, DeliveryState.FAILED, f"{ABANDONED}, and nobody can tell whether it arrived")
    if lost_workers < BREAKS_BEFORE_QUARANTINE:
        due_at = _unheard_until(now, circumstances)
        if lost_workers > 1:
            due_at = max(due_at, now + wait_after(lost_workers - 1, policy, jitter=jitter))
        return Verdict(Outcome.UNKNOWN, DeliveryState.UNKNOWN, f"{ABANDONED}; it is sent again", due_at)
    return Verdict(Outcome.UNKNOWN, DeliveryState.QUARANTINED, f"{ABANDONED}, for the {lost_workers}th time")


def may_repeat(history: History, circumstances: Circumstances, *, is_unsure: bool, now: datetime) -> bool:
    """Whether a message may go to a provider now that may have it already; a wait that grew long changes that.

    `is_unsure` means that the outcome of an earlier attempt is unknown.
    """
    recognised_until = circumstances.recognised_until
    if not is_unsure or (recognised_until is not None and now <= recognised_until):
        return True
    return circumstances.resend and history.unknowns <= BLIND_RESENDS


ABANDONED = "its worker stopped before it could say what happened"


def wait_after(attempt: int, policy: RetryPolicy, *, jitter: float) -> timedelta:
    """How long to wait after failed attempt number `attempt` (1 = the first).

    `jitter` spreads the second half of the wait, so that deliveries that failed together do not return together.
    """
    doublings = 2.0 ** min(attempt - 1, 30)
    full = min(policy.first_wait * doublings, policy.longest_wait)
    return full / 2 + full / 2 * jitter


def _unheard_until(now: datetime, circumstances: Circumstances) -> datetime:
    """Up to when the provider may still call back about a message."""
    return now + CALLBACK_WAIT if circumstances.calls_back else now


def _wait_for(result: RetryLater, attempts: int, policy: RetryPolicy, *, jitter: float) -> timedelta:
    """As long as the provider wishes, if that is longer, and at most the longest wait."""
    own = (
        THROTTLED_WAIT * (0.5 + jitter)
        if isinstance(result, Throttled)
        else wait_after(attempts, policy, jitter=jitter)
    )
    wait = max(own, result.retry_after or timedelta())
    return min(wait, policy.longest_wait)


def _judge_unknown(
    result: OutcomeUnknown,
    history: History,
    circumstances: Circumstances,
    policy: RetryPolicy,
    *,
    now: datetime,
    due_at: datetime,
) -> Verdict:
    until = circumstances.recognised_until
    if until and due_at <= until and history.attempts < policy.max_attempts:
        reason = f"{result.reason}; it is sent again, and the provider recognises it"
        return Verdict(Outcome.UNKNOWN, DeliveryState.UNKNOWN, reason, due_at)
    unknowns = history.unknowns
    if circumstances.resend and unknowns < BLIND_RESENDS:
        reason = f"{result.reason}; it is sent once more"
        due_at = max(due_at, _unheard_until(now, circumstances))
        return Verdict(Outcome.UNKNOWN, DeliveryState.UNKNOWN, reason, due_at)
    times = "once" if unknowns == 0 else f"{unknowns + 1} times"
    reason = f"{result.reason}; it was sent {times} and nobody can tell whether it arrived"
    return Verdict(Outcome.UNKNOWN, DeliveryState.FAILED, reason)


def _retry(reason: str, attempts: int, most: int, due_at: datetime, *, given_up: DeliveryState) -> Verdict:
    if attempts < most:
        return Verdict(Outcome.NOT_SENT, DeliveryState.RETRY_WAIT, reason, due_at)
    return Verdict(Outcome.NOT_SENT, given_up, f"gave up after {attempts} attempts: {reason}")
