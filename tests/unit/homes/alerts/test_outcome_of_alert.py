"""What `explain` says became of an alert that needs, or needed, approval, and of what it tells."""

from uuid import UUID

import pytest

from property_alert_notification.base.reasons import Reason, ReasonCode, cancelled_by
from property_alert_notification.homes.alerts.approvals.facts.queries import AskingDelivery
from property_alert_notification.homes.alerts.explain.outcome import outcome_of_alert, outcomes_of_facts
from property_alert_notification.homes.alerts.outcome import Became, Outcome

HOME, FIRST, SECOND = UUID(int=1), UUID(int=2), UUID(int=3)
NOT_DECIDED = Reason(ReasonCode.WAITS_FOR_APPROVAL).behind(ReasonCode.NOT_DECIDED)
TOLD = Became(Outcome.TOLD)
REJECTED = Became(Outcome.REJECTED, Reason(ReasonCode.REJECTED))
WAITS = Became(Outcome.WAITS_FOR_APPROVAL, Reason(ReasonCode.WAITS_FOR_APPROVAL))


def a_row(
    approval: str | None, state: str | None, reason: Reason | None = None, *, status: str | None = None, by: str = "ada"
) -> AskingDelivery:
    return a_fact("listed", FIRST, approval, state, reason, status=status, by=by)


def a_fact(
    fact: str,
    notification: UUID,
    approval: str | None,
    state: str | None,
    reason: Reason | None = None,
    *,
    status: str | None = None,
    by: str | None = None,
) -> AskingDelivery:
    code, parameters = (None, None) if reason is None else (reason.code, reason.stored)
    return AskingDelivery(HOME, fact, notification, approval, status, by, state, "email", code, parameters)


@pytest.mark.parametrize(
    ("rows", "became"),
    [
        ([a_row(None, "sent")], TOLD),
        ([a_row("approved", "queued")], TOLD),
        ([a_row("rejected", "suppressed")], REJECTED),
        ([a_row("waiting", None, status="scheduled")], WAITS),
        ([a_row("waiting", "on_hold"), a_row("waiting", "suppressed")], WAITS),
        ([a_row("a word of a newer version", "on_hold")], WAITS),
        ([a_row("waiting", "expired", NOT_DECIDED)], Became(Outcome.NOT_TOLD, NOT_DECIDED, "email")),
        (
            [a_row("waiting", "suppressed"), a_row("waiting", "cancelled", cancelled_by("ada"))],
            Became(Outcome.NOT_TOLD, cancelled_by("ada"), "email"),
        ),
        # It has no deliveries, and never will.
        ([a_row("waiting", None, status="suppressed")], Became(Outcome.NOT_TOLD, Reason(ReasonCode.NO_ADDRESS))),
        ([a_row("waiting", None, status="cancelled")], Became(Outcome.NOT_TOLD, cancelled_by("ada"))),
        ([a_row("waiting", None, status="expired")], Became(Outcome.NOT_TOLD, Reason(ReasonCode.EXPIRED))),
    ],
)
def test_an_alert_counts_as_told_only_if_it_needs_no_approval_or_was_approved(
    rows: list[AskingDelivery], became: Became
) -> None:
    assert outcome_of_alert(rows) == became


def test_a_fact_has_the_best_outcome_of_the_alerts_that_tell_it_and_no_other_fact_has_it() -> None:
    rows = [
        a_fact("listed", FIRST, "rejected", "suppressed", Reason(ReasonCode.REJECTED)),
        a_fact("listed", SECOND, "waiting", "on_hold", Reason(ReasonCode.WAITS_FOR_APPROVAL)),
        a_fact("listed", SECOND, "waiting", "suppressed", Reason(ReasonCode.USER_OPTED_OUT)),
        a_fact("sold", FIRST, "rejected", "suppressed", Reason(ReasonCode.REJECTED)),
        a_fact("cut", FIRST, "waiting", "expired", NOT_DECIDED),
    ]
    expected = {
        (HOME, "listed"): WAITS,
        (HOME, "sold"): REJECTED,
        (HOME, "cut"): Became(Outcome.NOT_TOLD, NOT_DECIDED, "email"),
    }
    assert outcomes_of_facts(rows) == outcomes_of_facts(reversed(rows)) == expected
