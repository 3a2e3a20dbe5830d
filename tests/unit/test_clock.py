"""Ids are UUIDv7 as RFC 9562 lays them out."""

from datetime import UTC, datetime, timedelta
from uuid import RFC_4122

from property_alert_notification.clock import Clock


def test_ids_are_version_7_and_always_grow() -> None:
    clock = Clock()

    ids = [clock.new_id() for _ in range(100_000)]

    assert ids == sorted(set(ids))
    assert {(one.version, one.variant) for one in ids} == {(7, RFC_4122)}


def test_an_id_carries_its_millisecond() -> None:
    clock = Clock()
    before = clock.now()

    made_at = datetime.fromtimestamp((clock.new_id().int >> 80) / 1000, UTC)

    assert before - timedelta(milliseconds=1) <= made_at <= clock.now()


def test_jitter_stays_in_its_range() -> None:
    assert all(0 <= Clock().jitter() < 1 for _ in range(1000))
