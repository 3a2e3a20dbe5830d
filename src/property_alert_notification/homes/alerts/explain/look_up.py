"""Reads what explains what became of a home for a user."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np
from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.database import run_within
from property_alert_notification.homes.alerts.approvals.facts import queries as approval_facts
from property_alert_notification.homes.alerts.changes import ReadChange, readable_changes
from property_alert_notification.homes.alerts.digests.queries import records_of
from property_alert_notification.homes.alerts.drops.queries import dropped_of, reasons_in
from property_alert_notification.homes.alerts.earlier.queries import facts_before
from property_alert_notification.homes.alerts.explain import queries
from property_alert_notification.homes.alerts.explain.outcome import (
    Knowledge,
    PastVersion,
    outcomes_of_facts,
    with_unsent,
)
from property_alert_notification.homes.alerts.explain.queries import AlertDelivery
from property_alert_notification.homes.alerts.explain.searches import (
    ExplainableSearch,
    deleted_searches,
    names_in,
    stored_searches,
)
from property_alert_notification.homes.alerts.shards import queries as shards
from property_alert_notification.homes.alerts.unsent.queries import unsent
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
    alerts: Sequence[AlertDelivery]
    known: Knowledge
    is_discarded: bool


async def look_up(connection: AsyncConnection, user_id: int, listing: Listing) -> Found:
    """Read what is known of the home of a listing and of a user."""
    [member] = await properties.listings(connection, [listing.id])
    home = member.property_id
    number = (await numbers_of(connection, [user_id])).get(user_id, _NOBODY)
    listings = [one.id for one in await properties.members(connection, [home])]
    rows = await queries.last_changes(connection, listings, limit=MOST_CHANGES)
    earlier = await facts_before(connection, rows)
    versions = await queries.versions_of(connection, user_id)
    alerts = await queries.alerts_about(connection, home, number)
    searches = stored_searches(await queries.searches_of(connection, user_id))
    searches += deleted_searches(
        versions,
        await queries.numbers_of_searches(connection, user_id),
        [one.sequence for one in rows],
        names_in(one.details for one in alerts),
        limit=queries.MOST_SEARCHES,
    )
    numbers = np.array([one.number for one in searches], dtype=np.int64)
    dropped = await dropped_of(connection, {one.sequence for one in rows})
    changes = list(readable_changes(rows, earlier))
    keys = {(one.listing_id, news.key) for one in changes for news in one.news}
    waiting = outcomes_of_facts(await approval_facts.asking(connection, keys, person=number))
    told = await queries.told_to(connection, home, number)
    ended = await unsent(connection, {(listing_id, key, number) for listing_id, key in keys if key in told})
    untold = {key: its.became for (_, key, _), its in ended.items()}
    return Found(
        listing.id,
        home,
        (await records_of(connection, [listing.id])).get(listing.id, {}),
        await run_within(connection, language_of(user_id)),
        searches,
        versions,
        changes,
        alerts,
        Knowledge(
            told - untold.keys(),
            await shards.position_for(connection, number),
            await queries.digests_of(connection, number),
            await asyncio.to_thread(reasons_in, dropped, numbers),
            with_unsent({fact: outcome for (_, fact), outcome in waiting.items()}, untold),
        ),
        number in (await discarded(connection, [home])).get(home, ()),
    )
