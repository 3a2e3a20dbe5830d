"""What becomes of a delivery after each kind of result."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from property_alert_notification.channels.base import Receipt
from property_alert_notification.deliveries.states import Event, after
from property_alert_notification.errors import OutcomeUnknown, Refused, RetryLater
from property_alert_notification.notification_worker.verdict import (
    Broken,
    Result,
    RetryPolicy,
    Stopped,
    Verdict,
    judge,
    judge_abandoned,
    wait_after,
)
from property_alert_notification.vocabulary import DeliveryState, Outcome

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
POLICY = RetryPolicy(first_wait=timedelta(seconds=30), longest_wait=timedelta(hours=1), max_attempts=3)


def decide(result: Result, *, attempts: int = 1, unknowns: int = 0) -> Verdict:
    return judge(result, attempts=attempts, unknowns=unknowns, policy=POLICY, now=NOW, jitter=0)


@pytest.mark.parametrize(
    ("result", "outcome", "state"),
    [
        (Receipt(), Outcome.SENT, DeliveryState.SENT),
        (Refused("no"), Outcome.REFUSED, DeliveryState.FAILED),
        (RetryLater("busy"), Outcome.NOT_SENT, DeliveryState.RETRY_WAIT),
        (OutcomeUnknown("silence"), Outcome.UNKNOWN, DeliveryState.UNKNOWN),
        (Broken("KeyError"), Outcome.NOT_SENT, DeliveryState.RETRY_WAIT),
        (Stopped("sending of email is paused"), Outcome.NOT_SENT, DeliveryState.HELD),
    ],
)
def test_each_result_has_its_verdict(result: Result, outcome: Outcome, state: DeliveryState) -> None:
    verdict = decide(result)

    assert (verdict.outcome, verdict.state) == (outcome, state)
    assert (verdict.due_at is None) == (state in (DeliveryState.SENT, DeliveryState.FAILED))


@given(
    result=st.sampled_from(
        [Receipt(), Refused("no"), RetryLater("busy"), OutcomeUnknown("?"), Broken("KeyError"), Stopped("paused")]
    ),
    attempts=st.integers(1, 10),
    unknowns=st.integers(0, 10),
)
def test_a_verdict_leads_where_some_event_leads(result: Result, attempts: int, unknowns: int) -> None:
    verdicts = (decide(result, attempts=attempts, unknowns=unknowns), judge_abandoned(lost_workers=attempts, now=NOW))

    assert {verdict.state for verdict in verdicts} <= {after(DeliveryState.SENDING, event) for event in Event}


def test_a_provider_that_asks_for_a_longer_wait_gets_it() -> None:
    assert decide(RetryLater("busy", retry_after=timedelta(minutes=5))).due_at == NOW + timedelta(minutes=5)


def test_a_provider_cannot_ask_for_more_than_the_longest_wait() -> None:
    assert decide(RetryLater("busy", retry_after=timedelta(days=9))).due_at == NOW + timedelta(hours=1)


def test_the_last_attempt_fails_with_its_reason() -> None:
    assert decide(RetryLater("busy"), attempts=3) == Verdict(
        Outcome.NOT_SENT, DeliveryState.FAILED, "gave up after 3 attempts: busy"
    )


def test_what_breaks_the_worker_five_times_waits_for_a_person() -> None:
    assert decide(Broken("KeyError"), attempts=4).state is DeliveryState.RETRY_WAIT
    assert decide(Broken("KeyError"), attempts=5).state is DeliveryState.QUARANTINED


def test_a_blind_unknown_is_resent_once_and_then_failed() -> None:
    assert decide(OutcomeUnknown("silence")).state is DeliveryState.UNKNOWN
    assert decide(OutcomeUnknown("silence"), unknowns=1).state is DeliveryState.FAILED


def test_an_abandoned_delivery_is_due_at_once_until_it_has_lost_five_workers() -> None:
    assert judge_abandoned(lost_workers=4, now=NOW).due_at == NOW
    assert judge_abandoned(lost_workers=5, now=NOW).state is DeliveryState.QUARANTINED


@given(attempt=st.integers(1, 10_000), jitter=st.floats(0, 1, exclude_max=True))
def test_waits_grow_to_the_longest_and_never_beyond(attempt: int, jitter: float) -> None:
    wait = wait_after(attempt, POLICY, jitter=jitter)

    assert POLICY.first_wait / 2 <= wait <= POLICY.longest_wait
    assert wait <= wait_after(attempt + 1, POLICY, jitter=jitter)
