"""Ids are UUIDv7 as RFC 9562 lays them out."""

from datetime import UTC, datetime, timedelta
from uuid import RFC_4122

from property_alert_notification.clock import Clock, first_id_of, time_of


def test_ids_are_version_7_and_always_grow() -> None:
    clock = Clock()

    ids = [clock.new_id() for _ in range(100_000)]

    assert ids == sorted(set(ids))
    assert {(one.version, one.variant) for one in ids} == {(7, RFC_4122)}


def test_an_id_carries_its_millisecond() -> None:
    clock = Clock()
    before = clock.now()

    made_at = time_of(clock.new_id())

    assert before - timedelta(milliseconds=1) <= made_at <= clock.now()


def test_a_moment_parts_the_ids_made_before_it_from_the_others() -> None:
    id_ = Clock().new_id()
    made_at = time_of(id_)

    assert first_id_of(made_at) < id_ < first_id_of(made_at + timedelta(milliseconds=1))
    assert first_id_of(datetime(1, 1, 1, tzinfo=UTC)) < first_id_of(datetime(9999, 12, 31, tzinfo=UTC))


def test_jitter_stays_in_its_range() -> None:
    assert all(0 <= Clock().jitter() < 1 for _ in range(1000))
