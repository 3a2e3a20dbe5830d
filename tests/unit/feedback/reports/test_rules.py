"""What reports of providers do to a delivery, in whatever order they come."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID, uuid4

import pytest

from property_alert_notification.base.vocabulary import Channel, DeliveryState
from property_alert_notification.channels.callback import ReportedEvent, ReportedResult, SuppressionCause
from property_alert_notification.deliveries.reports.records import AttemptMade, Report
from property_alert_notification.deliveries.states import Event, after
from property_alert_notification.feedback.reports.incoming import LONGEST_RAW, key_of, reports_of
from property_alert_notification.feedback.reports.rules import (
    KEEP_PARKED,
    KEEP_TOKENS,
    entry_of,
    is_ambiguous,
    is_by,
    is_emptied,
    moved,
    retry_at,
)
from property_alert_notification.people.suppressions.rules import SuppressionReason

NOW = datetime(2026, 12, 1, 9, tzinfo=UTC)
SMS = Channel("sms")
DELIVERY = UUID(int=7)
TAKEN, ARRIVED, BOUNCED = ReportedResult
ORDERS = 10_000


def a_report(result: ReportedResult = BOUNCED, **fields: Any) -> Report:
    (report,) = reports_of(
        [ReportedEvent(result, delivery_id=DELIVERY, **fields)],
        b"{}",
        channel=SMS,
        provider="twilio",
        new_id=uuid4,
        now=NOW,
    )
    return report


def attempt(outcome: str | None, message_id: str | None = None, provider: str = "twilio") -> AttemptMade:
    return AttemptMade(DELIVERY, 1, provider, outcome, message_id)


def test_every_order_of_reports_moves_a_delivery_as_its_states_say_and_to_the_same_end() -> None:
    events = {TAKEN: Event.CONFIRMED, ARRIVED: Event.ARRIVED, BOUNCED: Event.BOUNCED}
    chance = Random(1)
    starts = [*DeliveryState]
    for _ in range(ORDERS):
        start = chance.choice(starts)
        order = chance.choices([TAKEN, ARRIVED, BOUNCED], k=chance.randint(1, 8))
        expected = start
        for result in order:
            expected = after(expected, events[result])

        together = moved(start, [a_report(result) for result in order], [attempt("sent")])
        one_by_one = start
        for result in order:
            step = moved(one_by_one, [a_report(result)], [attempt("sent")])
            one_by_one = one_by_one if step is None else step.state

        assert (start if together is None else together.state) is expected, (start, order)
        assert one_by_one is expected, (start, order)
        if start is DeliveryState.SENT:
            end = "failed" if BOUNCED in order else "delivered" if ARRIVED in order else "sent"
            assert expected == end, order


def test_the_reason_names_what_the_provider_said() -> None:
    assert [
        moved("sent", [one], [attempt("sent")]) and moved("sent", [one], [attempt("sent")]).reason.sentence()  # type: ignore[union-attr]
        for one in (
            a_report(TAKEN),
            a_report(ARRIVED),
            a_report(detail="Twilio error 30003"),
            a_report(cause=SuppressionCause.HARD_BOUNCE),
            a_report(),
        )
    ] == [
        None,
        "the provider reports that it arrived",
        "the provider reports that it did not arrive (Twilio error 30003)",
        "the provider reports that it did not arrive (hard_bounce)",
        "the provider reports that it did not arrive (no cause given)",
    ]


def test_a_state_of_a_newer_version_is_left_alone() -> None:
    assert moved("teleported", [a_report()], [attempt("sent")]) is None


@pytest.mark.parametrize(
    ("attempts", "state"),
    [
        ([attempt("unknown"), attempt("sent", "m-2")], None),
        ([attempt("unknown"), attempt("sent", "m-1")], "failed"),
        ([attempt("unknown"), attempt("sent")], "failed"),
        ([attempt("unknown"), attempt("sent", None, "http")], None),
        ([attempt("unknown"), attempt("unknown")], "failed"),
        ([attempt("not_sent"), attempt("sent", "m-1")], "failed"),
    ],
)
def test_a_bounce_of_another_message_than_the_one_that_was_taken_moves_nothing(
    attempts: list[AttemptMade], state: str | None
) -> None:
    result = moved("sent", [a_report(provider_message_id="m-1")], attempts)

    assert (result and result.state) == state


def test_which_message_bounced_may_be_open_while_another_attempt_runs() -> None:
    first_is_unknown = [attempt("unknown"), attempt(None)]
    named = a_report(provider_message_id="m-1")

    assert is_ambiguous(named, first_is_unknown)
    assert not is_ambiguous(named, [attempt(None)])
    assert not is_ambiguous(named, [attempt("not_sent"), attempt(None)])
    assert not is_ambiguous(a_report(), first_is_unknown)
    assert not is_ambiguous(a_report(ARRIVED, provider_message_id="m-1"), first_is_unknown)


def test_a_provider_reports_only_on_what_it_was_given() -> None:
    assert is_by(a_report(), "sms", [attempt("sent", provider="http"), attempt("sent")])
    assert not is_by(a_report(), "sms", [attempt("sent", provider="twilio@backup")])
    assert not is_by(a_report(), "email", [attempt("sent")])
    assert not is_by(a_report(), "sms", [])


def test_a_parked_report_is_matched_ever_more_rarely_and_then_dropped() -> None:
    report = a_report()
    waits = []
    at: datetime | None = NOW
    while at is not None:
        waits.append(at)
        at = retry_at(report, at)

    assert waits[1:4] == [NOW + timedelta(seconds=seconds) for seconds in (1, 2, 4)]
    assert KEEP_PARKED / 2 <= waits[-2] - NOW <= 3 * KEEP_PARKED
    assert waits[-1] == NOW + KEEP_TOKENS
    assert [is_emptied(report, at) for at in waits[-3:]] == [False, True, True]
    assert len(waits) < 20


def test_reports_make_typed_entries_and_soft_ones_expire() -> None:
    def entry(cause: SuppressionCause | None, soft: int = 0) -> Any:
        made = entry_of(a_report(cause=cause, detail="30003"), "+14155552671", soft_bounces=soft, now=NOW)
        return made and (made.reason, made.channel, made.address, made.note, made.expires_at)

    assert entry(None) is None
    assert entry(SuppressionCause.SOFT_BOUNCE, 2) is None
    assert entry(SuppressionCause.SOFT_BOUNCE, 3) == (
        SuppressionReason.SOFT_BOUNCE,
        SMS,
        "+14155552671",
        "30003",
        NOW + timedelta(days=7),
    )
    assert entry(SuppressionCause.STOP) == (SuppressionReason.STOP, SMS, "+14155552671", "30003", None)
    assert {cause.value for cause in SuppressionCause} <= {reason.value for reason in SuppressionReason}


def test_events_are_the_same_by_the_id_of_the_provider_else_by_their_fields() -> None:
    def key(event: ReportedEvent, channel: Channel = SMS, provider: str = "twilio") -> str:
        return key_of(event, channel, provider)

    event = ReportedEvent(BOUNCED, "SM1", DELIVERY, "30003")
    assert key(event) == key(replace(event, raw=b"another body"))
    others = [
        replace(event, result=ARRIVED),
        replace(event, provider_message_id="SM2"),
        replace(event, delivery_id=None),
        replace(event, detail="30005"),
        replace(event, cause=SuppressionCause.STOP),
        replace(event, event_id="e-1"),
    ]
    keys = {key(one) for one in (event, *others)} | {key(event, Channel("email")), key(event, provider="http")}
    assert len(keys) == len(others) + 3
    token = ReportedEvent(BOUNCED, "SM1", event_id="once")
    assert key(token) == key(ReportedEvent(ARRIVED, "SM2", DELIVERY, "other", event_id="once"))
    assert len(key(token)) == 32


def test_what_a_provider_sends_is_stored_within_bounds_and_as_any_store_takes_it() -> None:
    events = [
        ReportedEvent(BOUNCED, provider_message_id="x" * 300, detail="two\nlines\0" + "y" * 300),
        ReportedEvent(BOUNCED, provider_message_id="naïve"),
        ReportedEvent(BOUNCED, provider_message_id=""),
        ReportedEvent(ARRIVED, delivery_id=DELIVERY, provider_message_id="a\0b", detail=" \n"),
        ReportedEvent(ARRIVED, delivery_id=DELIVERY, provider_message_id="a\0b", detail=" \n"),
    ]
    first, second = reports_of(
        events, b"\xff\0" + b"z" * 100_000, channel=SMS, provider="twilio", new_id=uuid4, now=NOW
    )

    assert (len(first.provider_message_id or ""), len(first.detail or "")) == (255, 200)
    assert (first.detail or "").startswith("two lines ")
    assert (first.detail or "").isprintable()
    assert (second.provider_message_id, second.detail) == (None, None)
    assert first.raw is not None
    assert first.raw.startswith("\N{REPLACEMENT CHARACTER}" * 2 + "zzz")
    assert len(first.raw) == LONGEST_RAW
