"""What follows from the result of a call, for its event and its endpoint."""

from datetime import UTC, datetime, timedelta

import pytest

from property_alert_notification.events.models import EndpointState, WebhookDeliveryState
from property_alert_notification.feedback.webhooks.sending.connections import CallResult
from property_alert_notification.feedback.webhooks.sending.verdict import (
    BREAK_AFTER,
    LONGEST_BLOCK,
    LONGEST_WAIT,
    Health,
    Rules,
    Verdict,
    judge,
    judge_endpoint,
)

NOW = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)
RULES = Rules(timedelta(hours=24), timedelta(days=3))
DOWN = CallResult(503, None)


def verdict_on(result: CallResult, *, attempts: int = 1, age: timedelta = timedelta()) -> Verdict:
    return judge(result, attempts=attempts, queued_at=NOW - age, rules=RULES, now=NOW, jitter=1.0)


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_a_2xx_is_a_success(status: int) -> None:
    assert verdict_on(CallResult(status, None)) == Verdict(WebhookDeliveryState.SUCCEEDED, None, None)


@pytest.mark.parametrize(
    ("result", "error"),
    [
        (CallResult(301, None), "redirect"),
        (CallResult(400, None), "status"),
        (CallResult(500, None), "status"),
        (CallResult(100, None), "status"),
        (CallResult(None, "dns"), "dns"),
        (CallResult(None, "address_refused"), "address_refused"),
        (CallResult(None, "no_answer"), "no_answer"),
    ],
)
def test_everything_else_is_retried(result: CallResult, error: str) -> None:
    assert verdict_on(result) == Verdict(WebhookDeliveryState.PENDING, NOW + timedelta(seconds=5), error)


def test_gone_is_not_retried() -> None:
    assert verdict_on(CallResult(410, None)) == Verdict(WebhookDeliveryState.FAILED, None, "gone")


def test_retries_are_spread_over_about_a_day() -> None:
    waits, age = [], timedelta()
    while (due_at := verdict_on(DOWN, attempts=len(waits) + 1, age=age).due_at) is not None:
        waits.append(due_at - NOW)
        age += waits[-1]

    assert waits == sorted(waits)
    assert max(waits) == LONGEST_WAIT
    assert timedelta(hours=18) < age <= timedelta(hours=24)
    assert 12 <= len(waits) <= 20


def test_an_endpoint_may_ask_for_a_longer_wait_but_not_for_days() -> None:
    asked = verdict_on(CallResult(429, None, timedelta(minutes=2))).due_at
    assert asked == NOW + timedelta(minutes=2)
    assert verdict_on(CallResult(429, None, timedelta(days=9))).due_at == NOW + LONGEST_WAIT


def change_after(*errors: str | None, failures: int = 0, since: timedelta | None = None):
    health = Health(failures, None if since is None else NOW - since)
    return judge_endpoint(health, list(errors), rules=RULES, now=NOW, jitter=1.0)


def test_successes_of_a_well_endpoint_change_nothing() -> None:
    assert change_after(None, None) is None
    assert change_after("status", None) is None
    assert change_after() is None


def test_a_success_ends_a_row_of_failures() -> None:
    for errors in ([None], ["status", None]):
        well = change_after(*errors, failures=7, since=timedelta(days=9))
        assert (well.failures, well.failing_since, well.blocked_until, well.state) == (0, None, None, "enabled")


def test_failures_count_from_the_last_success_and_block() -> None:
    few = change_after(None, "status", "dns", failures=9, since=timedelta(days=9))
    assert (few.failures, few.failing_since, few.blocked_until, few.last_error) == (2, NOW, None, "dns")
    many = change_after(*["status"] * BREAK_AFTER)
    assert (many.failures, many.blocked_until) == (BREAK_AFTER, NOW + timedelta(seconds=5))
    assert change_after("status", failures=99, since=timedelta(hours=9)).blocked_until == NOW + LONGEST_BLOCK


def test_an_endpoint_is_paused_after_days_and_disabled_when_it_is_gone() -> None:
    assert change_after("status", failures=9, since=timedelta(days=2)).state is EndpointState.ENABLED
    paused = change_after("status", failures=9, since=timedelta(days=3))
    assert (paused.state, paused.state_reason) == (EndpointState.PAUSED, "failing")
    gone = change_after("gone")
    assert (gone.state, gone.state_reason) == (EndpointState.DISABLED, "gone")
    assert change_after("gone", None) is None
