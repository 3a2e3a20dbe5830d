"""Listings over HTTP: events of feeds come in; their last known state and their history are read."""

import asyncio
from collections import Counter
from http import HTTPStatus
from typing import Annotated, Any, cast

from fastapi import Body, Depends, Path, Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.api.access.admission import Admission
from property_alert_notification.api.dependencies import (
    LARGEST_BATCH,
    ClockDep,
    DatabaseDep,
    KeyedRouter,
    RecordsRoute,
    charge,
    needs,
)
from property_alert_notification.api.document.listing_examples import RECORD
from property_alert_notification.api.idempotency.calls import CallDep, json_answer
from property_alert_notification.api.idempotency.stored import Answer
from property_alert_notification.api.paging import next_cursor, page_of, start_of
from property_alert_notification.api.problems import documented
from property_alert_notification.base.errors import Conflict, NotFound
from property_alert_notification.base.metrics import Metrics
from property_alert_notification.base.vocabulary import Scope
from property_alert_notification.homes.listings import queries
from property_alert_notification.homes.listings.answers import (
    HistoryQuery,
    ListingEventsAnswer,
    ListingHistory,
    RecordResult,
    facts_of,
    others_of,
)
from property_alert_notification.homes.listings.events import read_all, records_of, results_of
from property_alert_notification.homes.listings.intake import ListingIntake
from property_alert_notification.homes.listings.models import Listing
from property_alert_notification.homes.listings.received import Received
from property_alert_notification.homes.listings.settings import ListingSettings
from property_alert_notification.homes.properties import queries as properties

PATH = "/api/v1/listing-events"

events_router = KeyedRouter("/listing-events", "listings", max_body_size=LARGEST_BATCH, route=RecordsRoute)
router = KeyedRouter("/listings/{listing_key}", "listings")

# Listings are shared by all callers, and alerts to real people follow from them.
_MayRead = Annotated[Admission, needs(Scope.LISTINGS_READ, live_only=True)]
_MayWrite = Annotated[Admission, needs(Scope.LISTINGS_WRITE, live_only=True)]


async def _settings(request: Request) -> ListingSettings:
    return cast(ListingSettings, request.app.state.listing_settings)


async def _metrics(request: Request) -> Metrics:
    return cast(Metrics, request.app.state.parts.metrics)


_Key = Annotated[str, Path(max_length=255, description="The ListingKey of a listing.")]
_SettingsDep = Annotated[ListingSettings, Depends(_settings)]
_MetricsDep = Annotated[Metrics, Depends(_metrics)]
_Events = Annotated[
    dict[str, Any],
    Body(description="One record of Property in RESO's Common Format, or `value` with up to 1,000.", examples=[RECORD]),
]


@events_router.post("", response_model=ListingEventsAnswer, responses=documented(409))
async def take_listing_events(
    request: Request,
    _body: _Events,
    admission: _MayWrite,
    settings: _SettingsDep,
    metrics: _MetricsDep,
    clock: ClockDep,
    call: CallDep,
) -> Response:
    """Store records of listings. There is one result for each record, in their order.

    A record replaces what was known of its listing, unless a newer one is known by its `ModificationTimestamp`. So
    records may come in any order, and more than once. A record that cannot be understood does not affect the others.
    Each record counts as one call towards the rate of the API key.
    """
    # As it was read: a copy would not show the names that it has twice.
    records, batch = records_of(await request.json())
    admission = await charge(request, admission, items="value", count=len(records))
    # Reading a thousand records may take long, and other callers must not wait for it.
    read = await asyncio.to_thread(read_all, records, batch=batch, feed=settings.feed, now=clock.now())

    results: list[RecordResult] = []

    async def take(connection: AsyncConnection) -> Answer:
        intake = ListingIntake(connection, clock, settings.periods)
        results[:] = results_of(read, await intake.take([one for one in read if isinstance(one, Received)]))
        return Answer(HTTPStatus.OK, ListingEventsAnswer(results=results).model_dump_json(exclude_unset=True))

    answer, replayed = await call.once(admission, take)
    if not replayed:
        for status, count in Counter(result.status for result in results).items():
            metrics.listing_records.labels(status).inc(count)
    return json_answer(answer.text, admission, replayed=replayed)


_Source = Annotated[
    str | None,
    Query(max_length=255, description="The SourceSystemName, if several sources have a listing with this key."),
]


@router.get("", response_model=dict[str, Any], responses=documented(404, 409))
async def read_listing(listing_key: _Key, _: _MayRead, database: DatabaseDep, source: _Source = None) -> Response:
    """Read the last known state of a listing: the newest record, as it was understood.

    A deleted listing has only its keys and `StandardStatus`. 409 if several sources have a listing with this key.
    """
    async with database.reading() as connection:
        listing = await find_listing(connection, listing_key, source)
        return Response(await queries.record_of(connection, listing), media_type="application/json")


@router.get("/history", responses=documented(404, 409))
async def read_listing_history(
    listing_key: _Key,
    _: _MayRead,
    database: DatabaseDep,
    query: Annotated[HistoryQuery, Query()],
) -> ListingHistory:
    """Read the change facts of a listing, the newest first by the feed's clock.

    A change that waits for the end of the quiet time is not among them yet. A page may be short or even empty: continue
    until `next` is null.
    """
    async with database.reading() as connection:
        listing = await find_listing(connection, listing_key, query.source)
        below = start_of(query.cursor)
        found = await queries.history_page(connection, listing.id, below=below, limit=query.limit + 1)
        [its] = await properties.listings(connection, [listing.id])
        members = await properties.members(connection, [its.property_id])
    page, below = page_of(found, query.limit)
    return ListingHistory(
        property_id=its.property_id,
        other_listings=others_of(listing.id, members),
        items=facts_of(page),
        next=next_cursor(below),
    )


async def find_listing(connection: AsyncConnection, listing_key: str, source: str | None) -> Listing:
    """The listing with this key, of the source if one is named.

    Raises:
        NotFound: there is none.
        Conflict: several sources have one, and none is named.
    """
    found = await queries.find(connection, listing_key)
    if source is not None:
        found = [one for one in found if one.source == source]
    if not found:
        raise NotFound("Listing not found")
    if len(found) > 1:
        raise Conflict("Several sources have a listing with this key: name one with `source`.")
    return found[0]
