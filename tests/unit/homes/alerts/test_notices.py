"""Whether a message about a saved search still holds."""

import pytest

from property_alert_notification.base.reasons import Reason
from property_alert_notification.homes.alerts.before_sending.freshness import SEARCH_PAUSED
from property_alert_notification.homes.alerts.notices.rules import SEARCH_CHANGED, SearchNow, why_outdated
from property_alert_notification.homes.alerts.notices.scripts import outdated_notices

FIRST_ALERT = None


@pytest.mark.parametrize(
    ("about", "now", "why"),
    [
        (3, SearchNow(3, active=True), None),
        (3, SearchNow(3, active=False), None),  # the check that it tells of paused the search
        (3, SearchNow(4, active=True), SEARCH_CHANGED),
        (3, SearchNow(4, active=False), SEARCH_PAUSED),
        (3, None, SEARCH_PAUSED),
        (FIRST_ALERT, SearchNow(3, active=True), None),
        (FIRST_ALERT, SearchNow(3, active=False), SEARCH_PAUSED),
        (FIRST_ALERT, None, SEARCH_PAUSED),
    ],
)
def test_a_message_about_a_search_holds_as_long_as_its_version(
    about: int | None, now: SearchNow | None, why: Reason | None
) -> None:
    assert why_outdated(about, now) == why


def test_a_batch_in_which_all_tell_of_homes_takes_no_statement() -> None:
    assert list(outdated_notices(())) == []
