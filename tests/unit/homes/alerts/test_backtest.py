"""How what a replay tells differs from what the person was told."""

from dataclasses import replace

import pytest

from property_alert_notification.homes.alerts.backtest.outcome import Evidence, outcome_of
from property_alert_notification.homes.alerts.outcome import Outcome

TOLD = Evidence(
    is_replayed=True,
    was_matched=True,
    was_told=True,
    is_matched_yet=True,
    was_replayed=False,
    waits=False,
    untold=None,
    is_stopped=False,
    is_as_then=True,
)


@pytest.mark.parametrize(
    ("known", "outcome"),
    [
        ({}, "told"),
        ({"was_matched": False}, "told"),
        ({"is_as_then": False, "was_matched": False}, "told"),
        ({"was_replayed": True}, "already_told"),
        ({"was_told": False}, "not_told"),
        ({"was_told": False, "waits": True}, "waits_for_digest"),
        ({"was_told": False, "untold": Outcome.REJECTED}, "rejected"),
        ({"was_told": False, "waits": True, "untold": Outcome.REJECTED}, "waits_for_digest"),
        ({"was_told": False, "was_matched": False}, "missed"),
        ({"was_told": False, "was_matched": False, "is_matched_yet": False}, "not_yet_matched"),
        ({"was_told": False, "was_matched": False, "is_as_then": False}, "would_be_told"),
        ({"was_told": False, "was_matched": False, "is_as_then": False, "is_stopped": True}, "not_told"),
        ({"is_replayed": False}, "would_not_be_told"),
        ({"is_replayed": False, "was_matched": False}, None),
        ({"is_replayed": False, "was_told": False}, None),
    ],
)
def test_each_difference_has_its_word(known: dict[str, bool], outcome: str | None) -> None:
    assert outcome_of(replace(TOLD, **known)) == outcome
