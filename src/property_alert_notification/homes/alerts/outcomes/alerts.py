"""What became of alerts, and so of the facts that they tell, by their deliveries. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from property_alert_notification.base.reasons import Reason, ReasonCode, cancelled_by
from property_alert_notification.base.vocabulary import Approval, DeliveryState, NotificationStatus
from property_alert_notification.deliveries.states import COLLECTED, ENDED
from property_alert_notification.homes.alerts.before_sending.overtaking import REPLACED
from property_alert_notification.homes.alerts.changes.read import ReadChange
from property_alert_notification.homes.alerts.ledger.queries import FactKey
from property_alert_notification.homes.alerts.outcomes.words import Became, Outcome
from property_alert_notification.homes.alerts.stored_keys import parts_of


class TellingDelivery(NamedTuple):
    """An alert about a home with one of its deliveries; without any as long as it is not planned, or if it ended so."""

    listing_id: UUID
    """That was asked for."""
    person: int
    notification_id: UUID
    alerted_listing: UUID
    """Of the same home, which the alert shows."""
    sequence: int
    """The number of the newest change that it tells."""
    facts: str | None
    """The keys of the facts that it tells of the home, joined; None if that was not stored."""
    senders: str | None
    """The numbers of the searches by which it is sent, joined likewise."""
    left_out: str | None
    """Why a first alert does not name the home."""
    approval: str | None
    status: str | None
    """That the row of the notification keeps."""
    cancelled_by: str | None
    state: str | None
    channel: str | None
    reason_code: str | None
    reason_parameters: str | None
    was_tried: bool
    """Whether an attempt may have reached the person."""
    is_final: bool = False
    """Whether the reason is that of the whole alert, which was kept when its notification was deleted."""

    @property
    def reason(self) -> Reason:
        """Of the delivery."""
        return Reason.read(self.reason_code, self.reason_parameters)

    def tells(self, key: str, change: ReadChange) -> bool:
        """Whether the alert tells this fact of a change."""
        if self.facts is not None:
            return key in parts_of(self.facts)
        return (self.alerted_listing, self.sequence) == (change.listing_id, change.sequence)


AskedFor = tuple[UUID, int]
"""A listing of a home, and a person."""


def by_alert(rows: Iterable[TellingDelivery]) -> dict[AskedFor, dict[UUID, list[TellingDelivery]]]:
    """These deliveries by what was asked for and then by notification."""
    found: dict[AskedFor, dict[UUID, list[TellingDelivery]]] = {}
    # Of a first alert that has a home twice, because it was taken for two, the row that names it counts.
    for row in sorted(rows, key=lambda one: (one.left_out is not None, one.sequence, one.notification_id)):
        found.setdefault((row.listing_id, row.person), {}).setdefault(row.notification_id, []).append(row)
    return found


def outcomes_of_facts(
    rows: Iterable[TellingDelivery], changes: Iterable[ReadChange], *, person: int
) -> dict[FactKey, Became]:
    """What became of the facts of these changes that alerts tell a person; of several alerts the best counts."""
    of_homes = by_alert(rows)
    fates = outcomes_of_alerts(of_homes)
    found: dict[FactKey, Became] = {}
    for change in changes:
        asked = change.listing_id, person
        alerts = of_homes.get(asked, {})
        for news in change.news:
            telling = [fates[asked, id_] for id_, its in alerts.items() if its[0].tells(news.key, change)]
            if telling:
                key = change.listing_id, news.key
                found[key] = best([*telling, *([found[key]] if key in found else [])])
    return found


def outcomes_of_alerts(
    of_homes: Mapping[AskedFor, Mapping[UUID, list[TellingDelivery]]],
) -> dict[tuple[AskedFor, UUID], Became]:
    """What became of each alert, by what was asked for and its notification; `of_homes` is as `by_alert` has it."""
    return {
        (asked, id_): outcome_of_alert(its, [row for some in alerts.values() for row in some])
        for asked, alerts in of_homes.items()
        for id_, its in alerts.items()
    }


def outcome_of_alert(rows: Sequence[TellingDelivery], of_home: Sequence[TellingDelivery]) -> Became:
    """What became of an alert with these deliveries; `of_home` are those of all alerts about the home.

    Of several deliveries the best counts.
    """
    id_ = rows[0].notification_id
    if (why := rows[0].left_out) is not None:
        return Became(Outcome.NOT_TOLD, Reason.read(why, None), notification_id=id_)
    if rows[0].approval == Approval.REJECTED:
        return Became(Outcome.REJECTED, Reason(ReasonCode.REJECTED), notification_id=id_)
    return best(_of_delivery(one, of_home) for one in rows)


def _of_delivery(one: TellingDelivery, of_home: Iterable[TellingDelivery]) -> Became:
    became = _by_itself(one)._replace(notification_id=one.notification_id)
    is_replaced = became.outcome is Outcome.NOT_TOLD and became.code in REPLACED and not one.is_final
    return _of_newer(one, became, of_home) if is_replaced else became


def _by_itself(one: TellingDelivery) -> Became:
    """What became of a delivery, whatever newer alerts tell."""
    if one.state is None:
        return _without_deliveries(one)
    channel = one.channel or ""
    if one.was_tried or one.state in _MAYBE_SENT:
        return Became(Outcome.TOLD, None, channel)
    reason = one.reason
    if one.state in ENDED and not _MAYBE_ARRIVED.isdisjoint(_codes(reason)):
        return Became(Outcome.TOLD, None, channel)
    if one.state == DeliveryState.ON_HOLD:
        return Became(Outcome.WAITS_FOR_APPROVAL, reason, channel)
    if one.state in COLLECTED and reason.code is not ReasonCode.IN_DIGEST:
        return Became(Outcome.WAITS_FOR_DIGEST, reason, channel)
    if one.state not in ENDED:
        return Became(Outcome.ON_ITS_WAY, reason if one.state in _WAIT_FOR_A_REASON else None, channel)
    return Became(Outcome.NOT_TOLD, reason, channel)


def _of_newer(one: TellingDelivery, ended: Became, of_home: Iterable[TellingDelivery]) -> Became:
    """What became of an alert that a newer one was to replace on this channel: the newer one tells its facts then."""
    newer = [
        each
        for each in of_home
        # Those whose addresses are looked up may get one on this channel.
        if each.sequence > one.sequence and each.channel in (one.channel, None) and each.left_out is None
    ]
    # A newer one may have been replaced, too, and all that replaced it replaced this one.
    last = [each for each in newer if each.state is None or each.reason.code not in REPLACED]
    return best([*(_of_delivery(each, ()) for each in last)] or [ended])


def _without_deliveries(one: TellingDelivery) -> Became:
    if one.status in (None, NotificationStatus.SCHEDULED):
        waits = one.approval == Approval.WAITING
        return _WAITS_FOR_APPROVAL if waits else Became(Outcome.ON_ITS_WAY)
    if one.status == NotificationStatus.CANCELLED:
        return Became(Outcome.NOT_TOLD, cancelled_by(one.cancelled_by))
    return Became(Outcome.NOT_TOLD, _WITHOUT_DELIVERIES.get(one.status or ""))


def _codes(reason: Reason) -> set[str]:
    """Its code, and that of the reason behind it."""
    behind = (reason.parameters or {}).get("because")
    return {reason.code, *([behind[0]] if behind else [])}


_WITHOUT_DELIVERIES: Mapping[str, Reason] = {
    NotificationStatus.SUPPRESSED: Reason(ReasonCode.NO_ADDRESS),
    NotificationStatus.EXPIRED: Reason(ReasonCode.EXPIRED),
}
"""Why a notification with this status ended that has no deliveries."""

_WAITS_FOR_APPROVAL = Became(Outcome.WAITS_FOR_APPROVAL, Reason(ReasonCode.WAITS_FOR_APPROVAL))

_MAYBE_SENT = (DeliveryState.SENT, DeliveryState.DELIVERED, DeliveryState.UNKNOWN)

_MAYBE_ARRIVED = frozenset(
    {
        ReasonCode.UNKNOWN_GIVEN_UP,
        ReasonCode.UNKNOWN_TOO_OLD,
        ReasonCode.WORKER_LOST_GIVEN_UP,
        ReasonCode.WORKERS_LOST,
        ReasonCode.ROW_BROKEN_MAYBE_SENT,
        ReasonCode.ROW_BROKEN_SENT,
        ReasonCode.SENT_BEFORE,
    }
)
"""Of deliveries that ended, and may have arrived."""

_WAIT_FOR_A_REASON = (*COLLECTED, DeliveryState.HELD, DeliveryState.RETRY_WAIT, DeliveryState.QUARANTINED)
"""Open deliveries whose reason says why they are not sent yet."""

_BEST_FIRST = (
    Outcome.TOLD,
    Outcome.ON_ITS_WAY,
    Outcome.WAITS_FOR_DIGEST,
    Outcome.WAITS_FOR_APPROVAL,
    Outcome.REJECTED,
    Outcome.NOT_TOLD,
)

_LEAST_TELLING = (
    ReasonCode.NEWER_ALERT,
    ReasonCode.PRICE_CHANGED_SINCE,
    ReasonCode.ALREADY_TOLD,
    ReasonCode.NO_ADDRESS,
    ReasonCode.CATEGORY_REFUSED,
    ReasonCode.CATEGORY_NOT_ASKED_FOR,
    ReasonCode.USER_OPTED_OUT,
    ReasonCode.CHANNEL_NOT_USED,
)
"""Reasons that tell less than others why the user was not told, as they are about one channel or one alert."""


_NO_ALERT = UUID(int=0)


def best(outcomes: Iterable[Became]) -> Became:
    """The best of these; of equal ones that of which the reason is known, and tells most, or else the first alert."""
    return min(outcomes, key=_order)


def _order(one: Became) -> tuple[int, bool, int, str, bool, UUID, str]:
    # What is on its way without a reason is sent as soon as it can be.
    is_last = one.why is None and one.outcome is not Outcome.ON_ITS_WAY
    telling = _LEAST_TELLING.index(one.code) + 1 if one.code in _LEAST_TELLING else 0
    # Ids are in the order in which the alerts were made.
    alert = one.notification_id is None, one.notification_id or _NO_ALERT
    return _BEST_FIRST.index(one.outcome), is_last, telling, one.code or "", *alert, one.channel
