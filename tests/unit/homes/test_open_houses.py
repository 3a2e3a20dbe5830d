"""What is understood of open houses, and when one is over."""

from datetime import datetime, timedelta
from itertools import permutations
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from property_alert_notification.base.errors import InvalidField
from property_alert_notification.homes.reso.open_house_times import is_over
from property_alert_notification.homes.reso.open_houses import is_public, open_houses_of

SEATTLE, BERLIN = ZoneInfo("America/Los_Angeles"), ZoneInfo("Europe/Berlin")
INSTANT = timedelta(microseconds=1)


def on_sunday(start: str | None = None, end: str | None = None) -> dict[str, Any]:
    given = {"OpenHouseDate": "2026-12-06", "OpenHouseStartTime": start, "OpenHouseEndTime": end}
    return {name: value for name, value in given.items() if value is not None}


@pytest.mark.parametrize(
    ("one", "ends_at"),
    [
        # Its record does not say where it is: it is over when it is over everywhere.
        (on_sunday("13:00:00", "15:30:00"), "2026-12-07T03:30:00Z"),
        (on_sunday("2026-12-06T19:00:00Z", "15:30:00"), "2026-12-07T03:30:00Z"),
        # Without an end it is over with its day.
        (on_sunday("13:00:00"), "2026-12-07T12:00:00Z"),
        (on_sunday(), "2026-12-07T12:00:00Z"),
        (on_sunday("2026-12-06T13:00:00Z"), "2026-12-07T12:00:00Z"),
        (on_sunday("2026-12-06T13:00:00-08:00"), "2026-12-07T08:00:00Z"),
        # An end with its offset is a moment.
        (on_sunday("13:00:00", "2026-12-06T21:00:00Z"), "2026-12-06T21:00:00Z"),
        (on_sunday("2026-12-06T13:00:00-08:00", "2026-12-06T15:30:00-08:00"), "2026-12-06T23:30:00Z"),
        # It ends after midnight.
        (on_sunday("20:00:00", "00:30:00"), "2026-12-07T12:30:00Z"),
    ],
)
def test_an_open_house_is_over_at_its_end(one: Any, ends_at: str) -> None:
    end = datetime.fromisoformat(ends_at)
    assert (is_over(one, end - INSTANT), is_over(one, end)) == (False, True)


def understood(zone: ZoneInfo | None = None, **given: Any) -> dict[str, Any]:
    [found] = open_houses_of({"OpenHouse": [{"OpenHouseDate": "2026-12-06"} | given]}, zone) or []
    return found


def times_of(day: str | None, start: str | None, end: str | None, zone: ZoneInfo | None = None) -> tuple[Any, ...]:
    found = understood(zone, OpenHouseDate=day, OpenHouseStartTime=start, OpenHouseEndTime=end)
    return tuple(found.get(f"OpenHouse{name}") for name in ("Date", "StartTime", "EndTime"))


def test_open_houses_are_read() -> None:
    given = [
        {"OpenHouseKey": 2, "OpenHouseDate": "2026-12-01", "OpenHouseStartTime": "13:00", "OpenHouseEndTime": "15:00"},
        {"OpenHouseKey": "1", "OpenHouseStartTime": "2026-12-02T21:00:00Z", "OpenHouseStatus": "Cancelled"},
    ]
    one = {"OpenHouseDate": "2026-12-02", "OpenHouseStartTime": "2026-12-02T21:00:00Z", "OpenHouseStatus": "Canceled"}
    two = given[0] | {"OpenHouseStartTime": "13:00:00", "OpenHouseEndTime": "15:00:00", "OpenHouseStatus": "Active"}

    found = [{"OpenHouseKey": "1", **one}, two | {"OpenHouseKey": "2"}]
    assert open_houses_of({"OpenHouses": given}, None) == open_houses_of({"OpenHouse": given[::-1]}, None) == found
    assert open_houses_of({}, None) is None


@pytest.mark.parametrize(
    ("day", "start", "end", "zone", "meant"),
    [
        # Where it is, is known: a time is the one of its clocks, however it is written.
        ("2026-12-06", "1:00 PM", "3:30 PM", SEATTLE, ("2026-12-06", "13:00:00-08:00", "15:30:00-08:00")),
        ("12/16/2026", "1:00 PM", None, SEATTLE, ("2026-12-16", "13:00:00-08:00", None)),
        ("2026-12-06", "2026-12-06T21:00:00Z", "2026-12-06T23:30:00.000Z", SEATTLE,
         ("2026-12-06", "13:00:00-08:00", "15:30:00-08:00")),
        ("2026-12-06T00:00:00Z", "2026-12-06T13:00:00", "15:30", SEATTLE,
         ("2026-12-06", "13:00:00-08:00", "15:30:00-08:00")),
        ("2026-06-06", "13:00", None, SEATTLE, ("2026-06-06", "13:00:00-07:00", None)),
        ("2026-12-06", "13:00", None, ZoneInfo("Europe/London"), ("2026-12-06", "13:00:00+00:00", None)),
        ("2026-12-06", "1900-01-01T13:00:00", "1900-01-01T15:30:00", SEATTLE,
         ("2026-12-06", "13:00:00-08:00", "15:30:00-08:00")),
        # The day of the feed is that of UTC, or the midnight in UTC at which the day begins.
        ("2026-12-07", "2026-12-07T01:00:00Z", None, SEATTLE, ("2026-12-06", "17:00:00-08:00", None)),
        (None, "2026-12-07T01:00:00Z", None, SEATTLE, ("2026-12-06", "17:00:00-08:00", None)),
        ("2026-12-05T23:00:00.000Z", "13:00", None, BERLIN, ("2026-12-06", "13:00:00+01:00", None)),
        # It is not known: the offset of the record says it, unless it is UTC.
        ("2026-12-06", "2026-12-06T13:00:00-08:00", "15:30", None, ("2026-12-06", "13:00:00-08:00", "15:30:00-08:00")),
        ("2026-12-07", "2026-12-06T17:00:00-08:00", None, None, ("2026-12-06", "17:00:00-08:00", None)),
        ("2026-12-06", "2026-12-07T01:00:00Z", None, None, ("2026-12-06", "2026-12-07T01:00:00Z", None)),
    ],
)  # fmt: skip
def test_a_time_is_that_where_the_open_house_is(day: Any, start: str, end: Any, zone: Any, meant: Any) -> None:
    date, *clocks = meant
    texts = (None if clock is None else clock if "T" in clock else f"{date}T{clock}" for clock in clocks)
    assert times_of(day, start, end, zone) == (date, *texts)


@pytest.mark.parametrize("feed", [SEATTLE, None])
def test_the_zone_that_a_record_names_counts_before_that_of_the_feed(feed: ZoneInfo | None) -> None:
    def start(name: Any) -> Any:
        given = {"OpenHouseDate": "2026-12-06", "OpenHouseStartTime": "2026-12-06T20:00:00Z"}
        [one] = open_houses_of({"PropertyTimeZoneName": name, "OpenHouse": [given]}, feed) or []
        return one["OpenHouseStartTime"]

    assert start("America/Denver") == start(" America/Denver ") == "2026-12-06T13:00:00-07:00"
    of_feed = "2026-12-06T20:00:00Z" if feed is None else "2026-12-06T12:00:00-08:00"
    for unknown in ("Mountain", "MST", "EST5EDT", "Etc/GMT+7", "UTC", "../Denver", "", None, 7, ["America/Denver"]):
        assert start(unknown) == of_feed


@pytest.mark.parametrize("zone", [SEATTLE, None])
def test_an_end_before_the_start_is_one_after_midnight_or_refused(zone: ZoneInfo | None) -> None:
    _, start, end = times_of("2026-12-06", "22:00", "1:00", zone)
    there = ("2026-12-06T22:00:00-08:00", "2026-12-07T01:00:00-08:00")
    assert (start, end) == (("22:00:00", "01:00:00") if zone is None else there)
    for begin, wrong in [("15:00", "13:00"), ("13:00", "1:00"), ("11:00", "1:00")]:
        assert refused(zone, OpenHouseStartTime=begin, OpenHouseEndTime=wrong) == "OpenHouse.OpenHouseEndTime"
    moments = {"OpenHouseStartTime": "2026-12-06T22:00:00Z", "OpenHouseEndTime": "2026-12-06T21:00:00Z"}
    assert refused(zone, **moments) == "OpenHouse.OpenHouseEndTime"


def test_an_end_that_is_the_start_is_not_known() -> None:
    assert times_of("2026-12-06", "13:00", "13:00:00") == ("2026-12-06", "13:00:00", None)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"OpenHouseDate": None}, "OpenHouseDate"),
        ({"OpenHouseDate": None, "OpenHouseStartTime": "13:00"}, "OpenHouseDate"),
        ({"OpenHouseDate": None, "OpenHouseStartTime": "1900-01-01T13:00:00"}, "OpenHouseDate"),
        ({"OpenHouseDate": "12/06/2026"}, "OpenHouseDate"),
        ({"OpenHouseDate": "9999-12-31"}, "OpenHouseDate"),
        ({"OpenHouseStartTime": "1900-01-01T13:00:00Z"}, "OpenHouseStartTime"),
        ({"OpenHouseStartTime": "2026-12-08T13:00:00-08:00"}, "OpenHouseStartTime"),
        ({"OpenHouseStatus": "Perhaps"}, "OpenHouseStatus"),
        ({"OpenHouseType": {"a": 1}}, "OpenHouseType"),
        ({"AppointmentRequiredYN": "sometimes"}, "AppointmentRequiredYN"),
        ({"OpenHouseKey": "x" * 256}, "OpenHouseKey"),
    ],
)
def test_what_cannot_be_understood_is_refused_by_its_field(given: Any, field: str) -> None:
    assert refused(None, **given) == f"OpenHouse.{field}"


def refused(zone: ZoneInfo | None, **given: Any) -> str:
    with pytest.raises(InvalidField) as fault:
        understood(zone, **given)
    return fault.value.field


def test_only_a_list_of_open_houses_is_understood() -> None:
    for wrong in ("Sunday", [1], [{"OpenHouseDate": "2026-12-06"}] * 101):
        with pytest.raises(InvalidField) as fault:
            open_houses_of({"OpenHouse": wrong}, None)
        assert fault.value.field == "OpenHouse"


@pytest.mark.parametrize(
    ("given", "meant", "is_for_all"),
    [
        (None, None, True),
        ("", None, True),
        ("Public", "Public", True),
        ("LivestreamPublic", "Livestream Public", True),
        ("Virtual", "Livestream Public", True),
        ("InPersonAndLivestreamPublic", "In Person And Livestream Public", True),
        (["Broker", "Public"], "Public", True),
        ("Broker", "Broker", False),
        ("Livestream Broker", "Livestream Broker", False),
        ("Office", "Office", False),
        ("Private", "Private", False),
        ("Caravan", "Caravan", False),
    ],
)
def test_a_type_says_whether_it_is_for_everybody(given: Any, meant: str | None, *, is_for_all: bool) -> None:
    found = understood(OpenHouseType=given)
    assert (found.get("OpenHouseType"), is_public(found)) == (meant, is_for_all)


@pytest.mark.parametrize(("status", "meant"), [("Scheduled", "Active"), ("past", "Ended"), ("Cancelled", "Canceled")])
def test_a_status_is_understood(status: str, meant: str) -> None:
    assert understood(OpenHouseStatus=status)["OpenHouseStatus"] == meant


@pytest.mark.parametrize("keys", [{}, {"OpenHouseKey": "1"}])
def test_open_houses_are_told_apart_by_their_times_where_their_keys_are_the_same(keys: dict[str, str]) -> None:
    some = [
        {"OpenHouseDate": "2026-12-06", "OpenHouseStartTime": "13:00", "OpenHouseEndTime": end, "OpenHouseType": kind}
        for end, kind in (("14:00", "Broker"), ("15:00", "Public"), ("15:00", "Broker"))
    ]
    for given in permutations(some):
        found = open_houses_of({"OpenHouse": [one | keys for one in given]}, None) or []
        assert sorted((one["OpenHouseEndTime"], one["OpenHouseType"]) for one in found) == [
            ("14:00:00", "Broker"), ("15:00:00", "Public")
        ]  # fmt: skip
        assert len({one["OpenHouseKey"] for one in found}) == 2
