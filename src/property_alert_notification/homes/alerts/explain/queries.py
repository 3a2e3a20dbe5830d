"""Every statement that explains what became of a home for a user."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import BigInteger, bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.base.damaged import readable
from property_alert_notification.database import table_of
from property_alert_notification.deliveries.models import Delivery
from property_alert_notification.homes.alerts.models import Alert, SearchDigest
from property_alert_notification.homes.alerts.outcomes.past import PastVersion
from property_alert_notification.homes.listings.models import Listing
from property_alert_notification.homes.listings.versions.queries import newest_records
from property_alert_notification.homes.properties.ids.queries import ids_of_home
from property_alert_notification.homes.saved_searches.models import SavedSearch, SavedSearchVersion
from property_alert_notification.notifications.models import Notification

_alerts, _digests = table_of(Alert), table_of(SearchDigest)
_deliveries, _notifications = table_of(Delivery), table_of(Notification)
_searches, _versions, _listings = table_of(SavedSearch), table_of(SavedSearchVersion), table_of(Listing)
_user = bindparam("user", type_=BigInteger)

MOST_SEARCHES = 100
"""Searches of a user that are explained."""


async def fields_of(connection: AsyncConnection, listing_id: UUID) -> Mapping[str, Any]:
    """The fields of a listing as they are now; none if they are damaged."""
    records = (await newest_records(connection, [listing_id])).values()
    fields = readable(records, lambda one: dict(json.loads(one)), "listing.unreadable", lambda _: listing_id)
    return next(fields, {})


async def searches_of(connection: AsyncConnection, user_id: int) -> list[SavedSearch]:
    """The saved searches of a user, also those that are not active."""
    asked = select(_searches).where(_searches.c.user_id == _user).order_by(_searches.c.number).limit(MOST_SEARCHES)
    return [SavedSearch.of(**row) for row in (await connection.execute(asked, {"user": user_id})).mappings()]


async def numbers_of_searches(connection: AsyncConnection, user_id: int) -> set[int]:
    """The numbers of all saved searches of a user, without those that were deleted."""
    asked = select(_searches.c.number).where(_searches.c.user_id == _user)
    return set((await connection.execute(asked, {"user": user_id})).scalars())


async def versions_of(connection: AsyncConnection, user_id: int) -> list[PastVersion]:
    """All versions that are kept of a user's searches."""
    asked = select(
        _versions.c.search_number,
        _versions.c.version,
        _versions.c.from_sequence,
        _versions.c.until_sequence,
        _versions.c.expression,
        _versions.c.change_types,
        _versions.c.schedule_type,
    ).where(_versions.c.user_id == _user, _versions.c.expression != "")
    return [PastVersion(*row) for row in await connection.execute(asked, {"user": user_id})]


async def digests_of(connection: AsyncConnection, person: int) -> dict[int, tuple[int, datetime | None]]:
    """For each search of a person that waits for a digest: what is submitted of it, and when the digest is made."""
    asked = select(_digests.c.search_number, _digests.c.sequence, _digests.c.closes_at).where(
        _digests.c.person == person
    )
    return {number: (sequence, closes_at) for number, sequence, closes_at in await connection.execute(asked)}


class AlertDelivery(NamedTuple):
    """An alert about a home with one of its deliveries; without any as long as it is not planned."""

    notification_id: UUID
    accepted_at: datetime
    listing_id: UUID
    sequence: int
    details: str
    left_out: str | None
    """Why a first alert does not name the home."""
    channel: str | None
    state: str | None
    reason_code: str | None
    reason_parameters: str | None
    changed_at: datetime | None


async def alerts_about(connection: AsyncConnection, property_id: UUID, person: int) -> list[AlertDelivery]:
    """The alerts about a home to a person that are kept, the newest first."""
    listings = select(_listings.c.id).where(_listings.c.property_id.in_(ids_of_home(property_id)))
    asked = (
        select(
            _alerts.c.notification_id,
            _notifications.c.accepted_at,
            _alerts.c.listing_id,
            _alerts.c.sequence,
            _alerts.c.details,
            _alerts.c.left_out,
            _deliveries.c.channel,
            _deliveries.c.state,
            _deliveries.c.reason_code,
            _deliveries.c.reason_parameters,
            _deliveries.c.changed_at,
        )
        .join(_notifications, _notifications.c.id == _alerts.c.notification_id)
        .outerjoin(_deliveries, _deliveries.c.notification_id == _alerts.c.notification_id)
        .where(_alerts.c.listing_id.in_(listings), _alerts.c.person == person)
        # Of a first alert that has a home twice, because it was taken for two, the row that names it counts.
        .order_by(
            _alerts.c.sequence.desc(),
            _alerts.c.notification_id,
            _alerts.c.left_out.is_not(None),
            _alerts.c.listing_id,
            _deliveries.c.channel,
        )
    )
    return [AlertDelivery._make(row) for row in await connection.execute(asked)]
