"""Applies reports to deliveries and to the suppression list, in one transaction for many callbacks."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from property_alert_notification.base.vocabulary import DeliveryState
from property_alert_notification.database import Script
from property_alert_notification.deliveries.reports import scripts
from property_alert_notification.deliveries.reports.parked import scripts as parked_reports
from property_alert_notification.deliveries.reports.records import AttemptMade, Move, Report, Reported
from property_alert_notification.deliveries.states import UNFULFILLED
from property_alert_notification.deliveries.windows.keys import held_by
from property_alert_notification.digests.ends import scripts as digest_ends
from property_alert_notification.feedback.reports.rules import is_ambiguous, is_by, is_emptied, moved, retry_at
from property_alert_notification.feedback.reports.suppress import Context, suppress
from property_alert_notification.notifications import scripts as notification_scripts
from property_alert_notification.notifications.ends.scripts import record_ends


class MovedDelivery(NamedTuple):
    """A delivery that a report moved."""

    delivery_id: UUID
    channel: str
    state: DeliveryState
    provider: str


@dataclass(frozen=True, slots=True)
class Applied:
    """The result of a transaction."""

    moved: Sequence[MovedDelivery] = ()
    locked: Sequence[Report] = ()
    """Reports of deliveries that another transaction had locked: nothing was done about them."""
    new: int = 0
    unknown: int = 0
    """How many of the new ones are about no known message."""
    without_room: Collection[str] = ()
    """The keys of reports about no known message that are not stored: there are too many already."""


class _Matched(NamedTuple):
    """Reports with their deliveries."""

    known: list[Report]
    parked: list[Report]
    locked: list[Report]
    deliveries: dict[UUID, Reported]
    attempts: dict[UUID, list[AttemptMade]]


def apply_reports(reports: Sequence[Report], context: Context, *, now: datetime, wait: bool = False) -> Script[Applied]:
    """Store new reports, move their deliveries, and suppress their addresses; a repeated report changes nothing."""
    matched = yield from _match(reports, context, now=now, wait=wait)
    parked = [one._replace(retry_at=retry_at(one, now)) for one in matched.parked]
    new = yield from scripts.add([*matched.known, *parked])
    known = [one for one in matched.known if one.key in new]
    changed = yield from _take_effect(known, matched, context, now)
    unknown = sum(one.key in new and one.names_message for one in parked)
    without_room = yield from parked_reports.without_room(parked, new)
    return Applied(changed, matched.locked, len(known) + unknown, unknown, without_room)


def match_parked(context: Context, *, now: datetime, most: int) -> Script[Applied]:
    """Apply parked reports whose messages are known by now; of those that are too old only the keys are kept."""
    due = yield from parked_reports.parked(now=now, most=most)
    if not due:
        return Applied()
    matched = yield from _match(due, context, now=now, wait=False)
    unknown = [one._replace(retry_at=retry_at(one, now)) for one in (*matched.parked, *matched.locked)]
    updated = [*matched.known, *(one for one in unknown if one.retry_at is not None)]
    if updated:
        yield parked_reports.update_parked(updated)
    kept = {one.id for one in updated}
    if dropped := [one.id for one in due if one.id not in kept]:
        yield parked_reports.drop(dropped)
    if emptied := [one.id for one in unknown if one.retry_at is not None and is_emptied(one, now)]:
        yield parked_reports.empty(emptied)
    changed = yield from _take_effect(matched.known, matched, context, now)
    return Applied(changed, new=len(due), unknown=len(unknown))


def _match(reports: Sequence[Report], context: Context, *, now: datetime, wait: bool) -> Script[_Matched]:
    """Find and lock the deliveries that the reports are about; reports about erased users are left out."""
    named = [
        (one.provider, one.provider_message_id)
        for one in reports
        if one.named_delivery_id is None and one.provider_message_id is not None
    ]
    by_message_id = yield from scripts.deliveries_by_message_id(named)
    wanted = {
        one.key: one.named_delivery_id or by_message_id.get((one.provider, one.provider_message_id or ""))
        for one in reports
    }
    ids = sorted({delivery for delivery in wanted.values() if delivery is not None})
    deliveries = yield from scripts.lock(ids, wait=wait)
    missing = [one for one in ids if one not in deliveries]
    busy = (yield from scripts.existing(missing)) if not wait else set()
    attempts = yield from scripts.attempts(list(deliveries))
    erased = {delivery.id for delivery in deliveries.values() if not delivery.address}
    result = _Matched([], [], [], deliveries, attempts)
    for report in reports:
        id_ = wanted[report.key]
        if id_ in erased:
            continue
        delivery = None if id_ is None else deliveries.get(id_)
        if id_ in busy:
            result.locked.append(report)
        elif delivery is None or not _is_certain(report, delivery, attempts.get(delivery.id, ())):
            result.parked.append(report._replace(delivery_id=None))
        else:
            subject = context.soft_subject(report.cause, report.channel, delivery.address)
            result.known.append(report._replace(delivery_id=delivery.id, retry_at=None, subject=subject))
    return result


def _is_certain(report: Report, delivery: Reported, attempts: Sequence[AttemptMade]) -> bool:
    return is_by(report, delivery.channel, attempts) and not is_ambiguous(report, attempts)


def _take_effect(
    known: Sequence[Report], matched: _Matched, context: Context, now: datetime
) -> Script[list[MovedDelivery]]:
    """Move the deliveries of stored reports with the items of digests among them, and suppress addresses."""
    changed, moves = _moves(known, matched, now)
    if moves:
        yield from _move(moves, now)
    causes = [one for one in known if one.cause is not None and one.channel not in context.redirected]
    if causes:
        addresses = {one.id: one.address for one in matched.deliveries.values() if not one.test}
        yield from suppress(causes, addresses, context, origin="callback", now=now)
    return changed


def _move(moves: Sequence[Move], now: datetime) -> Script[None]:
    moved = yield from scripts.move(moves)
    states = {one.id: one.state for one in moves}
    # Items first: every transaction locks deliveries before notifications.
    digests = [(held_by(window), states[delivery]) for delivery, window in moved.windows.items()]
    items = (yield from digest_ends.end(digests, now=now))[0] if digests else []
    ended = [*states.items(), *items]
    if moved.is_anyone_listening and (arrived := [id_ for id_, state in ended if state not in UNFULFILLED]):
        yield from record_ends(arrived, at=now)
    if unfulfilled := [id_ for id_, state in ended if state in UNFULFILLED]:
        yield from notification_scripts.conclude(unfulfilled, at=now)


def _moves(known: Iterable[Report], matched: _Matched, now: datetime) -> tuple[list[MovedDelivery], list[Move]]:
    by_delivery: dict[UUID, list[Report]] = {}
    for report in known:
        if report.delivery_id is not None:
            by_delivery.setdefault(report.delivery_id, []).append(report)
    changed: list[MovedDelivery] = []
    moves: list[Move] = []
    for id_, reports in by_delivery.items():
        delivery = matched.deliveries[id_]
        if (new := moved(delivery.state, reports, matched.attempts[id_])) is None:
            continue
        changed.append(MovedDelivery(id_, delivery.channel, new.state, reports[-1].provider))
        moves.append(Move(id_, new.state, new.reason.code, new.reason.stored, now))
    return changed, moves
