"""When an open house is over."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from property_alert_notification.homes.reso.open_houses import LAST_ZONE, is_over

SEATTLE, BERLIN = ZoneInfo("America/Los_Angeles"), ZoneInfo("Europe/Berlin")
INSTANT = timedelta(microseconds=1)


def on_sunday(start: str | None = None, end: str | None = None) -> dict[str, Any]:
    given = {"OpenHouseDate": "2026-12-06", "OpenHouseStartTime": start, "OpenHouseEndTime": end}
    return {name: value for name, value in given.items() if value is not None}


@pytest.mark.parametrize(
    ("one", "zones", "ends_at"),
    [
        (on_sunday("13:00:00", "15:30:00"), [SEATTLE], "2026-12-06T23:30:00Z"),
        (on_sunday("13:00:00", "15:30:00"), [BERLIN], "2026-12-06T14:30:00Z"),
        (on_sunday("13:00:00", "15:30:00"), [SEATTLE, BERLIN], "2026-12-06T23:30:00Z"),
        (on_sunday("13:00:00", "15:30:00"), [LAST_ZONE], "2026-12-07T03:30:00Z"),
        # Without an end it is over with its day.
        (on_sunday("13:00:00"), [BERLIN], "2026-12-06T23:00:00Z"),
        (on_sunday(), [LAST_ZONE], "2026-12-07T12:00:00Z"),
        # An end with its offset is a moment wherever the home is.
        (on_sunday("13:00:00", "2026-12-06T21:00:00Z"), [BERLIN, LAST_ZONE], "2026-12-06T21:00:00Z"),
        (on_sunday("2026-12-06T19:00:00Z", "15:30:00"), [SEATTLE], "2026-12-06T23:30:00Z"),
        # It ends after midnight.
        (on_sunday("20:00:00", "00:30:00"), [BERLIN], "2026-12-06T23:30:00Z"),
    ],
)
def test_an_open_house_is_over_once_it_is_in_every_zone_of_a_feed(one: Any, zones: Any, ends_at: str) -> None:
    end = datetime.fromisoformat(ends_at)
    assert (is_over(one, end - INSTANT, zones), is_over(one, end, zones)) == (False, True)
