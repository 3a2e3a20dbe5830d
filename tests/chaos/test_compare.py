"""`compare` finds every difference between callers, store and providers; else a table of zeros would prove nothing."""

from datetime import UTC, datetime

import pytest

from chaos.compare import compare
from chaos.experiment import Bound, Experiment
from chaos.findings import Findings
from chaos.provider.journal import Entry, Kind
from chaos.store_reader import StoredAttempt, StoredDelivery
from chaos.trial import Trial

BODIES = {"viewing-1": {"user_email": "buyer@example.com", "user_phone_number": "+14152000001"}}
ANSWERS = {"viewing-1": {"id-1"}}
THEN = datetime(2026, 11, 22, tzinfo=UTC)


async def _nothing(trial: Trial) -> None:
    """No fault."""


def _stored(channel: str, *outcomes: str, state: str = "sent", notification: str = "id-1") -> StoredDelivery:
    return StoredDelivery(
        notification, "viewing-1", channel, channel, state, "", tuple(StoredAttempt(one, THEN) for one in outcomes)
    )


def _entry(channel: str, key: str = "key", kind: Kind = "taken", to: str = "") -> Entry:
    return Entry(
        kind, channel, to or BODIES["viewing-1"]["user_email" if channel == "email" else "user_phone_number"], key, 0
    )


FINE = [_stored("email", "sent"), _stored("sms", "sent")]
BOTH = [_entry("email"), _entry("sms")]


def _compare(
    stored: list[StoredDelivery], entries: list[Entry], *, bound: Bound = Bound.ON_THE_WIRE, in_doubt: int = 10
) -> Findings:
    experiment = Experiment(id="B0", question="", disturb=_nothing, trials=1, bound=bound)
    return compare(experiment, BODIES, ANSWERS, stored, entries, in_doubt_at_most=in_doubt)


def test_a_message_that_arrived_once_is_no_fault() -> None:
    assert _compare(FINE, BOTH) == Findings()


@pytest.mark.parametrize("state", ["queued", "held", "collected", "sending", "retry_wait", "unknown"])
def test_what_is_still_open_is_lost(state: str) -> None:
    assert _compare([_stored("email", state=state), FINE[1]], BOTH[1:]).lost == 1


def test_what_is_sent_and_arrived_nowhere_is_lost() -> None:
    assert _compare(FINE, BOTH[1:]).lost == 1


def test_an_accepted_notification_missing_in_the_store_is_lost() -> None:
    assert _compare([], []).lost == 2


def test_an_email_that_came_again_is_a_duplicate_that_a_second_try_explains() -> None:
    found = _compare([_stored("email", "unknown", "sent"), FINE[1]], [*BOTH, _entry("email")])

    assert (found.duplicates, found.bound, found.wrong) == (1, 1, {})


def test_where_the_fault_leaves_no_doubt_nothing_explains_a_duplicate() -> None:
    found = _compare([_stored("email", "unknown", "sent"), FINE[1]], [*BOTH, _entry("email")], bound=Bound.NONE)

    assert (found.duplicates, found.bound) == (1, 0)


def test_an_email_that_came_more_often_than_it_was_tried_is_wrong() -> None:
    assert _compare(FINE, [*BOTH, _entry("email")]).wrong == {"arrived more often than it was tried": 1}


def test_more_tries_in_doubt_than_were_on_the_wire_are_wrong() -> None:
    found = _compare([_stored("email", "unknown", "sent"), FINE[1]], BOTH, in_doubt=0)

    assert found.wrong == {"more in doubt than was on the wire": 1}


def test_an_sms_under_the_same_key_is_none_again_and_under_another_it_is() -> None:
    assert _compare(FINE, [*BOTH, _entry("sms", kind="repeat")]).keyed_duplicates == 0
    assert _compare(FINE, [*BOTH, _entry("sms", key="another")]).keyed_duplicates == 1


def test_an_end_that_the_experiment_does_not_allow_is_wrong() -> None:
    assert _compare([_stored("email", "refused", state="failed"), FINE[1]], BOTH[1:]).wrong == {"ended as failed: ": 1}


def test_a_message_that_no_caller_submitted_is_wrong() -> None:
    assert _compare(FINE, [*BOTH, _entry("email", to="ghost@example.com")]).wrong == {
        "arrived and belongs to no call": 1
    }


def test_two_notifications_for_one_key_are_wrong() -> None:
    found = _compare([FINE[0], _stored("sms", "sent", notification="id-2")], BOTH)

    assert found.wrong["two notifications for one key"] == 1
    assert found.wrong["the store has another id than the caller"] == 1


def _in_digest(reference: str, *outcomes: str, carrier: str = "digest") -> StoredDelivery:
    tries = tuple(StoredAttempt(one, THEN) for one in outcomes)
    return StoredDelivery(reference, reference, f"{reference}-email", "email", "sent", "", tries, carrier)


@pytest.mark.parametrize(
    ("outcomes", "other_carrier", "arrivals", "counted"),
    [
        (("sent",), "digest", 1, (0, 0)),
        (("sent",), "digest", 2, (1, 0)),
        (("unknown", "sent"), "digest", 2, (1, 1)),
        (("sent",), "another", 2, (0, 0)),
        (("sent",), "another", 3, (1, 0)),
    ],
)
def test_the_items_of_one_digest_arrive_once(
    outcomes: tuple[str, ...], other_carrier: str, arrivals: int, counted: tuple[int, int]
) -> None:
    bodies = {one: {"user_email": "buyer@example.com", "user_phone_number": f"+1{one}"} for one in ("a", "b")}
    stored = [_in_digest("a", *outcomes), _in_digest("b", *outcomes, carrier=other_carrier)]
    experiment = Experiment(id="B0", question="", disturb=_nothing, trials=1, bound=Bound.ON_THE_WIRE)

    found = compare(experiment, bodies, {}, stored, [_entry("email")] * arrivals, in_doubt_at_most=10)

    assert (found.lost, found.duplicates, found.bound) == (0, *counted)
