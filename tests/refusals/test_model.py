"""The model notices what must not happen."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.refusals.event_model import Event, event_differences
from tests.refusals.model import Known, Message, differences
from tests.refusals.people import Kind, Person

NOON = datetime(2026, 11, 29, 12, tzinfo=UTC)
STOPS = Person(1, "sms", Kind.STOPS, gets_second_early=True, is_forged=False)
KEEPS = Person(2, "email", Kind.KEEPS, gets_second_early=True, is_forged=True)
CAME = Message("n-1", STOPS, "first 1", False, "delivered", ["delivered"], claims=[NOON], unknown=0)
WITHHELD = replace(CAME, id="n-2", title="second 1", status="suppressed", claims=[])


def known(**taken: int) -> Known:
    found = Known(said_no_at={1: NOON + timedelta(seconds=1)})
    found.taken.update({title.replace("_", " "): count for title, count in taken.items()})
    return found


def test_it_finds_nothing_where_all_is_well() -> None:
    kept = replace(CAME, person=KEEPS, title="first 2", status="sent")

    assert differences([CAME, WITHHELD, kept], known(first_1=1, first_2=1)) == []


@pytest.mark.parametrize(
    ("message", "taken", "words"),
    [
        (replace(CAME, status="sent"), {"first_1": 1}, "is sent"),
        (replace(CAME, claims=[NOON + timedelta(seconds=2)]), {"first_1": 1}, "claimed after the refusal"),
        (replace(CAME, is_late=True), {"first_1": 1}, "written to after the refusal"),
        (CAME, {"first_1": 2}, "came 2 times"),
        (WITHHELD, {"second_1": 1}, "is suppressed"),
        (replace(WITHHELD, status="sent"), {}, "is sent"),
        (replace(WITHHELD, person=KEEPS), {}, "never came"),
    ],
)
def test_it_names_each_difference(message: Message, taken: dict[str, Any], words: str) -> None:
    assert words in "\n".join(differences([message], known(**taken)))


def test_a_message_that_is_known_to_be_unknown_may_come_twice_and_be_withheld() -> None:
    assert differences([replace(CAME, unknown=1)], known(first_1=2)) == []
    assert differences([replace(WITHHELD, unknown=1)], known(second_1=1)) == []


SENT = Event("notification.sent", 1, "sms", "n-1", version=1)
DELIVERED = replace(SENT, type="notification.delivered", version=2)
SUPPRESSED = replace(SENT, type="notification.suppressed", notification_id="n-2")
STOPPED = Event("recipient.opted_out", 1, "sms", None, version=7)
TOLD = [DELIVERED, SENT, SUPPRESSED, STOPPED]


def differences_of(*events: Event) -> str:
    return "\n".join(event_differences([CAME, WITHHELD], [STOPS, KEEPS], events))


def test_it_finds_nothing_where_each_event_came_once() -> None:
    assert differences_of(*TOLD) == ""


@pytest.mark.parametrize("missing", [DELIVERED, SUPPRESSED, STOPPED])
def test_it_names_a_missing_event(missing: Event) -> None:
    assert differences_of(*[event for event in TOLD if event is not missing])


@pytest.mark.parametrize(
    "event",
    [
        SENT,
        STOPPED,
        replace(SENT, type="notification.failed", version=3),
        replace(SENT, notification_id="n-3"),
        replace(STOPPED, user_id=2, channel="email"),
        replace(STOPPED, type="recipient.bounced"),
        replace(STOPPED, channel=None),
    ],
)
def test_it_names_an_event_too_many(event: Event) -> None:
    assert differences_of(*TOLD, event)


def test_it_names_an_event_about_somebody_else() -> None:
    assert "somebody else" in differences_of(DELIVERED, replace(SENT, user_id=2), SUPPRESSED, STOPPED)
