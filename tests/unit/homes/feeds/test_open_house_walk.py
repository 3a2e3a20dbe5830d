"""Which events are stored of open houses that a server lists."""

from typing import Any
from zoneinfo import ZoneInfo

import pytest

from property_alert_notification.homes.feeds.entity_events import Event
from property_alert_notification.homes.feeds.open_house_walk import events_of_changes


@pytest.mark.parametrize(
    ("record", "events"),
    [
        (
            {"OpenHouseKey": "a", "ModificationTimestamp": "2026-11-30T12:00:00.000001Z"},
            [Event(1_796_040_000_000_001, "a", "OpenHouse")],
        ),
        (
            {"OpenHouseKey": 7, "ModificationTimestamp": "2026-11-30T04:00:00"},
            [Event(1_796_040_000_000_000, "7", "OpenHouse")],
        ),
        ({"OpenHouseKey": "a", "ModificationTimestamp": "soon"}, []),
        ({"OpenHouseKey": "a"}, []),
        ({"OpenHouseKey": "a\x00", "ModificationTimestamp": "2026-11-30T12:00:00Z"}, []),
        ({"ModificationTimestamp": "2026-11-30T12:00:00Z"}, []),
        ("a", []),
    ],
)
def test_each_open_house_that_says_when_it_changed_makes_an_event(record: Any, events: list[Event]) -> None:
    assert events_of_changes([record], ZoneInfo("America/Los_Angeles")) == events
