"""Where a delivery goes after an attempt. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from property_alert_notification.base.errors import (
    OutcomeUnknown,
    ProviderDown,
    Refused,
    RetryLater,
    SendError,
    Throttled,
)
from property_alert_notification.base.reasons import Reason, ReasonCode
from property_alert_notification.base.vocabulary import DeliveryState, Outcome
from property_alert_notification.channels.base import Receipt
from property_alert_notification.operators.pauses.rules import RECHECK_AFTER, held_by_pause, reason_of

BLIND_RESENDS = 1
"""How often a message with an unknown outcome is resent by providers that do not recognise repeats."""

TRUSTED_SHARE = 0.8
"""The share of a provider's key window that is used, because its clock and ours differ."""

CALLBACK_WAIT = timedelta(seconds=120)
"""How long a message with an unknown outcome waits for a callback of its provider before it is resent."""

THROTTLED_WAIT = timedelta(seconds=1)
"""How long a throttled message waits on average; the pace of the provider delays it further if needed."""

BREAKS_BEFORE_QUARANTINE = 5
"""How many attempts may break our own code, or lose their worker, before the delivery is quarantined."""


@dataclass(frozen=True, slots=True)
class Broken:
    """Our own code failed before or while it spoke to the provider; `error` is the error's class only."""

    error: str


@dataclass(frozen=True, slots=True)
class Stopped:
    """An operator paused it before it was sent; `pause` is the pause's name."""

    pause: str


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


class History(NamedTuple):
    """The earlier attempts of a delivery."""

    attempts: int
    """Attempts made and counted, this one included."""
    unknowns: int = 0
    """Earlier attempts whose outcome stayed unknown."""


class Circumstances(NamedTuple):
    """The rules of the provider and the category of a delivery."""

    resend: bool = True
    """Whether a message with an unknown outcome is sent once more; otherwise the delivery fails."""
    recognised_until: datetime | None = None
    """Up to when the provider recognises a repeat; None is never."""
    calls_back: bool = False
    """The provider may still report the result."""
    elsewhere: bool = False
    """Another provider, which has not failed it as often, is ready."""


class Verdict(NamedTuple):
    """The outcome of an attempt and the new state of its delivery."""

    outcome: Outcome
    state: DeliveryState
    reason: Reason
    due_at: datetime | None = None
    counted: bool = True
    """Whether the attempt uses up one of those that the delivery has."""
    held_by: str | None = None
    """The cause if the state is `held`."""


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
        result: the value or the error of the provider's `send`.
        history: the attempts at the delivery, this one included.
        circumstances: the rules of its provider and its category.
        policy: the waits before retries.
        now: when the attempt ended.
        jitter: in [0, 1), spreads deliveries that failed together.
    """
    attempts = history.attempts
    match result:
        case Receipt():
            return Verdict(Outcome.SENT, DeliveryState.SENT, _sent(result))
        case Refused():
            return Verdict(Outcome.REFUSED, DeliveryState.FAILED, _with_detail(ReasonCode.REFUSED, result))
        case OutcomeUnknown():
            due_at = now + wait_after(attempts, policy, jitter=jitter)
            return _judge_unknown(result, history, circumstances, policy, now=now, due_at=due_at)
        case RetryLater():
            due_at = now if circumstances.elsewhere else now + _wait_for(result, attempts, policy, jitter=jitter)
            return _judge_not_taken(result, attempts, policy, due_at)
        case Broken():
            due_at = now + wait_after(attempts, policy, jitter=jitter)
            reason = Reason(ReasonCode.WORKER_BROKE, {"error": result.error})
            return _retry(reason, attempts, BREAKS_BEFORE_QUARANTINE, due_at, given_up=DeliveryState.QUARANTINED)
        case Stopped():
            reason, held_by = reason_of(result.pause), held_by_pause(result.pause)
            due_at = now + RECHECK_AFTER
            return Verdict(Outcome.NOT_SENT, DeliveryState.HELD, reason, due_at, counted=False, held_by=held_by)


def _judge_not_taken(result: RetryLater, attempts: int, policy: RetryPolicy, due_at: datetime) -> Verdict:
    reason = _with_detail(_code_of(result), result)
    if isinstance(result, ProviderDown):
        return Verdict(Outcome.NOT_SENT, DeliveryState.RETRY_WAIT, reason, due_at, counted=False)
    return _retry(reason, attempts, policy.max_attempts, due_at, given_up=DeliveryState.FAILED)


def judge_abandoned(
    lost_workers: int, circumstances: Circumstances, policy: RetryPolicy, *, now: datetime, jitter: float
) -> Verdict:
    """Decide for a delivery whose worker stopped before it could settle it.

    It is unknown whether the provider has it. It is sent again at once, since its lease has been waiting long enough,
    unless its category is never resent, or its provider may still call back. A delivery that loses its worker time and
    again may be what stops it: `lost_workers` counts them, this one included. From the second on it waits, spread by
    `jitter`, so that it does not meet the same neighbours each time.
    """
    if not circumstances.resend and circumstances.calls_back:
        reason = Reason(ReasonCode.WORKER_LOST_AWAITS_REPORT)
        return Verdict(Outcome.UNKNOWN, DeliveryState.UNKNOWN, reason, _callback_until(now, circumstances))
    if not circumstances.resend:
        return Verdict(Outcome.UNKNOWN, DeliveryState.FAILED, Reason(ReasonCode.WORKER_LOST_GIVEN_UP))
    if lost_workers < BREAKS_BEFORE_QUARANTINE:
        due_at = _callback_until(now, circumstances)
        if lost_workers > 1:
            due_at = max(due_at, now + wait_after(lost_workers - 1, policy, jitter=jitter))
        return Verdict(Outcome.UNKNOWN, DeliveryState.UNKNOWN, Reason(ReasonCode.WORKER_LOST_RESENT), due_at)
    reason = Reason(ReasonCode.WORKERS_LOST, {"workers": lost_workers})
    return Verdict(Outcome.UNKNOWN, DeliveryState.QUARANTINED, reason)


def may_repeat(history: History, circumstances: Circumstances, *, is_unsure: bool, now: datetime) -> bool:
    """Whether a message may go to a provider now that may have it already; a wait that grew long changes that.

    `is_unsure` means that the outcome of an earlier attempt is unknown.
    """
    recognised_until = circumstances.recognised_until
    if not is_unsure or (recognised_until is not None and now <= recognised_until):
        return True
    return circumstances.resend and history.unknowns <= BLIND_RESENDS


ABANDONED = Reason(ReasonCode.WORKER_LOST)
"""The reason of an attempt whose worker stopped."""


def wait_after(attempt: int, policy: RetryPolicy, *, jitter: float) -> timedelta:
    """How long to wait after failed attempt number `attempt` (1 = the first).

    `jitter` spreads the second half of the wait, so that deliveries that failed together do not return together.
    """
    doublings = 2.0 ** min(attempt - 1, 30)
    full = min(policy.first_wait * doublings, policy.longest_wait)
    return full / 2 + full / 2 * jitter


def _callback_until(now: datetime, circumstances: Circumstances) -> datetime:
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
        return Verdict(
            Outcome.UNKNOWN, DeliveryState.UNKNOWN, _with_detail(ReasonCode.UNKNOWN_REPEATED, result), due_at
        )
    unknowns = history.unknowns
    if circumstances.calls_back and not (circumstances.resend and unknowns < BLIND_RESENDS):
        reason = _with_detail(ReasonCode.UNKNOWN_AWAITS_REPORT, result)
        return Verdict(Outcome.UNKNOWN, DeliveryState.UNKNOWN, reason, _callback_until(now, circumstances))
    if circumstances.resend and unknowns < BLIND_RESENDS:
        due_at = max(due_at, _callback_until(now, circumstances))
        return Verdict(Outcome.UNKNOWN, DeliveryState.UNKNOWN, _with_detail(ReasonCode.UNKNOWN_RESENT, result), due_at)
    reason = _with_detail(ReasonCode.UNKNOWN_GIVEN_UP, result, times=unknowns + 1)
    return Verdict(Outcome.UNKNOWN, DeliveryState.FAILED, reason)


def _retry(reason: Reason, attempts: int, most: int, due_at: datetime, *, given_up: DeliveryState) -> Verdict:
    if attempts < most:
        return Verdict(Outcome.NOT_SENT, DeliveryState.RETRY_WAIT, reason, due_at)
    return Verdict(Outcome.NOT_SENT, given_up, reason.behind(ReasonCode.ATTEMPTS_USED_UP, attempts=attempts))


def _sent(receipt: Receipt) -> Reason:
    if receipt.cut is None:
        return Reason(ReasonCode.SENT)
    return Reason(ReasonCode.SENT_CUT, {"cut": receipt.cut})


def _code_of(result: RetryLater) -> ReasonCode:
    if isinstance(result, Throttled):
        return ReasonCode.THROTTLED
    return ReasonCode.PROVIDER_DOWN if isinstance(result, ProviderDown) else ReasonCode.NOT_SENT


def _with_detail(code: ReasonCode, result: SendError, **more: int) -> Reason:
    """A reason with the detail that the provider, or the connection to it, gave."""
    return Reason(code, {"detail": result.reason, **more})
