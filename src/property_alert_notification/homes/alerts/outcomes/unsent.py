"""Which facts the ledger has of a person, although no alert that tells them is sent, was, or may have been. Pure.

The ledger is written when an alert is submitted. If the alert then ends unsent, because the user refuses its channel or
its searches are paused, it must not keep the other searches of its user from telling its facts.
"""

from collections.abc import Collection, Iterable, Mapping

from property_alert_notification.base.reasons import ReasonCode
from property_alert_notification.base.vocabulary import Approval
from property_alert_notification.homes.alerts.ledger.queries import PersonsFact
from property_alert_notification.homes.alerts.outcomes.alerts import TellingDelivery, by_alert, outcome_of_alert
from property_alert_notification.homes.alerts.outcomes.words import Outcome
from property_alert_notification.homes.alerts.stored_keys import parts_of

Unsent = Mapping[PersonsFact, frozenset[int]]
"""The facts of which all alerts ended unsent, each with the searches by which these alerts were to be sent.

These searches do not tell it again.
"""


def unsent_of(rows: Iterable[TellingDelivery], wanted: Collection[PersonsFact]) -> Unsent:
    """Those of these facts that alerts were to tell which all ended unsent.

    A fact of which no alert is known counts as told. Likewise one of which alerts were only not sent because another
    alert told it: that one is not kept any more.
    """
    # An alert that waits for approval, or was rejected, has put no fact into the ledger.
    alerts = by_alert(row for row in rows if row.approval in (None, Approval.APPROVED))
    found = ((fact, _senders(fact[1], list(alerts.get((fact[0], fact[2]), {}).values()))) for fact in wanted)
    return {fact: senders for fact, senders in found if senders is not None}


def _senders(fact: str, alerts: Collection[list[TellingDelivery]]) -> frozenset[int] | None:
    """By which searches a fact was to be told; None if an alert tells it or told it, or if none is known."""
    telling = [one for one in alerts if fact in parts_of(one[0].facts)]
    every = [row for one in alerts for row in one]
    became = [outcome_of_alert(one, every) for one in telling]
    if any(one.outcome is not Outcome.NOT_TOLD for one in became):
        return None
    if all(one.code is ReasonCode.ALREADY_TOLD for one in became):
        return None
    return frozenset(int(number) for one in telling for number in parts_of(one[0].senders))
