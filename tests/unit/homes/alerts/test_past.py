"""Why a search saw no change, by its versions."""

import pytest

from property_alert_notification.homes.alerts.outcomes.past import PastVersion, why_inactive


def a_version(version: int, since: int, until: int | None, number: int = 7) -> PastVersion:
    return PastVersion(number, version, since, until, "", "", "ASAP")


FIRST, RESUMED = a_version(1, 10, 20), a_version(3, 40, None)


@pytest.mark.parametrize(
    ("versions", "sequence", "code"),
    [
        ([FIRST], 9, "search_saved_later"),
        ([FIRST], 10, "search_saved_later"),
        ([FIRST], 25, "search_paused"),
        ([RESUMED, FIRST], 35, "search_paused"),
        ([RESUMED, FIRST], 5, "search_saved_later"),
        # The earlier versions are not kept any more.
        ([RESUMED], 35, None),
        ([a_version(1, 10, None, number=8)], 5, None),
    ],
)
def test_a_search_was_saved_later_or_paused_before(
    versions: list[PastVersion], sequence: int, code: str | None
) -> None:
    why = why_inactive(7, sequence, versions)
    assert (why and why.code) == code
