"""The identity and order of events."""

import itertools
from datetime import UTC, datetime, timedelta
from uuid import UUID

from property_alert_notification.base.clock import time_of
from property_alert_notification.deliveries.states import ENDED, Event, after
from property_alert_notification.events.event_types import TYPE_OF_STATE, EventType, event_id, version_of

AT = datetime(2026, 12, 1, 9, 30, 0, 123_456, UTC)
SUBJECT = UUID("019354f0-0000-7000-8000-000000000001")


def test_every_end_of_a_delivery_has_a_type_of_its_own() -> None:
    assert set(TYPE_OF_STATE) == set(ENDED)
    assert {f"notification.{state}" for state in ENDED} == set(TYPE_OF_STATE.values())


def test_the_id_of_an_event_is_a_uuid7_of_its_time_and_of_nothing_else() -> None:
    one = event_id(EventType.NOTIFICATION_SENT, SUBJECT, AT)

    assert (one.version, one.variant) == (7, "specified in RFC 4122")
    assert time_of(one) == AT.replace(microsecond=123_000)
    assert event_id(EventType.NOTIFICATION_SENT, SUBJECT, AT) == one
    others = {
        event_id(EventType.NOTIFICATION_DELIVERED, SUBJECT, AT),
        event_id(EventType.NOTIFICATION_SENT, UUID(int=SUBJECT.int + 1), AT),
        event_id(EventType.NOTIFICATION_SENT, SUBJECT, AT + timedelta(microseconds=1)),
    }
    assert len(others | {one}) == 4


def test_every_move_from_an_end_has_a_higher_version() -> None:
    for state, event in itertools.product(ENDED, Event):
        moved = after(state, event)
        before, now = (version_of(TYPE_OF_STATE[one], AT) for one in (state, moved))
        assert now > before if moved != state else now == before, (state, event)


def test_a_later_event_of_a_user_has_a_higher_version() -> None:
    later = version_of(EventType.RECIPIENT_OPTED_IN, AT + timedelta(microseconds=1))
    assert version_of(EventType.RECIPIENT_OPTED_OUT, AT) + 1 == later
