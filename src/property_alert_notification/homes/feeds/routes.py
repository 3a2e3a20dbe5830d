"""Events of RESO's EntityEvent resource over HTTP (RCP-28): a record changed, and is to be requested from its feed."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Annotated, Any, cast

from fastapi import Body, Depends, Header, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.api.access.admission import Admission
from property_alert_notification.api.dependencies import LARGEST_BATCH, ClockDep, KeyedRouter, RecordsRoute, needs
from property_alert_notification.api.document.listing_examples import EVENT
from property_alert_notification.api.idempotency.calls import CallDep, json_answer
from property_alert_notification.api.idempotency.stored import Answer
from property_alert_notification.api.problems import contents_of, documented
from property_alert_notification.base.errors import InvalidField, TooManyRequests
from property_alert_notification.base.vocabulary import Scope
from property_alert_notification.homes.feeds import queries
from property_alert_notification.homes.feeds.entity_events import Unreadable, events_of, read_events
from property_alert_notification.homes.feeds.settings import FeedSettings, event_source

MOST_WAITING = 100_000
"""Events that may wait for their record, of all sources."""

RETRY_AFTER = 30
"""Seconds after which a call that was refused because too many wait may be repeated."""

PATH = "/api/v1/reso/entity-events"

router = KeyedRouter("/reso/entity-events", "listings", max_body_size=LARGEST_BATCH, route=RecordsRoute)

_MayWrite = Annotated[Admission, needs(Scope.LISTINGS_WRITE, live_only=True)]


class RefusedEvent(BaseModel):
    """An event that cannot be understood."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    position: int
    """Its position in `value`, from 0."""
    error: dict[str, Any]
    """A problem document that names the field and what to send."""


class EntityEventsAnswer(BaseModel):
    """What became of the events of a call."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    queued: int
    """Events that are stored, now or before. Their records will be requested."""
    ignored: int
    """Events about other resources than Property, and than OpenHouse if the feed has `FEED_EXPAND=OpenHouse`."""
    refused: list[RefusedEvent]
    """Events that cannot be understood."""
    warning: str | None = Field(None, exclude_if=lambda warning: warning is None)
    """Why no record will be requested yet; left out if a feed requests them."""


async def _feeds(request: Request) -> Mapping[str, FeedSettings]:
    return cast(Mapping[str, FeedSettings], request.app.state.feeds)


_FeedsDep = Annotated[Mapping[str, FeedSettings], Depends(_feeds)]
_Source = Annotated[
    str | None,
    Header(
        alias="EntityEventSource",
        max_length=255,
        description="The source of the events; each source counts its events by itself. Without it they are of the "
        "only feed that is configured.",
        examples=["nwmls"],
    ),
]
_Events = Annotated[
    dict[str, Any],
    Body(description="One event of EntityEvent, or `value` with up to 1,000.", examples=[EVENT]),
]


@router.post("", response_model=EntityEventsAnswer, responses=documented(409))
async def take_entity_events(
    request: Request,
    _body: _Events,
    admission: _MayWrite,
    feeds: _FeedsDep,
    clock: ClockDep,
    call: CallDep,
    entity_event_source: _Source = None,
) -> Response:
    """Store events that announce changed records, pushed by a RESO Web API (RCP-28).

    A 200 means that they are stored on disk. A worker then requests each record from the feed. An event may come more
    than once and in any order. Fields and headers that RESO does not have are ignored. 429 with Retry-After if too many
    events wait for their records. `warning` if no feed has the source of the events.
    """
    # As it was read: a copy would not show the names that it has twice.
    events, is_batch = events_of(await request.json())
    source = _source_of(entity_event_source, feeds)
    found = read_events(events, open_houses=reads_open_houses(source, feeds))
    if found.refused and not is_batch:
        raise found.refused[0].fault
    refused = [RefusedEvent(position=one.place, error=_error(one)) for one in found.refused]
    answer = EntityEventsAnswer(
        queued=len(found.events), ignored=found.ignored, refused=refused, warning=warning_of(source, feeds)
    )

    async def store(connection: AsyncConnection) -> Answer:
        if await queries.has_more(connection, MOST_WAITING):
            raise TooManyRequests("Too many events wait for their records. Try again later.", retry_after=RETRY_AFTER)
        await queries.add_events(connection, source, found.events, now=clock.now())
        return Answer(HTTPStatus.OK, answer.model_dump_json())

    done, replayed = await call.once(admission, store)
    return json_answer(done.text, admission, replayed=replayed)


def _source_of(header: str | None, feeds: Mapping[str, FeedSettings]) -> str:
    """The EntityEventSource of the events of a call.

    Raises:
        InvalidField: the header is not printable.
    """
    if header is not None and header.strip():
        if not header.isprintable():
            raise InvalidField("EntityEventSource", "must be printable")
        return header.strip()
    sources = _sources(feeds)
    return sources[0] if len(sources) == 1 else ""


def reads_open_houses(source: str, feeds: Mapping[str, FeedSettings]) -> bool:
    """Whether the feed of a source requests listings with their open houses. All sources are those of an only feed."""
    its = (feed for name, feed in feeds.items() if event_source(name, feed).casefold() == source.casefold())
    feed = next(iter(feeds.values() if len(feeds) == 1 else its), None)
    return feed is not None and feed.has_open_houses


def warning_of(source: str, feeds: Mapping[str, FeedSettings]) -> str | None:
    """What is wrong if no feed requests the records of a source. A feed may get it later: the events wait for it."""
    sources = _sources(feeds)
    if source.casefold() in map(str.casefold, sources):
        return None
    named = f"the EntityEventSource {source}" if source else "no EntityEventSource: name one in the header"
    known = f"the sources of feeds are {', '.join(sources)}" if sources else "no feed is configured"
    return (
        f"No feed requests the records of events with {named}; {known}. The events wait until a feed has their source."
    )


def _sources(feeds: Mapping[str, FeedSettings]) -> list[str]:
    return [event_source(name, feed) for name, feed in feeds.items()]


def _error(one: Unreadable) -> dict[str, Any]:
    error = contents_of(one.fault)
    error["detail"][0]["loc"] = ["body", "value", one.place, one.fault.field]
    return error
