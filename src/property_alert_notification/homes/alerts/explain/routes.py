"""`GET /users/{user_id}/listings/{listing_key}/explain`: why a user was told of a home, or was not."""

import asyncio
from collections.abc import Collection
from datetime import datetime
from typing import Annotated

from fastapi import Path, Query
from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.api.access.admission import Admission
from property_alert_notification.api.dependencies import ClockDep, DatabaseDep, KeyedRouter, needs
from property_alert_notification.api.problems import documented
from property_alert_notification.base.vocabulary import Channel, Scope
from property_alert_notification.homes.alerts.answer_turns import TurnsDep
from property_alert_notification.homes.alerts.decisions import decide_alert
from property_alert_notification.homes.alerts.explain.answers import Explanation
from property_alert_notification.homes.alerts.explain.explain import (
    explained_alerts,
    explained_change,
    explained_search,
)
from property_alert_notification.homes.alerts.explain.look_up import Found, look_up
from property_alert_notification.homes.alerts.news import may_be_shown
from property_alert_notification.homes.listings.models import Listing
from property_alert_notification.homes.listings.routes import find_listing
from property_alert_notification.people.categories.routes import CacheDep
from property_alert_notification.people.categories.rules import LISTING_ALERT, Category
from property_alert_notification.people.decide import Message
from property_alert_notification.people.dependencies import SubjectsDep, UserId
from property_alert_notification.people.effective.answer import EffectiveDecision, public
from property_alert_notification.people.effective.look_up import cap_uses_of, person_of
from property_alert_notification.people.effective.routes import DefaultPreferencesDep, UnusedDep
from property_alert_notification.people.person import UNKNOWN
from property_alert_notification.people.preferences.rules import Preferences
from property_alert_notification.people.suppressions.subjects import Subjects

router = KeyedRouter("/users/{user_id}/listings/{listing_key}/explain", "searches")


@router.get("", responses=documented(404, 409))
async def explain_listing(
    user_id: UserId,
    listing_key: Annotated[str, Path(max_length=255, description="The ListingKey of a listing.")],
    _: Annotated[Admission, needs(Scope.SEARCHES_READ, live_only=True)],
    database: DatabaseDep,
    clock: ClockDep,
    cache: CacheDep,
    default: DefaultPreferencesDep,
    subjects: SubjectsDep,
    unused: UnusedDep,
    turns: TurnsDep,
    source: Annotated[
        str | None,
        Query(max_length=255, description="The SourceSystemName, if several sources have a listing with this key."),
    ] = None,
) -> Explanation:
    """Explain why a user was told of a home, or was not.

    It shows each saved search of the user beside the home, condition by condition, also those that were deleted; the
    last changes of the home with what became of each for each search, as it was then; the alerts with their deliveries;
    and what would become of an alert now. Changes and what became of them are known for as long as the history of the
    home is kept, alerts and deliveries for `RETENTION_DAYS`.
    """
    async with turns:
        async with database.reading() as connection:
            listing = await find_listing(connection, listing_key, source)
            found = await look_up(connection, user_id, listing)
            category = cache.current().of(LISTING_ALERT)
            decisions = await _decisions(
                connection, user_id, category, clock.now(), default, subjects, unused, found.language
            )
        # For 100 searches and 20 changes this takes a second, in which other calls are answered.
        return await asyncio.to_thread(_explained, listing, found, decisions)


def _explained(listing: Listing, found: Found, decisions: list[EffectiveDecision]) -> Explanation:
    return Explanation(
        ListingKey=listing.listing_key,
        property_id=found.property_id,
        StandardStatus=listing.status,
        shown=may_be_shown(found.fields),
        discarded=found.is_discarded,
        searches=[explained_search(one, found) for one in found.searches],
        changes=[explained_change(one, found) for one in found.changes],
        alerts=explained_alerts(found.alerts, found.language),
        decisions=decisions,
    )


async def _decisions(
    connection: AsyncConnection,
    user_id: int,
    category: Category,
    now: datetime,
    default: Preferences | None,
    subjects: Subjects,
    unused: Collection[Channel],
    language: str | None,
) -> list[EffectiveDecision]:
    person = await person_of(connection, user_id, test=False, default=default, subjects=subjects) or UNKNOWN
    decisions = []
    for channel in Channel:
        uses = await cap_uses_of(connection, user_id, person, channel, test=False)
        message = Message(channel, category)
        decision = decide_alert(message, person, now, uses, is_used=channel not in unused)
        decisions.append(public(decision, message, now, language))
    return decisions
