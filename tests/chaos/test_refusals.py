"""The experiments with refusals notice a message that was claimed after its user had refused it."""

from datetime import UTC, datetime, timedelta

from chaos.refusals import claimed_after
from chaos.store_reader import StoredAttempt, StoredDelivery

ANSWERED_AT = datetime(2026, 11, 29, 12, tzinfo=UTC)
A_MOMENT = timedelta(microseconds=1)


def _delivery(reference: str, *claimed_at: datetime) -> StoredDelivery:
    attempts = tuple(StoredAttempt("sent", at) for at in claimed_at)
    return StoredDelivery("id", reference, "id", "email", "sent", "", attempts)


def test_a_claim_that_began_after_the_answer_is_counted() -> None:
    stored = [_delivery("late", ANSWERED_AT - A_MOMENT, ANSWERED_AT + A_MOMENT), _delivery("before", ANSWERED_AT)]

    assert claimed_after(stored, {"late": ANSWERED_AT, "before": ANSWERED_AT}) == 1


def test_a_user_who_refused_nothing_may_get_messages() -> None:
    assert claimed_after([_delivery("other", ANSWERED_AT)], {"late": ANSWERED_AT - A_MOMENT}) == 0
