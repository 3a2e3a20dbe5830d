"""Builds the timeline of a notification. Pure."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from operator import attrgetter
from uuid import UUID

from property_alert_notification.base.clock import time_of
from property_alert_notification.base.reasons import Reason, ReasonCode
from property_alert_notification.base.vocabulary import Channel, DeliveryState
from property_alert_notification.deliveries.models import Attempt, Delivery, Hold
from property_alert_notification.deliveries.reports.models import DeliveryReport
from property_alert_notification.deliveries.states import COLLECTED, ENDED, UNFULFILLED
from property_alert_notification.notifications.answers import TimelineEntry
from property_alert_notification.notifications.models import Notification, NotificationChange

_MILLISECOND = timedelta(milliseconds=1)
"""The resolution of the time in an id."""


def timeline(
    notification: Notification,
    deliveries: Sequence[Delivery],
    attempts: Mapping[UUID, Sequence[Attempt]],
    changes: Sequence[NotificationChange] = (),
    holds: Sequence[Hold] = (),
    reports: Sequence[DeliveryReport] = (),
    *,
    without_address: Collection[Channel] = (),
) -> list[TimelineEntry]:
    """All recorded events, oldest first; `attempts` are by delivery."""
    described = list(_describe_acceptance(notification, without_address))
    described += [TimelineEntry(at=one.at, what=_describe_change(one)) for one in changes]
    if notification.away_since is not None:
        away = Reason(ReasonCode.USER_SERVICE_AWAY).sentence()
        described.append(TimelineEntry(at=notification.away_since, what=away))
    for delivery in deliveries:
        described += _describe_delivery(delivery, attempts.get(delivery.id, ()), notification.accepted_at)
        described += _describe_holds(delivery, holds, notification.accepted_at)
        described += [_describe_report(delivery.channel, one) for one in reports if one.delivery_id == delivery.id]
    if notification.cancelled_at is not None:
        described.append(
            TimelineEntry(at=notification.cancelled_at, what=_describe_cancellation(notification.cancelled_by))
        )
    # The sort is stable: entries of the same moment keep this order.
    return sorted(described, key=attrgetter("at"))


def _describe_cancellation(by: str | None) -> str:
    return "cancelled" if by is None else f"cancelled by {by}"


def _describe_change(change: NotificationChange) -> str:
    return f"changed by {change.changed_by}: {', '.join(change.fields.split())}"


def _describe_acceptance(notification: Notification, without_address: Collection[Channel]) -> Iterator[TimelineEntry]:
    at, send_at = notification.accepted_at, notification.send_at
    by = "" if notification.caller is None else f" by {notification.caller}"
    yield TimelineEntry(at=at, what=f"accepted{by}{', as a test' if notification.test else ''}")
    requested = notification.requested_channels
    for channel in Channel:
        if requested is not None and channel not in requested:
            yield TimelineEntry(at=at, what=f"{channel}: not used, the caller did not request it")
        elif channel in without_address:
            yield TimelineEntry(at=at, what=f"{channel}: not used, the caller gave no address for it")
        elif channel in notification.looked_up:
            yield TimelineEntry(at=at, what=f"{channel}: the address is requested from the User service")
    if send_at is not None and send_at > at:
        yield TimelineEntry(at=at, what=f"waits until {_in_words(send_at)}")


def _describe_delivery(
    delivery: Delivery, attempts: Sequence[Attempt], accepted_at: datetime
) -> Iterator[TimelineEntry]:
    channel, planned_at = delivery.channel, _planned_at(delivery, accepted_at)
    if _never_left_the_plan(delivery, planned_at):
        yield TimelineEntry(at=planned_at, what=f"{channel}: not used, {delivery.reason}")
        return
    waits_for_its_first = delivery.state == DeliveryState.QUEUED and not delivery.fence
    why = delivery.reason if waits_for_its_first else f"the user wants {channel}"
    yield TimelineEntry(at=planned_at, what=f"{channel}: planned, {why}")
    for attempt in attempts:
        yield _describe_attempt(channel, attempt)
    if delivery.replayed_at is not None:
        yield TimelineEntry(at=delivery.replayed_at, what=f"{channel}: replayed by an operator")
    if delivery.digest_id is not None:
        state = "waits" if delivery.state in COLLECTED else delivery.state
        yield TimelineEntry(at=delivery.changed_at, what=f"{channel}: {state}, {delivery.reason}")
    elif _was_given_back(delivery) or delivery.state == DeliveryState.HELD:
        yield TimelineEntry(at=delivery.changed_at, what=f"{channel}: waits, {delivery.reason}")
    elif delivery.state in UNFULFILLED:
        yield TimelineEntry(at=delivery.changed_at, what=f"{channel}: {delivery.state}, {delivery.reason}")
    elif delivery.state not in (*ENDED, DeliveryState.QUEUED, DeliveryState.SENDING):
        yield TimelineEntry(at=delivery.changed_at, what=f"{channel}: waits {_until(delivery)}")


def _planned_at(delivery: Delivery, accepted_at: datetime) -> datetime:
    """The time in an id has no microseconds, so it may be before the acceptance."""
    return max(time_of(delivery.id), accepted_at)


def _describe_holds(delivery: Delivery, holds: Sequence[Hold], accepted_at: datetime) -> Iterator[TimelineEntry]:
    """The past waits for quiet hours and legal windows; the state and its reason describe a wait that lasts."""
    for hold in holds:
        lasts = delivery.state == DeliveryState.HELD and hold.at == delivery.changed_at
        if hold.delivery_id == delivery.id and not lasts:
            at = max(hold.at, _planned_at(delivery, accepted_at))
            yield TimelineEntry(at=at, what=f"{delivery.channel}: waits, {hold.reason}")


def _until(delivery: Delivery) -> str:
    if delivery.state == DeliveryState.COLLECTED:
        return "for its digest"
    return "until a person decides" if delivery.due_at is None else f"until {_in_words(delivery.due_at)}"


def _never_left_the_plan(delivery: Delivery, planned_at: datetime) -> bool:
    """Whether it ended when it was planned: it was never claimed, cancelled or collected."""
    if delivery.reason_code == ReasonCode.NO_SUCH_USER:
        return True
    is_unclaimed_end = not delivery.fence and delivery.state in (DeliveryState.SUPPRESSED, DeliveryState.EXPIRED)
    return is_unclaimed_end and delivery.changed_at < planned_at + _MILLISECOND


def _was_given_back(delivery: Delivery) -> bool:
    """Whether it is queued after a worker claimed it and never submitted it. A replayed delivery is queued, too."""
    was_claimed = delivery.state == DeliveryState.QUEUED and delivery.fence > 0
    return was_claimed and delivery.changed_at != delivery.replayed_at


def _describe_attempt(channel: str, attempt: Attempt) -> TimelineEntry:
    if attempt.ended_at is None:
        return TimelineEntry(at=attempt.started_at, what=f"{channel}: being tried by {attempt.provider}")
    described = f"{channel}: tried by {attempt.provider}, {attempt.outcome}: {attempt.reason}"
    return TimelineEntry(at=attempt.ended_at, what=described)


def _describe_report(channel: str, report: DeliveryReport) -> TimelineEntry:
    why = ", ".join(filter(None, [report.cause and report.cause.replace("_", " "), report.detail]))
    what = f"{channel}: {report.provider} reports {report.result}{f' ({why})' if why else ''}"
    return TimelineEntry(at=report.received_at, what=what)


def _in_words(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")
