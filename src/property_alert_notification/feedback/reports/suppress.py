"""Suppresses addresses for what providers report about them, or say when they refuse a message."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.channels.callback import ReportedEvent, ReportedResult, SuppressionCause
from property_alert_notification.database import Script
from property_alert_notification.deliveries.reports import scripts
from property_alert_notification.deliveries.reports.records import Report
from property_alert_notification.feedback.reports.incoming import key_of
from property_alert_notification.feedback.reports.rules import SOFT_PERIOD, entry_of
from property_alert_notification.notifications.ends.scripts import Refusal, record_refusals
from property_alert_notification.people.suppressions import scripts as suppression_scripts
from property_alert_notification.people.suppressions.consents import reported
from property_alert_notification.people.suppressions.entry import merge
from property_alert_notification.people.suppressions.subjects import Subjects


@dataclass(frozen=True, slots=True)
class Context:
    """What the transaction needs besides the reports."""

    subjects: Subjects
    new_id: Callable[[], UUID]
    redirected: Collection[str] = ()
    """Channels whose messages go to another address than that of the delivery: reports say nothing about the latter."""

    def soft_subject(self, cause: str | None, channel: str, address: str) -> str | None:
        """The hash by which soft bounces of an address are counted; None for any other report."""
        if cause != SuppressionCause.SOFT_BOUNCE or channel in self.redirected:
            return None
        return self.subjects.of_address(Channel(channel), address)[0]


class RefusedAddress(NamedTuple):
    """A message that failed because its provider refused the address at that time, for this cause."""

    delivery_id: UUID
    channel: Channel
    address: str
    provider: str
    cause: SuppressionCause
    at: datetime


def suppress_refused(refused: Sequence[RefusedAddress], context: Context, *, now: datetime) -> Script[None]:
    """Suppress addresses that a provider refused. A soft bounce is stored and counted like a reported one."""
    reports = [_report_of(one, context) for one in refused if one.channel not in context.redirected]
    yield from scripts.add([one for one in reports if one.subject is not None])
    yield from suppress(reports, {one.delivery_id: one.address for one in refused}, context, origin="refused", now=now)


def _report_of(refused: RefusedAddress, context: Context) -> Report:
    event = ReportedEvent(ReportedResult.BOUNCED, delivery_id=refused.delivery_id, cause=refused.cause)
    return Report(
        context.new_id(),
        key_of(event, refused.channel, refused.provider),
        refused.channel,
        refused.provider,
        refused.at,
        refused.delivery_id,
        None,
        event.result,
        refused.cause,
        subject=context.soft_subject(refused.cause, refused.channel, refused.address),
        delivery_id=refused.delivery_id,
    )


def suppress(
    causes: Sequence[Report], addresses: Mapping[UUID, str], context: Context, *, origin: str, now: datetime
) -> Script[None]:
    """Suppress the addresses of deliveries for what was reported about them, which is stored already.

    Args:
        causes: the reports that have a cause.
        addresses: those of their deliveries; of others no address is suppressed.
        context: what makes entries of the suppression list.
        origin: `callback` or `refused`, for `added_by`.
        now: the time of the entries.
    """
    soft = {one.subject for one in causes if one.subject is not None}
    counts = yield from scripts.soft_bounces(soft, since=now - SOFT_PERIOD)
    rows, refusals = [], []
    for report in causes:
        if report.delivery_id is None or (address := addresses.get(report.delivery_id)) is None:
            continue
        count = counts.get(report.subject or "", 0)
        if (entry := entry_of(report, address, soft_bounces=count, now=now)) is not None:
            by = f"{origin}:{report.channel}/{report.provider}"
            row = entry.row(context.subjects, id_=context.new_id(), now=now, added_by=by)
            rows.append(row)
            refusals.append(Refusal(report.delivery_id, report.channel, entry.reason, suppression_scripts.key_of(row)))
    if rows:
        added = yield from suppression_scripts.add(merge(rows), reported)
        yield from record_refusals(refusals, added, at=now)
