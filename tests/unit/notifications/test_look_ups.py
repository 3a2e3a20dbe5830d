"""What becomes of a notification that waits for addresses."""

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from property_alert_notification.base.clock import first_id_of
from property_alert_notification.base.reasons import ReasonCode
from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.notifications.look_ups.rules import (
    FIRST_WAIT,
    IN_FRONT,
    LONGEST_WAIT,
    PARKED_FOR,
    Ages,
    Ask,
    Availability,
    Leave,
    Plan,
    Wait,
    deadline_of,
    next_step,
    reach,
)
from property_alert_notification.notifications.models import Notification
from property_alert_notification.people.directory.profile import UNKNOWN_FOR, Entry, Profile

NOW = datetime(2026, 12, 1, 9, tzinfo=UTC)
ID = first_id_of(NOW)
EMAIL, SMS = Channel("email"), Channel("sms")
ADA = Profile(1, "ada@example.com")
SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)
AGES = Ages(ttl=HOUR, stale_for=7 * DAY)
FRESH, OLD, TOO_OLD = (Entry(ADA, NOW - age) for age in (HOUR - SECOND, HOUR, 7 * DAY))
UNKNOWN, NO_LONGER_UNKNOWN = Entry(None, NOW - UNKNOWN_FOR + SECOND), Entry(None, NOW - UNKNOWN_FOR)


def a_notification(**fields: Any) -> Notification:
    columns: dict[str, Any] = {
        "id": ID,
        "user_id": 1,
        "category": "general",
        "title": "t",
        "message": "m",
        "urgent": False,
        "accepted_at": NOW,
        "status": "scheduled",
        "addresses": "{}",
        "look_up": "email sms",
        "look_up_at": NOW,
    }
    return Notification(**columns | fields)


def step(
    entry: Entry | None, availability: Availability, *, now: datetime = NOW, deadline: datetime = NOW + DAY
) -> object:
    return next_step(a_notification(), entry, availability, AGES, deadline, now=now, jitter=0.5)


@pytest.mark.parametrize("availability", Availability)
@pytest.mark.parametrize("entry", [FRESH, UNKNOWN, Entry(None, NOW - HOUR + SECOND, pushed=True)])
def test_a_fresh_profile_is_used_without_a_request(entry: Entry, availability: Availability) -> None:
    assert step(entry, availability) == Plan(reach(a_notification(), entry.profile))


@pytest.mark.parametrize("entry", [None, OLD, TOO_OLD, NO_LONGER_UNKNOWN, Entry(None, NOW - HOUR, pushed=True)])
def test_an_old_profile_is_requested_again(entry: Entry | None) -> None:
    assert step(entry, Availability.ROOM) == Ask()
    assert step(entry, Availability.ASKED) == Ask()


@pytest.mark.parametrize("availability", [Availability.FAILED, Availability.AWAY])
def test_the_last_known_profile_is_used_when_the_user_service_does_not_answer(availability: Availability) -> None:
    assert step(OLD, availability) == Plan(reach(a_notification(), ADA))
    for entry in (None, TOO_OLD, NO_LONGER_UNKNOWN):
        assert isinstance(step(entry, availability), Wait)


def test_a_notification_stands_in_front_of_others_for_a_moment_only() -> None:
    a_moment_later = NOW + IN_FRONT - timedelta(microseconds=1)

    assert step(None, Availability.FULL) == step(OLD, Availability.FULL, now=a_moment_later) == Leave()
    assert step(None, Availability.FULL, now=NOW + IN_FRONT) == Wait(NOW + IN_FRONT + PARKED_FOR, parked=True)
    assert step(OLD, Availability.FULL, now=NOW + IN_FRONT) == Plan(reach(a_notification(), ADA))


def test_the_wait_after_a_failure_grows_with_age() -> None:
    def wait(age: timedelta) -> timedelta:
        waits = step(None, Availability.FAILED, now=NOW + age)
        assert isinstance(waits, Wait)
        assert not waits.parked
        return waits.until - NOW - age

    assert wait(SECOND) == FIRST_WAIT * 0.75
    assert wait(20 * SECOND) == 10 * SECOND * 0.75
    assert wait(HOUR) == LONGEST_WAIT * 0.75


def test_nothing_waits_beyond_its_deadline() -> None:
    soon = NOW + SECOND

    assert step(None, Availability.AWAY, deadline=soon) == Wait(soon, parked=True)
    assert step(None, Availability.FAILED, deadline=soon) == Wait(soon)
    for entry, availability in itertools.product((None, FRESH), Availability):
        late = step(entry, availability, deadline=soon, now=soon)
        assert isinstance(late, Plan)
        assert {reason.code for reason in late.reach.unreachable.values()} == {ReasonCode.TOO_OLD}


def test_the_deadline_is_the_earlier_of_two() -> None:
    assert deadline_of(a_notification(), DAY) == NOW + DAY
    assert deadline_of(a_notification(expires_at=NOW + HOUR), DAY) == NOW + HOUR
    assert deadline_of(a_notification(expires_at=NOW + 9 * DAY), DAY) == NOW + DAY
    assert deadline_of(a_notification(send_at=NOW + 3 * DAY), DAY) == NOW + 4 * DAY
    assert deadline_of(a_notification(moved_at=NOW + 2 * DAY), DAY) == NOW + 3 * DAY


def test_a_given_address_takes_precedence_over_the_profile() -> None:
    one = a_notification(addresses='{"sms":"+14155552671"}', look_up="email")

    found = reach(one, ADA)
    assert found.addresses == {SMS: "+14155552671", EMAIL: "ada@example.com"}
    assert (found.unreachable, found.profile) == ({}, ADA)
    unknown = reach(one, None)
    assert unknown.addresses == {SMS: "+14155552671"}
    assert {channel: reason.code for channel, reason in unknown.unreachable.items()} == {EMAIL: ReasonCode.NO_SUCH_USER}
    assert reach(a_notification(), ADA).unreachable[SMS].code is ReasonCode.NO_ADDRESS
