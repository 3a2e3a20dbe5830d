"""What became of the facts of alerts that newer ones replaced right before they were sent. Pure."""

from collections.abc import Iterable, Sequence
from itertools import groupby
from uuid import UUID

from property_alert_notification.base.damaged import readable
from property_alert_notification.base.reasons import Reason, ReasonCode
from property_alert_notification.base.vocabulary import DeliveryState
from property_alert_notification.deliveries.states import ENDED
from property_alert_notification.homes.alerts.before_sending.rules import OUT
from property_alert_notification.homes.alerts.changes import ReadChange
from property_alert_notification.homes.alerts.details import AlertDetails, ToldFact
from property_alert_notification.homes.alerts.explain.queries import AlertDelivery
from property_alert_notification.homes.alerts.outcome import Became, Outcome

_REPLACED = (ReasonCode.NEWER_ALERT, ReasonCode.PRICE_CHANGED_SINCE)


def told_by(one: AlertDelivery, alerts: Sequence[AlertDelivery]) -> UUID | None:
    """The alert that told what this delivery was to tell: the first newer one that went out on its channel.

    None if a newer one did not replace it, or none went out. `alerts` are all about the home, the newest first.
    """
    if not _is_replaced(one):
        return None
    return next((newer.notification_id for newer in reversed(_newer(one, alerts)) if newer.state in OUT), None)


def untold_facts(alerts: Sequence[AlertDelivery], changes: Iterable[ReadChange]) -> dict[str, Became]:
    """The facts of these changes that only alerts tell which newer ones replaced that did not go out, and why.

    By the keys of the facts. `alerts` are all about the home, the newest first.
    """
    told: dict[tuple[UUID, int], list[tuple[ToldFact, Became | None]]] = {}
    for _, rows in groupby(alerts, key=lambda one: one.notification_id):
        its = list(rows)
        why = _why_untold(its, alerts)
        for details in readable([its[0].details], AlertDetails.read, "alert.unreadable"):
            place = told.setdefault((its[0].listing_id, its[0].sequence), [])
            place += [(fact, why) for fact in details.facts]
    found = {}
    for change in changes:
        facts = told.get((change.listing_id, change.sequence), ())
        for news in change.news:
            reasons = [why for fact, why in facts if fact in ToldFact.all_of(news)]
            if reasons and None not in reasons:
                found[news.key] = reasons[0]
    return {key: why for key, why in found.items() if why is not None}


def _why_untold(rows: Sequence[AlertDelivery], alerts: Sequence[AlertDelivery]) -> Became | None:
    """Why nobody was told by an alert that was replaced, and by no newer one instead; None if this is not so."""
    if not any(map(_is_replaced, rows)) or any(map(_goes_out, rows)):
        return None
    reasons = []
    for one in filter(_is_replaced, rows):
        newer = _newer(one, alerts)
        if any(map(_goes_out, newer)):
            return None
        ended = (each for each in newer if each.reason_code and not _is_replaced(each))
        its = next(ended, one)
        reasons.append(Became(Outcome.NOT_TOLD, Reason.read(its.reason_code, its.reason_parameters), its.channel or ""))
    return reasons[0]


def _newer(one: AlertDelivery, alerts: Iterable[AlertDelivery]) -> list[AlertDelivery]:
    """The deliveries on the same channel of newer alerts that tell of the home, in the order of `alerts`."""
    return [
        each
        for each in alerts
        # Those whose addresses are looked up may get one on this channel.
        if each.sequence > one.sequence and each.channel in (one.channel, None) and each.left_out is None
    ]


def _is_replaced(one: AlertDelivery) -> bool:
    return one.state == DeliveryState.SUPPRESSED and one.reason_code in _REPLACED


def _goes_out(one: AlertDelivery) -> bool:
    """Whether it was sent, or may still be."""
    return one.state in OUT or one.state not in ENDED
