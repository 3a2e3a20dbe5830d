"""How what a replay tells differs from what became of it then."""

from dataclasses import replace
from typing import Any

import pytest

from property_alert_notification.base.reasons import Reason, ReasonCode
from property_alert_notification.homes.alerts.outcomes.replayed import Evidence, beside_replay
from property_alert_notification.homes.alerts.outcomes.words import Became, Outcome

NOT_TOLD = Became(Outcome.NOT_TOLD, Reason(ReasonCode.LISTING_GONE), "email")
TOLD = Evidence(
    is_replayed=True,
    was_matched=True,
    was_told=True,
    is_matched_yet=True,
    was_replayed=False,
    became=Became(Outcome.TOLD),
    stops=None,
    is_as_then=True,
)
NEW = {"was_told": False, "was_matched": False, "is_as_then": False}


@pytest.mark.parametrize(
    ("known", "outcome"),
    [
        ({}, "told"),
        ({"was_matched": False}, "told"),
        ({"is_as_then": False, "was_matched": False}, "told"),
        ({"was_replayed": True}, "already_told"),
        ({"became": NOT_TOLD}, "not_told"),
        ({"was_told": False, "became": Became(Outcome.REJECTED)}, "rejected"),
        ({"was_told": False, "was_matched": False}, "missed"),
        ({"was_told": False, "was_matched": False, "is_matched_yet": False}, "not_yet_matched"),
        (NEW, "would_be_told"),
        (NEW | {"stops": NOT_TOLD}, "not_told"),
        ({"is_replayed": False}, "would_not_be_told"),
        ({"is_replayed": False, "became": Became(Outcome.ON_ITS_WAY)}, "would_not_be_told"),
        ({"is_replayed": False, "became": NOT_TOLD}, None),
        ({"is_replayed": False, "was_matched": False}, None),
        ({"is_replayed": False, "was_told": False}, None),
    ],
)
def test_each_difference_has_its_word(known: dict[str, Any], outcome: str | None) -> None:
    became = beside_replay(replace(TOLD, **known))
    assert (became and became.outcome) == outcome


def test_an_outcome_of_then_keeps_its_reason() -> None:
    assert beside_replay(replace(TOLD, became=NOT_TOLD)) == NOT_TOLD
    assert beside_replay(replace(TOLD, stops=NOT_TOLD, **NEW)) == NOT_TOLD  # type: ignore[arg-type]
