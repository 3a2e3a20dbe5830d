"""Which items a digest carries, which leave their window, and what the digest is."""

from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID

import pytest

from property_alert_notification.base.reasons import ReasonCode
from property_alert_notification.base.vocabulary import Channel, DeliveryState, Frequency
from property_alert_notification.deliveries.windows.keys import WindowKey
from property_alert_notification.digests.rules import Item, Window, digest_of, next_check_at, sort
from property_alert_notification.people.categories.rules import BUILT_IN
from property_alert_notification.people.person import UNKNOWN, Person
from property_alert_notification.people.preferences.rules import (
    DigestTimes,
    PersonalRules,
    Preferences,
    QuietHours,
)

EMAIL, SMS = Channel("email"), Channel("sms")
VIEWING = BUILT_IN["viewing"]
CLOSES_AT = datetime(2026, 12, 1, 8, tzinfo=UTC)
SECOND, MINUTE, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(days=1)
BEFORE = CLOSES_AT - SECOND
WINDOW = Window(UUID(int=7), 3, True, EMAIL, "viewing", CLOSES_AT, CLOSES_AT, None, None)
CLOSED = WINDOW._replace(due_at=CLOSES_AT + SECOND, closed_at=CLOSES_AT, digest_id=UUID(int=8))


def an_item(number: int = 1, **fields: Any) -> Item:
    known = {"address": "ada@example.com", "urgent": False, "expires_at": None, "caller": "listings"}
    content = {"title": f"Home {number}", "message": "It is for sale."}
    return Item(UUID(int=number), UUID(int=100 + number), WINDOW.held_by, **known | content | fields)


def wants(often: Frequency = Frequency.DAILY, **rules: Any) -> Person:
    personal = PersonalRules(time_zone="UTC", frequencies={"viewing": {EMAIL: often}}, **rules)
    return Person(Preferences(frozenset({EMAIL, SMS}), personal))


def left(window: Window, item: Item, person: Person, now: datetime) -> tuple[Any, ...] | None:
    """Where an item went, why, and the window that it joined; None if it stayed."""
    staying, leaving = sort(window, [item], person, VIEWING, now)
    assert len(staying) + len(leaving) == 1
    return (leaving[0].state, leaving[0].reason.code, leaving[0].window) if leaving else None


COLLECTED, QUEUED = DeliveryState.COLLECTED, DeliveryState.QUEUED
SUPPRESSED, EXPIRED = DeliveryState.SUPPRESSED, DeliveryState.EXPIRED
TOMORROW = WindowKey(3, True, EMAIL, "viewing", CLOSES_AT + DAY)
LATER = wants(digest=DigestTimes(at=time(9)))
AT_NINE = WindowKey(3, True, EMAIL, "viewing", CLOSES_AT.replace(hour=9))
NIGHT = QuietHours(frozenset(range(7)), time(7), time(9))


@pytest.mark.parametrize(
    ("window", "fields", "person", "now", "expected"),
    [
        # It closes now: the digest carries all that its user still wants.
        (WINDOW, {}, wants(), CLOSES_AT, None),
        (WINDOW, {}, wants(Frequency.ASAP), CLOSES_AT, None),
        (WINDOW, {}, wants(Frequency.WEEKLY), CLOSES_AT, None),
        (WINDOW, {}, wants(Frequency.NEVER), CLOSES_AT, (SUPPRESSED, ReasonCode.CATEGORY_REFUSED, None)),
        (WINDOW, {}, UNKNOWN, CLOSES_AT, (SUPPRESSED, ReasonCode.NO_PREFERENCES, None)),
        (WINDOW, {"expires_at": CLOSES_AT}, wants(), CLOSES_AT, (EXPIRED, ReasonCode.EXPIRED, None)),
        (WINDOW, {"expires_at": CLOSES_AT + SECOND}, wants(), CLOSES_AT, None),
        (WINDOW, {"expires_at": BEFORE}, wants(Frequency.NEVER), CLOSES_AT,
         (SUPPRESSED, ReasonCode.CATEGORY_REFUSED, None)),
        # It is only looked at: what is collected for another window, or not at all, leaves.
        (WINDOW, {}, wants(), BEFORE, None),
        (WINDOW, {}, wants(Frequency.ASAP), BEFORE, (QUEUED, ReasonCode.CATEGORY_WANTED, None)),
        (WINDOW, {"urgent": True}, wants(), BEFORE, (QUEUED, ReasonCode.CATEGORY_WANTED, None)),
        (WINDOW, {}, wants(Frequency.ASAP, quiet_hours=(NIGHT,)), BEFORE, (QUEUED, ReasonCode.QUIET_HOURS, None)),
        (WINDOW, {}, LATER, BEFORE, (COLLECTED, ReasonCode.COLLECTED, AT_NINE)),
        (WINDOW, {"expires_at": BEFORE}, wants(), BEFORE, (EXPIRED, ReasonCode.EXPIRED, None)),
        # It is closed already: what joined it meanwhile waits for the next one.
        (CLOSED, {}, wants(), CLOSES_AT, (COLLECTED, ReasonCode.COLLECTED, TOMORROW)),
        (CLOSED, {}, wants(), BEFORE, (COLLECTED, ReasonCode.COLLECTED, TOMORROW._replace(closes_at=CLOSES_AT))),
        (CLOSED, {}, wants(Frequency.ASAP), CLOSES_AT, (QUEUED, ReasonCode.CATEGORY_WANTED, None)),
    ],
)  # fmt: skip
def test_what_stays_and_what_leaves(
    window: Window, fields: dict[str, Any], person: Person, now: datetime, expected: tuple[Any, ...] | None
) -> None:
    assert left(window, an_item(**fields), person, now) == expected


def test_each_item_is_decided_about_by_its_own_urgency() -> None:
    items = [an_item(1), an_item(2, urgent=True), an_item(3), an_item(4, expires_at=BEFORE)]

    staying, leaving = sort(WINDOW, items, wants(), VIEWING, BEFORE)

    assert [item.title for item in staying] == ["Home 1", "Home 3"]
    assert [one.item.title for one in leaving] == ["Home 2", "Home 4"]


def test_a_digest_goes_to_the_newest_address_and_belongs_to_a_caller_of_all() -> None:
    one, other = an_item(1, address="old@example.com"), an_item(2)

    digest = digest_of(WINDOW, [one, other])

    assert (digest.user_id, digest.category, digest.test, digest.channels) == (3, "digest", True, (EMAIL,))
    assert (digest.addresses, digest.caller) == ({EMAIL: "ada@example.com"}, "listings")
    assert "Home 1" in digest.message
    assert "Home 2" in digest.message
    assert digest_of(WINDOW, [one, other._replace(caller=None)]).caller is None
    assert digest_of(WINDOW, [one, other._replace(caller="offers")]).caller is None


def test_a_digest_by_sms_is_short() -> None:
    items = [an_item(number, message="It is for sale. " * 20) for number in range(9)]

    by_sms = digest_of(WINDOW._replace(channel=SMS), items)

    assert len(by_sms.message) < len(digest_of(WINDOW, items).message)
    assert by_sms.addresses.keys() == {SMS}


@pytest.mark.parametrize(
    ("age", "wait"),
    [
        (-SECOND, 30 * SECOND),
        (30 * SECOND, 30 * SECOND),
        (MINUTE, MINUTE),
        (10 * MINUTE, 10 * MINUTE),
        (DAY, 10 * MINUTE),
    ],
)
def test_whether_an_old_digest_has_ended_is_asked_less_often(age: timedelta, wait: timedelta) -> None:
    assert next_check_at(CLOSES_AT, CLOSES_AT + age) == CLOSES_AT + age + wait


def test_the_names_of_a_window() -> None:
    assert (WINDOW.user, WINDOW.held_by) == ((3, True), f"digest:{UUID(int=7)}")


@pytest.mark.parametrize(
    ("window", "expected"),
    [
        (WINDOW, True),
        (WINDOW._replace(due_at=BEFORE), True),
        (CLOSED, False),
        (CLOSED._replace(due_at=None), False),
        (CLOSED._replace(due_at=CLOSES_AT), True),  # a delivery joined it after it had closed
    ],
)
def test_which_windows_may_hold_items_without_a_digest(window: Window, expected: bool) -> None:
    assert window.may_hold_items is expected
