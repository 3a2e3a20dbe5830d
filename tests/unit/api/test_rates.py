"""Rates: as people write them, and the windows they make."""

from datetime import UTC, datetime, timedelta

import pytest

from property_alert_notification.api.access.rates import Rate, parse_rate


@pytest.mark.parametrize(
    ("text", "rate"),
    [("5/s", Rate(5, 1)), ("100/min", Rate(100, 60)), ("1000/h", Rate(1000, 3600)), ("9/day", Rate(9, 86_400))],
)
def test_a_rate_is_read_and_written_the_same_way(text: str, rate: Rate) -> None:
    assert parse_rate(text) == rate
    assert str(rate) == text


def test_a_rate_of_another_period_is_written_in_seconds() -> None:
    assert str(Rate(7, 90)) == "7/90s"


@pytest.mark.parametrize(
    "text", ["", "100", "0/s", "-1/s", "1.5/s", "100/year", "100 / min", "9999999999/s", "\u0661/s"]
)
def test_what_is_no_rate_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match=r"^must be a number per s, min, h or day\. Example: 100/min$"):
        parse_rate(text)


@pytest.mark.parametrize(
    ("period", "start"),
    [
        (1, datetime(2026, 3, 8, 14, 25, 36, tzinfo=UTC)),
        (60, datetime(2026, 3, 8, 14, 25, tzinfo=UTC)),
        (3600, datetime(2026, 3, 8, 14, tzinfo=UTC)),
        (86_400, datetime(2026, 3, 8, tzinfo=UTC)),
    ],
)
def test_windows_begin_where_clocks_show_round_figures(period: int, start: datetime) -> None:
    window = Rate(1, period).window(datetime(2026, 3, 8, 14, 25, 36, 789_000, tzinfo=UTC))

    assert window == (start, start + timedelta(seconds=period))
