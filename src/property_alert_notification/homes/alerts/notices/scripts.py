"""The step of the claim script that looks at messages about saved searches again."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select

from property_alert_notification.base.reasons import Reason
from property_alert_notification.database import BatchStatement, Script, Statement, as_rows, columns_of, table_of
from property_alert_notification.homes.alerts.models import SearchNotice
from property_alert_notification.homes.alerts.notices.rules import SearchNow, why_outdated
from property_alert_notification.homes.saved_searches.models import SavedSearch

_notices, _searches = table_of(SearchNotice), table_of(SavedSearch)
_NOW = BatchStatement(
    columns_of(_notices, "notification_id"),
    lambda wanted: (
        select(_notices.c.notification_id, _notices.c.version, _searches.c.version, _searches.c.active)
        .join(wanted, wanted.c.notification_id == _notices.c.notification_id)
        .outerjoin(_searches, _searches.c.number == _notices.c.search_number)
    ),
)


def outdated_notices(notifications: Collection[UUID]) -> Script[dict[UUID, Reason]]:
    """Those of these notifications that are messages about searches and do not hold any more, each with the reason."""
    if not notifications:
        return {}
    rows = yield Statement(_NOW, as_rows(sorted(notifications)))
    found = {
        id_: why_outdated(about, None if version is None else SearchNow(version, active))
        for id_, about, version, active in rows
    }
    return {id_: reason for id_, reason in found.items() if reason is not None}
