"""The model of deliveries knows what a killed worker may leave, and nothing else."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.scenario.actions import Submit
from tests.scenario.deliveries import Deliveries
from tests.scenario.items import LEASE, Key, Notification, Seen
from tests.scenario.knowledge import Knowledge
from tests.scenario.places import PLACES
from tests.scenario.plan import Resident

NOW = datetime(2027, 3, 17, 9, 7, tzinfo=UTC)
SOON = timedelta(microseconds=500)
KEY: Key = ("133-2", "sms")
SENT: Seen = ("sent", "sent", None)


def a_model() -> Deliveries:
    """One SMS is to go now."""
    resident = Resident(133, PLACES[6], "+447946000133", "user133@example.com")
    knowledge = Knowledge({133: resident}, {133: {"email_enabled": False, "sms_enabled": True}})
    model = Deliveries(knowledge)
    model.plan(Notification(Submit(KEY[0], 133, "viewing", channels=("sms",)), NOW, NOW), NOW)
    return model


def step(
    model: Deliveries, now: datetime, *, lost: bool = False, again_at: datetime | None = None, taken: int = 0
) -> int:
    """Workers claim what is due; one may die and leave the SMS so. Returns how often it was to be sent."""
    model.begin_step()
    model.lost = {KEY} if lost else set()
    model.doubtful = {} if again_at is None else {KEY: again_at}
    while model.claim_due(now, {}, {KEY} if taken else set()):
        pass
    return model.sent[KEY]


def test_without_a_kill_it_is_sent_once() -> None:
    model = a_model()

    assert step(model, NOW) == 1
    assert model.items[KEY].seen() == SENT
    assert step(model, NOW + LEASE) == 0


@pytest.mark.parametrize("taken", [0, 1])
def test_what_is_in_doubt_is_sent_once_more(taken: int) -> None:
    """Whether its provider had it or not: nobody knows."""
    model = a_model()

    assert step(model, NOW, again_at=NOW + SOON, taken=taken) == taken
    assert model.items[KEY].seen() == ("unknown", "unknown_resent", NOW + SOON)
    assert model.items[KEY].counts
    assert min(model.times()) == NOW + SOON
    assert step(model, NOW + SOON, taken=1) == 1
    assert model.items[KEY].seen() == SENT


def test_after_a_second_doubt_it_is_given_up() -> None:
    model = a_model()
    step(model, NOW, again_at=NOW + SOON)
    step(model, NOW + SOON, again_at=NOW + 2 * SOON)

    assert model.items[KEY].seen() == ("failed", "unknown_given_up", None)
    assert step(model, NOW + LEASE, taken=1) == 0


def test_a_lost_claim_is_a_doubt_too() -> None:
    model = a_model()
    step(model, NOW, lost=True)
    assert model.items[KEY].seen() == ("sending", "", None)

    step(model, NOW + LEASE, again_at=NOW + LEASE + SOON)

    assert model.items[KEY].seen() == ("failed", "unknown_given_up", None)


def test_it_is_not_left_in_doubt_for_longer_than_a_lease() -> None:
    """A service that lets it wait for longer differs from the model."""
    model = a_model()
    step(model, NOW, again_at=NOW + timedelta(hours=1))

    assert model.items[KEY].seen() == ("unknown", "unknown_resent", NOW + LEASE)


def test_consent_that_was_withdrawn_meanwhile_stops_it() -> None:
    model = a_model()
    step(model, NOW, again_at=NOW + SOON)
    model.knowledge.preferences[133] = None

    assert step(model, NOW + SOON) == 0
    assert model.items[KEY].seen() == ("suppressed", "no_preferences", None)
