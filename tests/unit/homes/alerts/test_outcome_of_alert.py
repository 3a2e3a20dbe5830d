"""What `explain` says became of an alert that needs, or needed, approval."""

import pytest

from property_alert_notification.homes.alerts.explain.outcome import Outcome, outcome_of_alert


@pytest.mark.parametrize(
    ("approval", "states", "outcome"),
    [
        (None, ["sent"], Outcome.TOLD),
        ("approved", ["queued"], Outcome.TOLD),
        ("rejected", ["suppressed"], Outcome.REJECTED),
        ("waiting", [None], Outcome.WAITS_FOR_APPROVAL),
        ("waiting", ["on_hold", "suppressed"], Outcome.WAITS_FOR_APPROVAL),
        ("waiting", ["expired"], Outcome.NOT_TOLD),
        ("waiting", ["cancelled", "suppressed"], Outcome.NOT_TOLD),
    ],
)
def test_an_alert_counts_as_told_only_if_it_needs_no_approval_or_was_approved(
    approval: str | None, states: list[str | None], outcome: Outcome
) -> None:
    assert outcome_of_alert(approval, states) is outcome
