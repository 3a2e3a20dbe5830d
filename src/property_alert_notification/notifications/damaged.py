"""Handles calls about a notification with an unreadable row in the store."""

from datetime import datetime
from uuid import UUID

import structlog

from property_alert_notification.api.access.admission import Admission
from property_alert_notification.base.errors import Conflict
from property_alert_notification.base.logs import origin
from property_alert_notification.database import Database, is_row_fault
from property_alert_notification.notifications.answers import NotificationDetail
from property_alert_notification.notifications.changes import cancel_unread
from property_alert_notification.notifications.detail import read_detail

log = structlog.get_logger()

UNCHANGEABLE = (
    "A row of this notification in the store is damaged, so it cannot be changed. It can be cancelled; "
    "deliveries that cannot be sent are quarantined for an operator."
)
UNREACHABLE = (
    "A row of this notification in the store is damaged, so it cannot be cancelled: an operator has to repair the row."
)


async def refuse_change(database: Database, notification_id: UUID, admission: Admission, error: Exception) -> Conflict:
    """The error that refuses the change, if `error` is about a damaged row; any other error is raised again.

    Raises:
        NotFound: it is not visible to the caller.
        StoreUnavailable: the store cannot be reached.
    """
    if not is_row_fault(error):
        raise error
    await read_detail(database, notification_id, admission.visible)
    _log(notification_id, error)
    return Conflict(UNCHANGEABLE)


async def cancel_damaged(
    database: Database, notification_id: UUID, admission: Admission, error: Exception, *, now: datetime
) -> NotificationDetail:
    """Cancel it without reading the row, if `error` is about a damaged row; any other error is raised again.

    Raises:
        Conflict: nothing is left to cancel, or the row is too damaged to be cancelled.
        NotFound: it is not visible to the caller.
        StoreUnavailable: the store cannot be reached.
    """
    if not is_row_fault(error):
        raise error
    detail = await read_detail(database, notification_id, admission.visible)
    _log(notification_id, error)
    by = admission.actor_beside(detail.caller, test=detail.test)
    try:
        async with database.transaction() as connection:
            await cancel_unread(connection, notification_id, by=by, now=now)
    except Exception as other:
        if not is_row_fault(other):
            raise
        raise Conflict(UNREACHABLE) from None
    return await read_detail(database, notification_id, admission.visible)


def _log(notification_id: UUID, error: Exception) -> None:
    log.error("notification.damaged", notification_id=str(notification_id), **origin(error))
