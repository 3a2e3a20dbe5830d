"""Finds the homes that a search matched when it was saved, and that match still: one pass over the market for many.

A search sees the changes of listings above a number. What those brought is told by the matcher, and is left out here;
so each home is in the first alert or in an alert of its own, whichever process is the faster one.
"""

import asyncio
import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from uuid import UUID

from property_alert_notification.base.damaged import UNREADABLE, left_out, readable
from property_alert_notification.database import Database
from property_alert_notification.homes.alerts.first_alert import COUNTED
from property_alert_notification.homes.alerts.news import may_be_shown
from property_alert_notification.homes.alerts.searches import Index
from property_alert_notification.homes.criteria.evaluate import evaluate
from property_alert_notification.homes.criteria.expression import Expression, from_json
from property_alert_notification.homes.listing_preferences.queries import discarded
from property_alert_notification.homes.saved_searches.market.queries import ON_MARKET
from property_alert_notification.homes.search_life import queries
from property_alert_notification.homes.search_life.queries import UNKNOWN, FirstSearch, MarketListing, NumberedStates


class FoundHome(NamedTuple):
    """A home that matches a search."""

    listing: MarketListing
    fields: Mapping[str, Any]


@dataclass(slots=True)
class Found:
    """What was found for one search."""

    search: FirstSearch
    expression: Expression
    total: int = 0
    """How many homes."""
    first: list[FoundHome] = field(default_factory=list)
    """Up to `COUNTED` of them."""
    shared: set[UUID] = field(default_factory=set)
    """Those with several listings, which are counted once."""

    def add(self, home: FoundHome) -> None:
        """Count a home, unless it was counted under another listing."""
        if home.listing.is_shared:
            if home.listing.property_id in self.shared:
                return
            self.shared.add(home.listing.property_id)
        self.total += 1
        if len(self.first) < COUNTED:
            self.first.append(home)


async def find_matches(
    database: Database, searches: Collection[FirstSearch], create_index: Callable[[], Index]
) -> Mapping[int, Found]:
    """The homes of these searches, by their numbers; searches that cannot be read are left out."""
    read = [(one, expression) for one in searches if (expression := _readable(one)) is not None]
    found = {one.number: Found(one, expression) for one, expression in read}
    if not found:
        return found
    index = create_index()
    index.put_many((number, one.expression) for number, one in found.items())
    since = min(one.search.from_sequence for one in found.values())
    async for page in queries.listings_on_market(database):
        matched = await asyncio.to_thread(_match, index, page)
        async with database.reading() as connection:
            states = await queries.states_since(connection, [home.listing for home, _ in matched], since)
            refused = await discarded(connection, {home.listing.property_id for home, _ in matched})
        await asyncio.to_thread(_add, found, matched, states, refused)
    return found


def _readable(search: FirstSearch) -> Expression | None:
    try:
        if search.from_sequence == UNKNOWN:
            raise LookupError("the version is missing")
        return from_json(search.expression)
    except UNREADABLE as error:
        left_out("search.unreadable", error, number=search.number)
        return None


def _match(index: Index, page: Sequence[MarketListing]) -> list[tuple[FoundHome, list[int]]]:
    """The listings that match now, each with the numbers of the searches."""

    def match(listing: MarketListing) -> tuple[FoundHome, list[int]]:
        fields = json.loads(listing.record)
        return FoundHome(listing, fields), index.match(fields).tolist() if is_on_market(fields) else []

    found = readable(page, match, "listing.unreadable", lambda one: one.id)
    return [(home, numbers) for home, numbers in found if numbers]


def is_on_market(fields: Mapping[str, Any]) -> bool:
    """Whether a home may be shown, and is on the market under a listing in this state."""
    return may_be_shown(fields) and fields.get("StandardStatus") in ON_MARKET


def _add(
    found: Mapping[int, Found],
    matched: Sequence[tuple[FoundHome, list[int]]],
    states: Mapping[UUID, NumberedStates],
    refused: Mapping[UUID, Collection[int]],
) -> None:
    for home, numbers in matched:
        people = refused.get(home.listing.property_id, ())
        for number in numbers:
            one = found[number]
            if one.search.person not in people and _matched_then(one, home, states.get(home.listing.id, ())):
                one.add(home)


def _matched_then(one: Found, home: FoundHome, states: NumberedStates) -> bool:
    """Whether the listing matched a search when it was saved."""
    try:
        state = state_at(one.search.from_sequence, home, states)
        return state is not None and is_on_market(state) and evaluate(one.expression, state) is True
    except UNREADABLE as error:
        left_out("listing.unreadable", error, listing=str(home.listing.id))
        return False


def state_at(sequence: int, home: FoundHome, states: NumberedStates) -> Mapping[str, Any] | None:
    """The fields of a listing as of a number, as the matcher knows them; None if it was not known. Pure.

    `states` are its numbered changes: those above the number, and all of a home of which a change waits to be numbered.
    """
    later = next((one for one in states if one.sequence > sequence), None)
    if later is not None:
        return None if later.before is None else json.loads(later.before)
    if not home.listing.waits:
        return home.fields
    earlier = [one for one in states if one.sequence <= sequence]
    return json.loads(earlier[-1].after) if earlier else None
