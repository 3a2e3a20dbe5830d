"""Reads what explains what became of a home for a user."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import numpy as np
from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.database import run_within
from property_alert_notification.homes.alerts.changes.earlier.queries import facts_before
from property_alert_notification.homes.alerts.changes.queries import last_changes
from property_alert_notification.homes.alerts.changes.read import ReadChange, readable_changes
from property_alert_notification.homes.alerts.explain import queries
from property_alert_notification.homes.alerts.explain.queries import AlertDelivery
from property_alert_notification.homes.alerts.explain.searches import (
    ExplainableSearch,
    deleted_searches,
    names_in,
    stored_searches,
)
from property_alert_notification.homes.alerts.outcomes.ladder import Knowledge
from property_alert_notification.homes.alerts.outcomes.look_up import known_of
from property_alert_notification.homes.alerts.outcomes.past import PastVersion
from property_alert_notification.homes.alerts.shards import queries as shards
from property_alert_notification.homes.listing_preferences.queries import discarded
from property_alert_notification.homes.listings.models import Listing
from property_alert_notification.homes.properties import queries as properties
from property_alert_notification.homes.saved_searches.answers import language_of
from property_alert_notification.homes.saved_searches.versions.queries import numbers_of

MOST_CHANGES = 20
"""Changes of a home that are explained."""

_NOBODY = -1
"""The number of a user who never had a saved search."""


@dataclass(frozen=True, slots=True)
class Found:
    """What the store knows of a home and a user."""

    listing_id: UUID
    property_id: UUID
    fields: Mapping[str, Any]
    """Of the listing, as it is now."""
    language: str | None
    """Of the user."""
    searches: Sequence[ExplainableSearch]
    """Those of the user, and then those that were deleted."""
    versions: Sequence[PastVersion]
    changes: Sequence[ReadChange]
    made_at: Mapping[int, datetime]
    """When each change was stored, by its number."""
    alerts: Sequence[AlertDelivery]
    known: Knowledge
    is_discarded: bool


async def look_up(connection: AsyncConnection, user_id: int, listing: Listing) -> Found:
    """Read what is known of the home of a listing and of a user."""
    [member] = await properties.listings(connection, [listing.id])
    home = member.property_id
    number = (await numbers_of(connection, [user_id])).get(user_id, _NOBODY)
    listings = [one.id for one in await properties.members(connection, [home])]
    last = await last_changes(connection, listings, limit=MOST_CHANGES)
    rows, made_at = [one for one, _ in last], {one.sequence: at for one, at in last}
    earlier = await facts_before(connection, rows)
    versions = await queries.versions_of(connection, user_id)
    alerts = await queries.alerts_about(connection, home, number)
    searches = stored_searches(await queries.searches_of(connection, user_id))
    searches += deleted_searches(
        versions,
        await queries.numbers_of_searches(connection, user_id),
        made_at,
        names_in(one.details for one in alerts),
        limit=queries.MOST_SEARCHES,
    )
    numbers = np.array(sorted({one.number for one in searches}), dtype=np.int64)
    changes = list(readable_changes(rows, earlier))
    position = await shards.position_for(connection, number)
    known = Knowledge(position, await queries.digests_of(connection, number), versions)
    return Found(
        listing.id,
        home,
        await queries.fields_of(connection, listing.id),
        await run_within(connection, language_of(user_id)),
        searches,
        versions,
        changes,
        made_at,
        alerts,
        await known_of(connection, changes, known, person=number, searches=numbers),
        number in (await discarded(connection, [home])).get(home, ()),
    )
