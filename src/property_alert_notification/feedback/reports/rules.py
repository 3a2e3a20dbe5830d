"""What reports of providers do to a delivery and to its address. Pure."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from property_alert_notification.base.reasons import Reason, ReasonCode
from property_alert_notification.base.vocabulary import Channel, DeliveryState, Outcome
from property_alert_notification.channels.callback import ReportedResult, SuppressionCause
from property_alert_notification.deliveries.reports.records import AttemptMade, Report
from property_alert_notification.deliveries.states import Event, after
from property_alert_notification.people.suppressions.entry import NewEntry
from property_alert_notification.people.suppressions.rules import SuppressionReason

SOFT_BOUNCES = 3
"""How many messages to an address must bounce softly within `SOFT_PERIOD` until the address is suppressed."""
SOFT_PERIOD = timedelta(days=7)
SOFT_SUPPRESSION = timedelta(days=7)
"""How long an address is suppressed after soft bounces."""
KEEP_PARKED = timedelta(hours=1)
"""How long a report about an unknown message is kept; its delivery may be settled in this time."""
BY_MAIL = "mail"
"""The source of reports that arrive by mail, whichever provider sent the email. No provider has this name."""
KEEP_TOKENS = timedelta(hours=13)
"""How long the key of a report that names no known message is kept: longer than any signature is valid. A report with
the same key changes nothing in this time."""
_FIRST_RETRY = timedelta(seconds=1)

_EVENTS = {
    ReportedResult.TAKEN: Event.CONFIRMED,
    ReportedResult.ARRIVED: Event.ARRIVED,
    ReportedResult.BOUNCED: Event.BOUNCED,
}


class Moved(NamedTuple):
    """The state of a delivery after a report."""

    state: DeliveryState
    reason: Reason


def moved(state: str, reports: Iterable[Report], attempts: Sequence[AttemptMade]) -> Moved | None:
    """The state to which these reports, in the order in which they came, move a delivery; None if they do not."""
    result: Moved | None = None
    current = DeliveryState(state) if state in _STATES else None
    if current is None:  # a word that this version does not know
        return None
    for report in reports:
        event = _EVENTS[ReportedResult(report.result)]
        if event is Event.BOUNCED and is_about_another(report, attempts):
            continue
        if (new := after(current, event)) is not current:
            current, result = new, Moved(new, _reason(report))
    return result


def _reason(report: Report) -> Reason:
    match ReportedResult(report.result):
        case ReportedResult.TAKEN:
            return Reason(ReasonCode.CONFIRMED)
        case ReportedResult.ARRIVED:
            return Reason(ReasonCode.DELIVERED)
        case ReportedResult.BOUNCED:
            return Reason(ReasonCode.BOUNCED, {"detail": report.detail or report.cause or "no cause given"})


_STATES = frozenset[str](DeliveryState)


def is_about_another(report: Report, attempts: Sequence[AttemptMade]) -> bool:
    """Whether a bounce is of another message than the one that a provider took, as after a resend."""
    return report.provider != BY_MAIL and any(
        attempt.outcome == Outcome.SENT
        and (
            attempt.provider != report.provider
            or (
                None not in (attempt.provider_message_id, report.provider_message_id)
                and attempt.provider_message_id != report.provider_message_id
            )
        )
        for attempt in attempts
    )


def is_ambiguous(report: Report, attempts: Sequence[AttemptMade]) -> bool:
    """Whether only the result of an attempt in progress shows which message bounced: that one, or one sent before."""
    return (
        report.result == ReportedResult.BOUNCED
        and report.provider_message_id is not None
        and any(attempt.outcome is None for attempt in attempts)
        and any(attempt.outcome == Outcome.UNKNOWN for attempt in attempts)
    )


def is_by(report: Report, channel: str, attempts: Sequence[AttemptMade]) -> bool:
    """Whether the provider of a report was given this delivery: no provider can report on those of another."""
    if report.provider == BY_MAIL:
        return report.channel == channel and bool(attempts)
    return report.channel == channel and any(attempt.provider == report.provider for attempt in attempts)


def retry_at(report: Report, now: datetime) -> datetime | None:
    """When a parked report is matched again: the older it is, the later; None if it is dropped.

    Without the ids of a message, or after `KEEP_PARKED`, only its key is kept.
    """
    age = now - report.received_at
    if report.names_message and age < KEEP_PARKED:
        return now + max(_FIRST_RETRY, age)
    return None if age >= KEEP_TOKENS else report.received_at + KEEP_TOKENS


def is_emptied(report: Report, now: datetime) -> bool:
    """Whether only the key of a parked report is kept from now on: it stayed unknown for too long."""
    return report.names_message and now - report.received_at >= KEEP_PARKED


def entry_of(report: Report, address: str, *, soft_bounces: int, now: datetime) -> NewEntry | None:
    """The entry of the suppression list that a report makes; None if it makes none."""
    if report.cause is None:
        return None
    expires_at = None
    if report.cause == SuppressionCause.SOFT_BOUNCE:
        if soft_bounces < SOFT_BOUNCES:
            return None
        expires_at = now + SOFT_SUPPRESSION
    reason, channel = SuppressionReason(report.cause), Channel(report.channel)
    return NewEntry(reason, channel, address, note=report.detail, expires_at=expires_at)
