"""What users think of listings, over HTTP."""

from http import HTTPStatus
from typing import Annotated

from fastapi import Path, Query, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.api.access.admission import Admission
from property_alert_notification.api.dependencies import ClockDep, DatabaseDep, KeyedRouter, needs
from property_alert_notification.api.idempotency.calls import json_answer
from property_alert_notification.api.paging import next_cursor, page_of, start_of
from property_alert_notification.api.problems import documented
from property_alert_notification.base.errors import Conflict, NotFound
from property_alert_notification.base.vocabulary import Scope
from property_alert_notification.database import run_within
from property_alert_notification.homes.listing_preferences import queries
from property_alert_notification.homes.listing_preferences.models import ListingPreference
from property_alert_notification.homes.listing_preferences.queries import Entry
from property_alert_notification.homes.listing_preferences.schemas import (
    ListingPreferencePage,
    ListingPreferencePublic,
    ListingPreferencePut,
    ListingPreferenceQuery,
    Preference,
)
from property_alert_notification.homes.listings import queries as listings
from property_alert_notification.homes.listings.models import Listing
from property_alert_notification.homes.saved_searches.scripts import lock_person
from property_alert_notification.people.dependencies import UserId

list_router = KeyedRouter("/users/{user_id}/listings", "searches")
router = KeyedRouter("/users/{user_id}/listings/{listing_key}/preference", "searches")

_MayRead = Annotated[Admission, needs(Scope.SEARCHES_READ, live_only=True)]
_MayWrite = Annotated[Admission, needs(Scope.SEARCHES_WRITE, live_only=True)]
_Key = Annotated[str, Path(max_length=255, description="The ListingKey of a listing.")]
_Source = Annotated[
    str | None,
    Query(max_length=255, description="The SourceSystemName, if several sources have a listing with this key."),
]


@list_router.get("", response_model=ListingPreferencePage)
async def list_listing_preferences(
    user_id: UserId, query: Annotated[ListingPreferenceQuery, Query()], admission: _MayRead, database: DatabaseDep
) -> Response:
    """List the listings of which a user thinks something: favourites and discarded ones, the newest first."""
    async with database.reading() as connection:
        found = await queries.page(
            connection,
            user_id,
            preference=query.preference,
            before=start_of(query.cursor),
            limit=query.limit + 1,
        )
    page, last = page_of(found, query.limit)
    answer = ListingPreferencePage(items=[_public(one) for one in page], next=next_cursor(last))
    return json_answer(answer, admission)


@router.put("", response_model=ListingPreferencePublic, responses=documented(404, 409))
async def put_listing_preference(
    user_id: UserId,
    listing_key: _Key,
    body: ListingPreferencePut,
    admission: _MayWrite,
    database: DatabaseDep,
    clock: ClockDep,
    source: _Source = None,
) -> Response:
    """Store what a user thinks of a listing. Of a discarded home no alert is made for the user from now on.

    The call replaces what the user said of other listings of the same home. 409 if several sources have a listing with
    this key.
    """
    now = clock.now()
    async with database.transaction() as connection:
        listing = await _find(connection, listing_key, source)
        person = await run_within(connection, lock_person(user_id))
        preference = ListingPreference(
            id=clock.new_id(),
            person=person,
            user_id=user_id,
            listing_id=listing.id,
            preference=body.ContactListingPreference.value,
            changed_at=now,
        )
        await queries.put(connection, preference, listing)
    entry = Entry(preference.id, listing.listing_key, listing.source, preference.preference, now)
    return json_answer(_public(entry), admission)


@router.get("", response_model=ListingPreferencePublic, responses=documented(404, 409))
async def read_listing_preference(
    user_id: UserId, listing_key: _Key, admission: _MayRead, database: DatabaseDep, source: _Source = None
) -> Response:
    """Read what a user thinks of a listing, or of another one of the same home. 404 if nothing is stored."""
    async with database.reading() as connection:
        listing = await _find(connection, listing_key, source)
        entry = await queries.find(connection, user_id, listing)
    if entry is None:
        raise NotFound("The user has no preference about this listing.")
    return json_answer(_public(entry), admission)


@router.delete("", status_code=HTTPStatus.NO_CONTENT, responses=documented(404, 409))
async def delete_listing_preference(
    user_id: UserId, listing_key: _Key, _: _MayWrite, database: DatabaseDep, source: _Source = None
) -> None:
    """Forget what a user thinks of the home of a listing: of a discarded one alerts are made again when it changes."""
    async with database.transaction() as connection:
        listing = await _find(connection, listing_key, source)
        if not await queries.remove(connection, user_id, listing):
            raise NotFound("The user has no preference about this listing.")


async def _find(connection: AsyncConnection, listing_key: str, source: str | None) -> Listing:
    found = [one for one in await listings.find(connection, listing_key) if source in (None, one.source)]
    if not found:
        raise NotFound("Listing not found")
    if len(found) > 1:
        raise Conflict("Several sources have a listing with this key: name one with `source`.")
    return found[0]


def _public(entry: Entry) -> ListingPreferencePublic:
    return ListingPreferencePublic(
        ListingKey=entry.listing_key,
        SourceSystemName=entry.source,
        ContactListingPreference=Preference(entry.preference),
        ModificationTimestamp=entry.changed_at,
    )
