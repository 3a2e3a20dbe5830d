"""What becomes of a delivery after each kind of result."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from property_alert_notification.base.errors import OutcomeUnknown, ProviderDown, Refused, RetryLater, Throttled
from property_alert_notification.base.reasons import Reason, ReasonCode
from property_alert_notification.base.vocabulary import DeliveryState, Outcome
from property_alert_notification.channels.base import Receipt
from property_alert_notification.deliveries.states import Event, after
from property_alert_notification.notification_worker.verdict import (
    Broken,
    Circumstances,
    History,
    Result,
    RetryPolicy,
    Stopped,
    Verdict,
    judge,
    judge_abandoned,
    may_repeat,
    outcome_of,
    wait_after,
)

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
POLICY = RetryPolicy(first_wait=timedelta(seconds=30), longest_wait=timedelta(hours=1), max_attempts=3)


def decide(result: Result, *, attempts: int = 1, unknowns: int = 0, **circumstances: Any) -> Verdict:
    return judge(result, History(attempts, unknowns), Circumstances(**circumstances), POLICY, now=NOW, jitter=0)


def said(code: ReasonCode, detail: str, **more: int) -> Reason:
    return Reason(code, {"detail": detail, **more})


SOON = NOW + POLICY.first_wait / 2


@pytest.mark.parametrize(
    ("result", "verdict"),
    [
        (Receipt(), Verdict(Outcome.SENT, DeliveryState.SENT, Reason(ReasonCode.SENT))),
        (
            Receipt(cut="cut to 2 of 3 segments"),
            Verdict(Outcome.SENT, DeliveryState.SENT, Reason(ReasonCode.SENT_CUT, {"cut": "cut to 2 of 3 segments"})),
        ),
        (Refused("no"), Verdict(Outcome.REFUSED, DeliveryState.FAILED, said(ReasonCode.REFUSED, "no"))),
        (
            RetryLater("busy"),
            Verdict(Outcome.NOT_SENT, DeliveryState.RETRY_WAIT, said(ReasonCode.NOT_SENT, "busy"), SOON),
        ),
        (
            ProviderDown("wrong password"),
            Verdict(
                Outcome.NOT_SENT,
                DeliveryState.RETRY_WAIT,
                said(ReasonCode.PROVIDER_DOWN, "wrong password"),
                SOON,
                counted=False,
            ),
        ),
        (
            OutcomeUnknown("silence"),
            Verdict(Outcome.UNKNOWN, DeliveryState.UNKNOWN, said(ReasonCode.UNKNOWN_RESENT, "silence"), SOON),
        ),
        (
            Throttled("429"),
            Verdict(
                Outcome.NOT_SENT,
                DeliveryState.RETRY_WAIT,
                said(ReasonCode.THROTTLED, "429"),
                NOW + timedelta(seconds=0.5),
                counted=False,
            ),
        ),
        (
            Broken("KeyError"),
            Verdict(
                Outcome.NOT_SENT,
                DeliveryState.RETRY_WAIT,
                Reason(ReasonCode.WORKER_BROKE, {"error": "KeyError"}),
                SOON,
            ),
        ),
        (
            Stopped("email"),
            Verdict(
                Outcome.NOT_SENT,
                DeliveryState.HELD,
                Reason(ReasonCode.PAUSED, {"pause": "email"}),
                NOW + timedelta(hours=1),
                counted=False,
                held_by="pause:email",
            ),
        ),
    ],
    ids=lambda one: type(one).__name__ if not isinstance(one, Verdict) else one.state,
)
def test_each_result_has_its_verdict(result: Result, verdict: Verdict) -> None:
    assert decide(result) == verdict


@pytest.mark.parametrize(("jitter", "seconds"), [(0.0, 0.5), (0.25, 0.75), (0.9, 1.4)])
def test_a_throttled_message_waits_about_a_second_at_every_attempt(jitter: float, seconds: float) -> None:
    def wait(failure: RetryLater) -> timedelta | None:
        verdict = judge(failure, History(2), Circumstances(), POLICY, now=NOW, jitter=jitter)
        return verdict.due_at and verdict.due_at - NOW

    assert wait(Throttled("429")) == timedelta(seconds=seconds)
    assert wait(Throttled("429", retry_after=timedelta(seconds=5))) == timedelta(seconds=5)


def abandon(*, lost_workers: int = 1, jitter: float = 0.0, **circumstances: Any) -> Verdict:
    return judge_abandoned(lost_workers, Circumstances(**circumstances), POLICY, now=NOW, jitter=jitter)


@given(
    result=st.sampled_from(
        [Receipt(), Refused("no"), RetryLater("busy"), OutcomeUnknown("?"), Broken("KeyError"), Stopped("paused")]
    ),
    attempts=st.integers(1, 10),
    unknowns=st.integers(0, 10),
)
def test_a_verdict_leads_where_some_event_leads(result: Result, attempts: int, unknowns: int) -> None:
    verdicts = (decide(result, attempts=attempts, unknowns=unknowns), abandon(lost_workers=attempts))

    assert {verdict.state for verdict in verdicts} <= {after(DeliveryState.SENDING, event) for event in Event}


def test_a_provider_that_asks_for_a_longer_wait_gets_it() -> None:
    assert decide(RetryLater("busy", retry_after=timedelta(minutes=5))).due_at == NOW + timedelta(minutes=5)


def test_a_provider_cannot_hurry_us() -> None:
    """Nor does one that names no time, or a time that is over, say that we may come back at once."""
    for wish in (timedelta(0), timedelta(seconds=1), None):
        assert decide(RetryLater("busy", retry_after=wish)).due_at == NOW + POLICY.first_wait / 2


def test_a_provider_cannot_ask_for_more_than_the_longest_wait() -> None:
    assert decide(RetryLater("busy", retry_after=timedelta(days=9))).due_at == NOW + timedelta(hours=1)


def test_the_last_attempt_fails_with_its_reason() -> None:
    assert decide(RetryLater("busy"), attempts=3) == Verdict(
        Outcome.NOT_SENT,
        DeliveryState.FAILED,
        said(ReasonCode.NOT_SENT, "busy").behind(ReasonCode.ATTEMPTS_USED_UP, attempts=3),
    )


def test_a_delivery_that_breaks_the_worker_five_times_is_quarantined() -> None:
    assert decide(Broken("KeyError"), attempts=4).state is DeliveryState.RETRY_WAIT
    assert decide(Broken("KeyError"), attempts=5).state is DeliveryState.QUARANTINED


def test_a_blind_unknown_is_resent_once_and_then_failed() -> None:
    assert decide(OutcomeUnknown("silence")).state is DeliveryState.UNKNOWN
    for unknowns, times in ((1, 2), (2, 3)):
        assert decide(OutcomeUnknown("silence"), unknowns=unknowns) == Verdict(
            Outcome.UNKNOWN,
            DeliveryState.FAILED,
            said(ReasonCode.UNKNOWN_GIVEN_UP, "silence", times=times),
        )


def test_where_losing_is_better_than_doubling_nothing_unknown_is_sent_again() -> None:
    silent = decide(OutcomeUnknown("silence"), resend=False)

    assert (silent.state, silent.outcome) == (DeliveryState.FAILED, Outcome.UNKNOWN)
    assert silent.reason.sentence() == "silence; it was sent once, and it is unknown whether it arrived"
    assert abandon(resend=False).state is DeliveryState.FAILED


def test_a_provider_that_recognises_repeats_gets_them_until_it_may_have_forgotten() -> None:
    again = {"unknowns": 1, "resend": False}

    for until in (SOON, NOW + timedelta(hours=1)):
        assert decide(OutcomeUnknown("silence"), recognised_until=until, **again) == Verdict(
            Outcome.UNKNOWN,
            DeliveryState.UNKNOWN,
            said(ReasonCode.UNKNOWN_REPEATED, "silence"),
            SOON,
        )
    assert decide(OutcomeUnknown("silence"), recognised_until=NOW, **again).state is DeliveryState.FAILED
    last = decide(OutcomeUnknown("silence"), recognised_until=NOW + timedelta(hours=9), attempts=3, **again)
    assert last.state is DeliveryState.FAILED


@pytest.mark.parametrize(
    ("is_unsure", "unknowns", "resend", "hours_recognised", "may"),
    [
        (False, 0, False, None, True),
        (True, 1, True, None, True),  # the one blind resend
        (True, 0, False, None, False),  # at most once
        (True, 3, False, 1, True),  # recognised, whatever else
        (True, 3, False, 0, True),  # up to that moment
        (True, 1, True, -1, True),
        (True, 2, True, -1, False),  # forgotten while it waited
        (True, 1, False, -1, False),
    ],
)
def test_a_message_with_an_unknown_outcome_is_resent_once_or_where_repeats_are_recognised(
    is_unsure: bool, unknowns: int, resend: bool, hours_recognised: int | None, may: bool
) -> None:
    until = None if hours_recognised is None else NOW + timedelta(hours=hours_recognised)

    circumstances = Circumstances(resend=resend, recognised_until=until)
    assert may_repeat(History(1, unknowns), circumstances, is_unsure=is_unsure, now=NOW) is may


def test_a_provider_that_calls_back_gets_time_for_it_before_anything_is_sent_again() -> None:
    silent = decide(OutcomeUnknown("silence"), calls_back=True)

    assert (silent.state, silent.due_at) == (DeliveryState.UNKNOWN, NOW + timedelta(seconds=120))
    assert decide(OutcomeUnknown("silence"), attempts=9, calls_back=True).due_at == NOW + POLICY.longest_wait / 2
    abandoned = abandon(calls_back=True)
    assert abandoned.due_at == NOW + timedelta(seconds=120)


def test_what_is_not_sent_again_waits_for_a_report_before_it_fails() -> None:
    waiting = [
        decide(OutcomeUnknown("silence"), unknowns=1, calls_back=True),
        decide(OutcomeUnknown("silence"), resend=False, calls_back=True),
        abandon(resend=False, calls_back=True),
    ]

    assert {(one.state, one.due_at) for one in waiting} == {(DeliveryState.UNKNOWN, NOW + timedelta(seconds=120))}
    assert [one.reason.code for one in waiting] == ["unknown_awaits_report"] * 2 + ["worker_lost_awaits_report"]
    # The claim after that fails it.
    for unknowns, resend in ((2, True), (1, False)):
        circumstances = Circumstances(resend=resend, calls_back=True)
        assert not may_repeat(History(2, unknowns), circumstances, is_unsure=True, now=NOW)


def test_a_provider_that_recognises_repeats_need_not_call_back_first() -> None:
    hour = NOW + timedelta(hours=1)
    silent = decide(OutcomeUnknown("silence"), recognised_until=hour, calls_back=True)

    assert silent == decide(OutcomeUnknown("silence"), recognised_until=hour)


def test_a_provider_that_is_down_uses_up_no_attempt() -> None:
    down = decide(ProviderDown("wrong password"), attempts=POLICY.max_attempts)

    assert (down.state, down.counted) == (DeliveryState.RETRY_WAIT, False)
    assert decide(RetryLater("451")).counted


def test_a_message_that_one_provider_did_not_take_is_due_at_once_for_the_next() -> None:
    for failure in (RetryLater("451"), ProviderDown("421"), ProviderDown("429", retry_after=timedelta(hours=1))):
        assert decide(failure, elsewhere=True).due_at == NOW
    for other in (OutcomeUnknown("silence"), Broken("KeyError")):
        assert decide(other, elsewhere=True) == decide(other)


def test_an_abandoned_delivery_is_due_at_once_and_later_when_it_lost_more_workers_and_never_after_the_fifth() -> None:
    waits = [abandon(lost_workers=lost, jitter=0.5).due_at for lost in (1, 2, 3, 4)]

    assert waits == [NOW, *[NOW + wait_after(failed, POLICY, jitter=0.5) for failed in (1, 2, 3)]]
    assert abandon(lost_workers=5).state is DeliveryState.QUARANTINED


def test_the_reason_of_an_abandoned_delivery_has_its_result() -> None:
    resent, given_up = Reason(ReasonCode.WORKER_LOST_RESENT), Reason(ReasonCode.WORKER_LOST_GIVEN_UP)
    fifth = Reason(ReasonCode.WORKERS_LOST, {"workers": 5})

    assert abandon() == Verdict(Outcome.UNKNOWN, DeliveryState.UNKNOWN, resent, NOW)
    assert abandon(lost_workers=5) == Verdict(Outcome.UNKNOWN, DeliveryState.QUARANTINED, fifth)
    assert abandon(resend=False) == Verdict(Outcome.UNKNOWN, DeliveryState.FAILED, given_up)


def test_deliveries_that_lose_workers_together_part_company() -> None:
    assert abandon(lost_workers=2, jitter=0.1).due_at != abandon(lost_workers=2, jitter=0.9).due_at


def test_each_wait_is_twice_the_one_before_it_and_jitter_takes_off_half_at_most() -> None:
    seconds = [wait_after(attempt, POLICY, jitter=1).total_seconds() for attempt in range(1, 10)]

    assert seconds == [30, 60, 120, 240, 480, 960, 1920, 3600, 3600]
    assert [wait_after(3, POLICY, jitter=jitter).total_seconds() for jitter in (0, 0.5, 1)] == [60, 90, 120]


@given(attempt=st.integers(1, 10_000), jitter=st.floats(0, 1, exclude_max=True))
def test_waits_grow_to_the_longest_and_never_beyond(attempt: int, jitter: float) -> None:
    wait = wait_after(attempt, POLICY, jitter=jitter)

    assert POLICY.first_wait / 2 <= wait <= POLICY.longest_wait
    assert wait <= wait_after(attempt + 1, POLICY, jitter=jitter)


@pytest.mark.parametrize(
    ("result", "outcome"),
    [
        (Receipt("id"), Outcome.SENT),
        (Refused("no such mailbox"), Outcome.REFUSED),
        (RetryLater("busy"), Outcome.NOT_SENT),
        (ProviderDown("refused"), Outcome.NOT_SENT),
        (OutcomeUnknown("line lost"), Outcome.UNKNOWN),
    ],
)
def test_each_result_is_an_outcome_of_its_attempt(result: Result, outcome: Outcome) -> None:
    assert outcome_of(result) is outcome
