"""Every statement that explains what became of a home for a user."""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import BigInteger, Integer, bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.database import BatchStatement, as_rows, columns_of, table_of, true_of_many
from property_alert_notification.deliveries.models import Delivery
from property_alert_notification.homes.alerts.models import Alert, SearchDigest
from property_alert_notification.homes.alerts.outcomes.past import PastVersion
from property_alert_notification.homes.alerts.queries import SELECT_CHANGES, ChangeToMatch
from property_alert_notification.homes.listings.models import Listing, ListingChange
from property_alert_notification.homes.properties.ids.queries import ids_of_home
from property_alert_notification.homes.saved_searches.models import SavedSearch, SavedSearchVersion

_changes, _alerts = table_of(ListingChange), table_of(Alert)
_digests, _deliveries = table_of(SearchDigest), table_of(Delivery)
_searches, _versions, _listings = table_of(SavedSearch), table_of(SavedSearchVersion), table_of(Listing)
_user = bindparam("user", type_=BigInteger)
_limit = bindparam("limit", type_=Integer)

MOST_SEARCHES = 100
"""Searches of a user that are explained."""

_LAST = BatchStatement(
    columns_of(_changes, "listing_id"),
    lambda wanted: (
        SELECT_CHANGES.where(
            _changes.c.listing_id.in_(select(wanted.c.listing_id)), true_of_many(_changes.c.sequence.is_not(None))
        )
        # In a form that no index matches, so that the store uses the index of the listings.
        .order_by(func.coalesce(_changes.c.sequence, 0).desc())
        .limit(_limit)
    ),
)


async def last_changes(connection: AsyncConnection, listings: Collection[UUID], *, limit: int) -> list[ChangeToMatch]:
    """The last numbered changes of these listings, the newest first."""
    return [ChangeToMatch(*row) for row in await _LAST.run(connection, as_rows(sorted(listings)), limit=limit)]


async def searches_of(connection: AsyncConnection, user_id: int) -> list[SavedSearch]:
    """The saved searches of a user, also those that are not active."""
    asked = select(_searches).where(_searches.c.user_id == _user).order_by(_searches.c.number).limit(MOST_SEARCHES)
    return [SavedSearch(**row) for row in (await connection.execute(asked, {"user": user_id})).mappings()]


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
    listing_id: UUID
    sequence: int
    details: str
    left_out: str | None
    """Why a first alert does not name the home."""
    channel: str | None
    state: str | None
    reason_code: str | None
    reason_parameters: str | None


async def alerts_about(connection: AsyncConnection, property_id: UUID, person: int) -> list[AlertDelivery]:
    """The alerts about a home to a person that are kept, the newest first."""
    listings = select(_listings.c.id).where(_listings.c.property_id.in_(ids_of_home(property_id)))
    asked = (
        select(
            _alerts.c.notification_id,
            _alerts.c.listing_id,
            _alerts.c.sequence,
            _alerts.c.details,
            _alerts.c.left_out,
            _deliveries.c.channel,
            _deliveries.c.state,
            _deliveries.c.reason_code,
            _deliveries.c.reason_parameters,
        )
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
