"""Properties over HTTP: see which listings are of one home, and correct it."""

from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Annotated, cast
from uuid import UUID

from fastapi import Depends, Path, Request, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.api.access.admission import Admission
from property_alert_notification.api.dependencies import ClockDep, DatabaseDep, KeyedRouter, LiveOperator
from property_alert_notification.api.idempotency.calls import CallDep, IdempotentCall
from property_alert_notification.api.idempotency.stored import Answer
from property_alert_notification.api.problems import documented
from property_alert_notification.base.clock import Clock
from property_alert_notification.homes.listings.history import Periods
from property_alert_notification.homes.listings.settings import ListingSettings
from property_alert_notification.operators.properties.schemas import Merge, PropertyPublic, Split
from property_alert_notification.operators.properties.service import HomeView, PropertyService, view

router = KeyedRouter("/properties/{property_id}", "administration")

PropertyId = Annotated[UUID, Path(description="The id of a property, as the history of its listings has it.")]


async def _periods(request: Request) -> Periods:
    return cast(ListingSettings, request.app.state.listing_settings).periods


_PeriodsDep = Annotated[Periods, Depends(_periods)]


@router.get("", responses=documented(404))
async def read_property(property_id: PropertyId, _admission: LiveOperator, database: DatabaseDep) -> PropertyPublic:
    """Read a property: its listings, the ids that mean it, and what operators said of it."""
    async with database.reading() as connection:
        return PropertyPublic.of(await view(connection, property_id))


@router.post("/split", response_model=PropertyPublic, responses=documented(404, 409))
async def split_property(
    property_id: PropertyId,
    body: Split,
    admission: LiveOperator,
    clock: ClockDep,
    call: CallDep,
    periods: _PeriodsDep,
) -> Response:
    """Make some listings of a property a property of their own, because they are of another home.

    They stay apart when their next records come. If the new property is on the market, users whose searches match it
    are alerted: while it was taken for another home, nobody heard of it. Answers with the new property.
    """
    names = [one.name for one in body.listings]
    return await _correct(call, admission, clock, periods, lambda service: service.split(property_id, names))


@router.post("/merge", response_model=PropertyPublic, responses=documented(404, 409))
async def merge_property(
    property_id: PropertyId,
    body: Merge,
    admission: LiveOperator,
    clock: ClockDep,
    call: CallDep,
    periods: _PeriodsDep,
) -> Response:
    """Make two properties one, because they are the same home. They stay one when their next records come.

    The older id is that of the property from now on; the other one goes on meaning it.
    """
    return await _correct(call, admission, clock, periods, lambda service: service.merge(property_id, body.property_id))


async def _correct(
    call: IdempotentCall,
    admission: Admission,
    clock: Clock,
    periods: Periods,
    correction: Callable[[PropertyService], Awaitable[HomeView]],
) -> Response:
    async def work(connection: AsyncConnection) -> Answer:
        home = await correction(PropertyService(connection, clock, periods, admission.actor))
        return Answer(HTTPStatus.OK, PropertyPublic.of(home).model_dump_json())

    return await call.answer(admission, work)
