"""What follows from the result of a call: for its delivery, and for its endpoint. Pure."""

from datetime import datetime, timedelta
from typing import NamedTuple

from property_alert_notification.events.models import EndpointState, WebhookDeliveryState
from property_alert_notification.feedback.webhooks.sending.connections import CallResult

FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=5), timedelta(hours=4)
"""Before the second attempt; it doubles after each failure up to the longest."""

BREAK_AFTER = 5
"""So many failures in a row block an endpoint for a while; then a single event probes it."""

FIRST_BLOCK, LONGEST_BLOCK = timedelta(seconds=5), timedelta(minutes=5)

_GONE = 410


class Rules(NamedTuple):
    """The settings of retries."""

    retry_for: timedelta
    """How long an event is retried after it was recorded."""
    pause_after: timedelta
    """How long an endpoint fails before it is paused."""


class Verdict(NamedTuple):
    """The new state of a webhook delivery."""

    state: WebhookDeliveryState
    due_at: datetime | None
    error: str | None
    """How the attempt failed; None if it succeeded."""


def judge(
    result: CallResult, *, attempts: int, queued_at: datetime, rules: Rules, now: datetime, jitter: float
) -> Verdict:
    """What follows for a delivery. Every answer but a 2xx is a failure, and is retried; 410 is not."""
    if result.status is not None and 200 <= result.status < 300:
        return Verdict(WebhookDeliveryState.SUCCEEDED, None, None)
    error = result.error or error_of(result.status)
    due_at = now + max(_wait(FIRST_WAIT, LONGEST_WAIT, attempts, jitter), _asked(result))
    if result.status == _GONE or due_at > queued_at + rules.retry_for:
        return Verdict(WebhookDeliveryState.FAILED, None, error)
    return Verdict(WebhookDeliveryState.PENDING, due_at, error)


def error_of(status: int | None) -> str:
    """The word for an answer that is not a 2xx."""
    if status is not None and 300 <= status < 400:
        return "redirect"
    return "gone" if status == _GONE else "status"


class Health(NamedTuple):
    """What is known of the calls of an endpoint."""

    failures: int = 0
    """How many in a row failed."""
    failing_since: datetime | None = None


class EndpointChange(NamedTuple):
    """The new values of an endpoint's row."""

    failures: int
    failing_since: datetime | None
    blocked_until: datetime | None
    last_error: str | None
    state: EndpointState
    state_reason: str | None


def judge_endpoint(
    health: Health, errors: list[str | None], *, rules: Rules, now: datetime, jitter: float
) -> EndpointChange | None:
    """What follows for an endpoint from the results of some calls in order; None if nothing changes.

    An error of None is a success.
    """
    if not any(errors):
        return None if health.failures == 0 else _well()
    succeeded = len(errors) - 1 - errors[::-1].index(None) if None in errors else -1
    failed = len(errors) - 1 - succeeded
    if failed == 0:
        return None if health.failures == 0 else _well()
    failures = failed if succeeded >= 0 else health.failures + failed
    since = now if succeeded >= 0 else health.failing_since or now
    state, reason = EndpointState.ENABLED, None
    if "gone" in errors[succeeded + 1 :]:
        state, reason = EndpointState.DISABLED, "gone"
    elif now - since >= rules.pause_after:
        state, reason = EndpointState.PAUSED, "failing"
    blocked = failures - BREAK_AFTER + 1
    until = now + _wait(FIRST_BLOCK, LONGEST_BLOCK, blocked, jitter) if blocked > 0 else None
    return EndpointChange(failures, since, until, errors[-1], state, reason)


def _well() -> EndpointChange:
    return EndpointChange(0, None, None, None, EndpointState.ENABLED, None)


def _wait(first: timedelta, longest: timedelta, number: int, jitter: float) -> timedelta:
    """The wait after failure number `number` (1 = the first); `jitter` spreads its second half."""
    full = min(first * 2.0 ** min(number - 1, 30), longest)
    return full / 2 + full / 2 * jitter


def _asked(result: CallResult) -> timedelta:
    """The wait that the endpoint asks for by Retry-After, up to the longest."""
    return min(result.retry_after or timedelta(), LONGEST_WAIT)
