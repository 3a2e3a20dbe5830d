"""What `explain` says became of an alert that needs, or needed, approval, and of what it tells."""

from uuid import UUID

import pytest

from property_alert_notification.homes.alerts.approvals.facts.queries import AskingDelivery
from property_alert_notification.homes.alerts.explain.outcome import outcome_of_alert, outcomes_of_facts
from property_alert_notification.homes.alerts.outcome import Outcome


@pytest.mark.parametrize(
    ("approval", "states", "outcome"),
    [
        (None, ["sent"], Outcome.TOLD),
        ("approved", ["queued"], Outcome.TOLD),
        ("rejected", ["suppressed"], Outcome.REJECTED),
        ("waiting", [None], Outcome.WAITS_FOR_APPROVAL),
        ("waiting", ["on_hold", "suppressed"], Outcome.WAITS_FOR_APPROVAL),
        ("waiting", ["expired"], Outcome.NOT_TOLD),
        ("a word of a newer version", ["on_hold"], Outcome.WAITS_FOR_APPROVAL),
        ("waiting", ["cancelled", "suppressed"], Outcome.NOT_TOLD),
    ],
)
def test_an_alert_counts_as_told_only_if_it_needs_no_approval_or_was_approved(
    approval: str | None, states: list[str | None], outcome: Outcome
) -> None:
    assert outcome_of_alert(approval, states) is outcome


def test_a_fact_has_the_best_outcome_of_the_alerts_that_tell_it_and_no_other_fact_has_it() -> None:
    home, first, second = UUID(int=1), UUID(int=2), UUID(int=3)
    rows = [
        AskingDelivery(home, "listed", first, "rejected", "suppressed"),
        AskingDelivery(home, "listed", second, "waiting", "on_hold"),
        AskingDelivery(home, "listed", second, "waiting", "suppressed"),
        AskingDelivery(home, "sold", first, "rejected", "suppressed"),
    ]
    expected = {(home, "listed"): Outcome.WAITS_FOR_APPROVAL, (home, "sold"): Outcome.REJECTED}
    assert outcomes_of_facts(rows) == outcomes_of_facts(reversed(rows)) == expected
