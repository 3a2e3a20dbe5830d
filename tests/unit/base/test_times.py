"""A time that a caller gives is written out, has an offset, and lies within the range of the settings."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from property_alert_notification.base import times
from property_alert_notification.base.clock import time_of
from property_alert_notification.base.errors import ConfigurationError
from property_alert_notification.base.settings import Settings, load
from property_alert_notification.cli.keys import _duration
from property_alert_notification.notifications.schemas import NotificationCreate, NotificationPatch, NotificationQuery

GOOD = [
    "1970-01-01T00:00:00Z",
    "1970-01-01T14:00:00+14:00",
    "2026-11-24T09:00:00+01:00",
    "2200-12-31T23:59:59Z",
    "2200-12-31T23:59:59.000000-00:00",
]
BAD = [
    "0001-01-01T00:00:00Z",
    "0001-01-01T00:00:00+14:00",
    "1969-12-31T23:59:59.999999Z",
    "1970-01-01T00:00:00+14:00",
    "2200-12-31T23:59:59-00:01",
    "2201-01-01T00:00:00Z",
    "9999-12-31T23:59:59.999999Z",
    "9999-12-31T23:59:59-14:00",
    "2026-12-31T23:59:60Z",
    "2026-02-29T00:00:00Z",
    "2026-11-24T24:00:01Z",
    "2026-11-24T09:00:00",
    "2026-11-24T09:00:00+25:00",
    "2026-11-24",
    "10000-01-01T00:00:00Z",
    "-0001-01-01T00:00:00Z",
    "infinity",
    "now",
    "",
    "1764000000",
]
FIELDS = [
    (NotificationCreate, "send_at"),
    (NotificationCreate, "expires_at"),
    (NotificationPatch, "send_at"),
    (NotificationPatch, "expires_at"),
    (NotificationQuery, "accepted_after"),
    (NotificationQuery, "accepted_before"),
]


@pytest.fixture(autouse=True)
def _the_usual_range() -> Iterator[None]:
    times.allow(times.EARLIEST, times.LATEST)
    yield
    times.allow(times.EARLIEST, times.LATEST)


@pytest.mark.parametrize("text", GOOD)
def test_a_time_within_the_range_is_read(text: str) -> None:
    assert times.parse(text) == datetime.fromisoformat(text)


@pytest.mark.parametrize("text", BAD)
def test_any_other_is_refused_with_a_reason(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        times.parse(text)


@pytest.mark.parametrize("number", [0, 1_764_000_000, 1.5, -1, True, None, [], {}, 10**400])
def test_a_number_is_no_time(number: Any) -> None:
    with pytest.raises(ValueError, match=r"."):
        times.parse(number)


def test_the_reason_names_the_range_and_its_settings() -> None:
    times.allow(datetime(2020, 1, 1, tzinfo=UTC), datetime(2030, 1, 1, tzinfo=UTC))

    with pytest.raises(ValueError, match=r"between 2020-01-01T00:00:00Z and 2030-01-01T00:00:00Z .*EARLIEST_"):
        times.parse("2031-01-01T00:00:00Z")


@pytest.mark.parametrize(("model", "field"), FIELDS)
def test_every_field_that_is_a_time_has_the_range(model: Any, field: str) -> None:
    usual = {"title": "t", "message": "m", "user_id": 1, "user_email": None, "user_phone_number": None}
    given = usual if model is NotificationCreate else {}

    for text in ("0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z"):
        with pytest.raises(ValueError, match=rf"{field}\n.*must lie between"):
            model.model_validate(given | {field: text})


def test_the_range_is_settable_and_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EARLIEST_TIME", "2020-01-01T00:00:00Z")
    monkeypatch.setenv("LATEST_TIME", "2030-01-01T00:00:00+02:00")

    settings = load(Settings)

    assert (settings.earliest_time.year, settings.latest_time.year) == (2020, 2030)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("EARLIEST_TIME", "0001-01-01T00:00:00Z"),
        ("LATEST_TIME", "9999-12-31T23:59:59Z"),
        ("LATEST_TIME", "1969-01-01T00:00:00Z"),
        ("LATEST_TIME", "2030-01-01T00:00:00"),
        ("EARLIEST_TIME", "yesterday"),
    ],
)
def test_a_range_that_cannot_be_is_refused_at_start(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)

    with pytest.raises(ConfigurationError, match=f"^{name}: "):
        load(Settings)


def test_a_key_cannot_be_made_to_outlive_the_range() -> None:
    assert _duration("--expires", "90d") == timedelta(days=90)
    with pytest.raises(ConfigurationError, match="--expires: its end must lie between"):
        _duration("--expires", "999999d")


def test_the_end_of_all_time_is_not_passed() -> None:
    assert times.later(times.LAST, timedelta(days=1)) == times.LAST
    assert times.later(times.FIRST, timedelta(days=-1)) == times.FIRST
    assert times.later(times.EARLIEST, timedelta(days=1)) == datetime(1970, 1, 2, tzinfo=UTC)


@pytest.mark.parametrize("id_", [UUID(int=2**128 - 1), UUID("ffffffff-ffff-4fff-bfff-ffffffffffff"), UUID(int=0)])
def test_a_foreign_id_has_a_time(id_: UUID) -> None:
    assert times.FIRST <= time_of(id_) <= times.LAST
