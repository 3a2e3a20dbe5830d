"""Reads the detail of a notification: its deliveries, every attempt, and the reason of each decision."""

from collections.abc import Mapping, Sequence
from itertools import groupby
from uuid import UUID

from property_alert_notification.api.access.visibility import EVERYTHING, Visibility
from property_alert_notification.base.errors import NotFound
from property_alert_notification.base.reasons import Reason, ReasonCode
from property_alert_notification.base.vocabulary import Channel, DeliveryState, NotificationStatus
from property_alert_notification.database import Connection, Database, is_row_fault, repaired
from property_alert_notification.deliveries import queries as deliveries
from property_alert_notification.deliveries.holds.queries import holds_of
from property_alert_notification.deliveries.models import Attempt, Delivery, Hold
from property_alert_notification.deliveries.reports.models import DeliveryReport
from property_alert_notification.deliveries.reports.queries import reports_of
from property_alert_notification.deliveries.states import status_from
from property_alert_notification.deliveries.windows import queries as windows
from property_alert_notification.notifications import queries
from property_alert_notification.notifications.answers import (
    AttemptPublic,
    DeliveryPublic,
    DigestContents,
    NotificationDetail,
    ReportPublic,
)
from property_alert_notification.notifications.models import Notification, NotificationChange
from property_alert_notification.notifications.repaired import (
    repaired_attempts,
    repaired_deliveries,
    repaired_notification,
)
from property_alert_notification.notifications.schedules import queries as schedules
from property_alert_notification.notifications.stored_addresses import read_addresses
from property_alert_notification.notifications.timeline import timeline
from property_alert_notification.people.categories.rules import DIGEST

NO_SUCH_NOTIFICATION = "Notification not found"


async def read_detail(
    database: Database, notification_id: UUID, visible: Visibility = EVERYTHING
) -> NotificationDetail:
    """Read the detail of a notification; `visible` says which ones the caller may read.

    Raises:
        NotFound: there is no notification with this id.
        StoreUnavailable: the store cannot be reached.
    """
    try:
        async with database.quick_reading() as connection:
            return await read(connection, notification_id, visible)
    except Exception as error:
        if not is_row_fault(error):
            raise
        async with database.quick_reading(repair=True) as connection:
            return await read(connection, notification_id, visible, repair=True)


async def read(
    connection: Connection, notification_id: UUID, visible: Visibility = EVERYTHING, *, repair: bool = False
) -> NotificationDetail:
    """Read the detail within a transaction; with `repair`, damaged rows are shown with default values.

    Raises:
        NotFound: there is no notification with this id.
    """
    notification = await queries.get(connection, notification_id)
    if notification is None or not visible.covers(notification.caller, test=notification.test):
        raise NotFound(NO_SUCH_NOTIFICATION)
    its_deliveries = await deliveries.of_notifications(connection, [notification_id])
    held = await holds_of(connection, [delivery.id for delivery in its_deliveries])
    claimed = [delivery.id for delivery in its_deliveries if delivery.fence]
    attempts = await deliveries.attempts_of(connection, claimed) if claimed else []
    reports = await reports_of(connection, claimed) if claimed else []
    if repair:
        notification = repaired_notification(notification)
        its_deliveries, attempts = repaired_deliveries(its_deliveries), repaired_attempts(attempts)
    changes = await queries.changes_of(connection, notification_id)
    if repair:
        changes, held = [repaired(one) for one in changes], [repaired(one) for one in held]
        reports = [repaired(one) for one in reports]
    contents = await windows.contents_of(connection, notification_id) if notification.category == DIGEST else None
    by_delivery = {key: list(group) for key, group in groupby(attempts, lambda attempt: attempt.delivery_id)}
    schedule = await schedules.schedule_of(connection, notification_id)
    detail = _detail(notification, its_deliveries, by_delivery, changes, held, reports, schedule)
    if contents is not None:
        detail.digest = DigestContents.model_validate(contents)
    return detail


def _detail(
    notification: Notification,
    its_deliveries: Sequence[Delivery],
    attempts: Mapping[UUID, Sequence[Attempt]],
    changes: Sequence[NotificationChange],
    held: Sequence[Hold],
    reports: Sequence[DeliveryReport],
    schedule: UUID | None,
) -> NotificationDetail:
    requested = notification.requested_channels
    unaddressed = without_address(notification, its_deliveries)
    reason = why_it_waits(notification)
    return NotificationDetail(
        **notification.model_dump(exclude=_NOT_SHOWN),
        channels=requested,
        schedule_id=schedule,
        status=status_from(notification.status, [DeliveryState(delivery.state) for delivery in its_deliveries]),
        deliveries=[_describe_delivery(one, attempts.get(one.id, []), reports) for one in its_deliveries],
        not_asked_for=[channel for channel in Channel if requested is not None and channel not in requested],
        without_address=unaddressed,
        reason_code=reason and reason.code,
        reason=reason and reason.sentence(),
        timeline=timeline(notification, its_deliveries, attempts, changes, held, reports, without_address=unaddressed),
    )


_NOT_SHOWN = {
    *("channels", "status", "addresses", "cancelled_by", "moved_at", "approval"),
    *("look_up", "look_up_at", "parked", "away_since"),
}


def why_it_waits(notification: Notification) -> Reason | None:
    """The reason why it has no deliveries although its time has come, or None. Pure."""
    if notification.status != NotificationStatus.SCHEDULED or notification.away_since is None:
        return None
    return Reason(ReasonCode.USER_SERVICE_AWAY)


def without_address(notification: Notification, its_deliveries: Sequence[Delivery]) -> list[Channel]:
    """Requested channels for which the caller gave null as the address: they have no delivery. Pure.

    For a notification that was cancelled before its plan the result is empty: its addresses are deleted.
    """
    if its_deliveries:
        addressed = {delivery.channel for delivery in its_deliveries}
    elif notification.cancelled_at is None:
        addressed = set(read_addresses(notification.addresses))
    else:
        return []
    requested, looked_up = notification.requested_channels, notification.looked_up
    return [
        one
        for one in Channel
        if (requested is None or one in requested) and one not in addressed and one not in looked_up
    ]


def without_content(detail: NotificationDetail) -> NotificationDetail:
    """The detail without title, message and addresses, which may be kept for longer than the notification. Pure."""
    deliveries = [
        one.model_copy(
            update={"address": None, "reports": [each.model_copy(update={"raw": None}) for each in one.reports]}
        )
        for one in detail.deliveries
    ]
    return detail.model_copy(update={"title": "", "message": "", "deliveries": deliveries})


async def with_content(connection: Connection, detail: NotificationDetail, visible: Visibility) -> NotificationDetail:
    """Add title, message and addresses to a detail, as long as the notification is stored.

    Raises:
        NotFound: it is not visible to the caller, or was deleted.
    """
    if not visible.covers(detail.caller, test=detail.test):
        raise NotFound(NO_SUCH_NOTIFICATION)
    notification = await queries.get(connection, detail.id)
    if notification is None:
        return detail
    addresses = {one.id: one.address or None for one in await deliveries.of_notifications(connection, [detail.id])}
    described = [one.model_copy(update={"address": addresses.get(one.id)}) for one in detail.deliveries]
    return detail.model_copy(
        update={"title": notification.title, "message": notification.message, "deliveries": described}
    )


def _describe_delivery(
    delivery: Delivery, attempts: Sequence[Attempt], reports: Sequence[DeliveryReport]
) -> DeliveryPublic:
    return DeliveryPublic(
        **delivery.model_dump(exclude={"address", "attempts"}),
        reason=delivery.reason,
        digest_id=delivery.digest_id,
        address=delivery.address or None,
        attempts=[AttemptPublic.model_validate(attempt) for attempt in attempts],
        reports=[ReportPublic.model_validate(report) for report in reports if report.delivery_id == delivery.id],
    )
