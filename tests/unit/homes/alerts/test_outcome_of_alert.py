"""What `explain` says became of an alert that needs, or needed, approval, and of what it tells."""

from uuid import UUID

import pytest

from property_alert_notification.base.reasons import ReasonCode
from property_alert_notification.homes.alerts.approvals.facts.queries import AskingDelivery
from property_alert_notification.homes.alerts.explain.outcome import outcome_of_alert, outcomes_of_facts
from property_alert_notification.homes.alerts.outcome import Became, Outcome

HOME, FIRST, SECOND = UUID(int=1), UUID(int=2), UUID(int=3)
TOLD = Became(Outcome.TOLD)
REJECTED = Became(Outcome.REJECTED, ReasonCode.REJECTED)
WAITS = Became(Outcome.WAITS_FOR_APPROVAL, ReasonCode.WAITS_FOR_APPROVAL)


def a_row(
    approval: str | None, state: str | None, reason: str | None = None, *, status: str | None = None
) -> AskingDelivery:
    return AskingDelivery(HOME, "listed", FIRST, approval, status, state, reason)


@pytest.mark.parametrize(
    ("rows", "became"),
    [
        ([a_row(None, "sent")], TOLD),
        ([a_row("approved", "queued")], TOLD),
        ([a_row("rejected", "suppressed")], REJECTED),
        ([a_row("waiting", None, status="scheduled")], WAITS),
        ([a_row("waiting", "on_hold"), a_row("waiting", "suppressed")], WAITS),
        ([a_row("a word of a newer version", "on_hold")], WAITS),
        ([a_row("waiting", "expired", "not_decided")], Became(Outcome.NOT_TOLD, ReasonCode.NOT_DECIDED)),
        (
            [a_row("waiting", "suppressed"), a_row("waiting", "cancelled", "cancelled")],
            Became(Outcome.NOT_TOLD, ReasonCode.CANCELLED),
        ),
        # It has no deliveries, and never will.
        ([a_row("waiting", None, status="suppressed")], Became(Outcome.NOT_TOLD, ReasonCode.NO_ADDRESS)),
        ([a_row("waiting", None, status="cancelled")], Became(Outcome.NOT_TOLD, ReasonCode.CANCELLED)),
        ([a_row("waiting", None, status="expired")], Became(Outcome.NOT_TOLD, ReasonCode.EXPIRED)),
    ],
)
def test_an_alert_counts_as_told_only_if_it_needs_no_approval_or_was_approved(
    rows: list[AskingDelivery], became: Became
) -> None:
    assert outcome_of_alert(rows) == became


def test_a_fact_has_the_best_outcome_of_the_alerts_that_tell_it_and_no_other_fact_has_it() -> None:
    rows = [
        AskingDelivery(HOME, "listed", FIRST, "rejected", None, "suppressed", "rejected"),
        AskingDelivery(HOME, "listed", SECOND, "waiting", None, "on_hold", "waits_for_approval"),
        AskingDelivery(HOME, "listed", SECOND, "waiting", None, "suppressed", "user_opted_out"),
        AskingDelivery(HOME, "sold", FIRST, "rejected", None, "suppressed", "rejected"),
        AskingDelivery(HOME, "cut", FIRST, "waiting", None, "expired", "not_decided"),
    ]
    expected = {
        (HOME, "listed"): WAITS,
        (HOME, "sold"): REJECTED,
        (HOME, "cut"): Became(Outcome.NOT_TOLD, ReasonCode.NOT_DECIDED),
    }
    assert outcomes_of_facts(rows) == outcomes_of_facts(reversed(rows)) == expected
