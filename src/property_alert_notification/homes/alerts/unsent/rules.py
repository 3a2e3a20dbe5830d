"""Which facts the ledger has of a person, although no alert that tells them is sent, was, or may have been. Pure.

The ledger is written when an alert is submitted. If the alert then ends unsent, because its channel or its searches
do not want it, it must not keep the other searches of its user from telling its facts.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import groupby
from typing import NamedTuple
from uuid import UUID

from property_alert_notification.base.reasons import Reason, ReasonCode, cancelled_by, code_of
from property_alert_notification.base.vocabulary import Approval, DeliveryState, NotificationStatus
from property_alert_notification.deliveries.states import OPEN
from property_alert_notification.homes.alerts.before_sending.rules import REPLACED
from property_alert_notification.homes.alerts.ledger.queries import PersonsFact
from property_alert_notification.homes.alerts.outcomes.words import Became, Outcome

SENT_OR_SOON = frozenset({*OPEN, DeliveryState.SENT, DeliveryState.DELIVERED})
"""The states of a delivery that was sent, may have been, or is still to be."""

_WITHOUT_DELIVERIES: Mapping[str, Reason] = {
    NotificationStatus.SUPPRESSED: Reason(ReasonCode.NO_ADDRESS),
    NotificationStatus.EXPIRED: Reason(ReasonCode.EXPIRED),
}


def why_without_deliveries(status: str | None, by: str | None) -> Reason | None:
    """Why a notification with this status ended that has no deliveries; `by` is the actor who cancelled it."""
    return cancelled_by(by) if status == NotificationStatus.CANCELLED else _WITHOUT_DELIVERIES.get(status or "")


def joined(parts: Iterable[str | int]) -> str:
    """Keys of facts, or numbers of searches, as the store keeps them with an alert. No key has a comma."""
    return ",".join(map(str, parts))


def _parts(text: str | None) -> list[str]:
    return text.split(",") if text else []


class AlertDelivery(NamedTuple):
    """One delivery of an alert about a home to a person; without any as long as it is not planned, or for ever."""

    asked: UUID
    """The listing of the home that was asked for."""
    person: int
    notification_id: UUID
    listing_id: UUID
    """Of the alert."""
    sequence: int
    facts: str
    senders: str | None
    left_out: str | None
    approval: str | None
    status: str | None
    """That the row of the notification keeps."""
    cancelled_by: str | None
    channel: str | None
    state: str | None
    reason_code: str | None
    reason_parameters: str | None
    was_tried: bool
    """Whether an attempt may have reached the person."""

    @property
    def is_sent_or_soon(self) -> bool:
        """Whether it was sent, may have been, or is still to be."""
        if self.state is None:
            return self.status in (None, NotificationStatus.SCHEDULED)
        return self.was_tried or self.state in SENT_OR_SOON


class Unsent(NamedTuple):
    """What became of the alerts that told a person a fact: all of them ended unsent."""

    became: Became
    """Why the newest was not sent, or the newer one that replaced it."""
    senders: frozenset[int]
    """The searches by which they were to be sent. These do not tell it again."""


class _Alert(NamedTuple):
    sequence: int
    facts: frozenset[str]
    senders: frozenset[int]
    goes_out_on: frozenset[str | None]
    """The channels on which it was sent, may have been, or is still to be; None if they are not known yet."""
    replaced_on: frozenset[str | None]
    """The channels on which a newer alert was to tell its facts."""
    became: Became
    """Why it was not sent."""

    def is_told_by(self, newer: Iterable["_Alert"]) -> bool:
        """Whether one of these newer alerts tells its facts, on a channel on which it was replaced."""
        channels = {*self.replaced_on, None}
        return bool(self.replaced_on) and any(channels & one.goes_out_on for one in newer)

    @classmethod
    def of(cls, rows: Sequence[AlertDelivery]) -> "_Alert":
        first = rows[0]
        named = rows if first.left_out is None else ()
        goes_out_on = frozenset(one.channel for one in named if one.is_sent_or_soon)
        replaced_on = frozenset(one.channel for one in named if one.reason_code in REPLACED)
        became = _ended(rows) if first.left_out is None else _not_told(Reason(code_of(first.left_out)))
        senders = frozenset(map(int, _parts(first.senders)))
        return cls(first.sequence, frozenset(_parts(first.facts)), senders, goes_out_on, replaced_on, became)


def _ended(rows: Sequence[AlertDelivery]) -> Became:
    """Why an alert was not sent; that it was replaced says the most."""
    ended = sorted(
        (one for one in rows if one.reason_code is not None),
        key=lambda one: (one.reason_code not in REPLACED, one.channel or "", one.reason_code or ""),
    )
    if not ended:
        return _not_told(why_without_deliveries(rows[0].status, rows[0].cancelled_by))
    return _not_told(Reason.read(ended[0].reason_code, ended[0].reason_parameters), ended[0].channel)


def _not_told(why: Reason | None, channel: str | None = None) -> Became:
    return Became(Outcome.NOT_TOLD, why, channel or "")


def unsent_of(rows: Iterable[AlertDelivery], wanted: Collection[PersonsFact]) -> dict[PersonsFact, Unsent]:
    """Those of these facts that alerts were to tell which all ended unsent.

    A fact of which no alert is known, because it is not kept any more, counts as told.
    """
    alerts: dict[tuple[UUID, int], list[_Alert]] = {}
    in_order = sorted(rows, key=lambda row: row[:4])
    for (asked, person, *_), its in groupby(in_order, key=lambda row: row[:4]):
        some = list(its)
        # What waits for approval, or was rejected, is not in the ledger by that.
        if some[0].approval in (None, Approval.APPROVED):
            alerts.setdefault((asked, person), []).append(_Alert.of(some))
    found = ((fact, _unsent(fact[1], alerts.get((fact[0], fact[2]), ()))) for fact in wanted)
    return {fact: its for fact, its in found if its is not None}


def _unsent(fact: str, alerts: Sequence[_Alert]) -> Unsent | None:
    in_order = sorted(alerts, key=lambda one: one.sequence)
    telling = [one for one in in_order if fact in one.facts]
    for one in telling:
        newer = (each for each in in_order if each.sequence > one.sequence)
        if one.goes_out_on or one.is_told_by(newer):
            return None
    if not telling:
        return None
    last = telling[-1]
    instead = [one for one in in_order if one.sequence > last.sequence and not one.goes_out_on and not one.replaced_on]
    ended = instead[-1] if last.replaced_on and instead else last
    return Unsent(ended.became, frozenset().union(*(one.senders for one in telling)))
