"""Whether this process is alive, whether it can do its work, and its figures for Prometheus."""

import asyncio
from collections.abc import Coroutine, Mapping
from contextlib import suppress
from http import HTTPStatus
from typing import Annotated, Any, Literal, cast

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST
from pydantic import BaseModel, ConfigDict

from property_alert_notification.api.dependencies import operation_id
from property_alert_notification.api.problems import documented
from property_alert_notification.base.bounded_calls import BoundedCalls
from property_alert_notification.base.errors import StoreUnavailable, Unavailable
from property_alert_notification.database import migrations
from property_alert_notification.database.clock_watch import why_clock_differs
from property_alert_notification.operators.providers import queries as breakers
from property_alert_notification.wiring import Parts

LONGEST_CHECK = 2.0
"""Seconds after which a part that gave no answer counts as down."""


Status = Literal["ready", "degraded", "down", "stopping"]


class Part(BaseModel):
    """One part that this process needs."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    up: bool
    problem: str | None = None
    """The problem as a sentence."""


class Readiness(BaseModel):
    """The state of this process.

    `ready`: no problem. `degraded`: notifications are accepted, and some deliveries wait. `down`: nothing can be
    accepted. `stopping`: this process ends soon, send requests to others.
    """

    model_config = ConfigDict(use_attribute_docstrings=True)

    status: Status
    store: Part
    broker: Part
    loops: dict[str, str] = {}
    """Loops of this process that keep breaking, each with its error."""
    providers: dict[str, str] = {}
    """Providers with an open breaker, such as `email by smtp`, each with the reason and the remedy."""


_DOWN = {
    "example": {
        "status": "down",
        "store": {"up": False, "problem": "gave no answer in time"},
        "broker": {"up": True, "problem": None},
        "loops": {},
        "providers": {},
    }
}


router = APIRouter(tags=["health"], responses=documented(403, 413), generate_unique_id_function=operation_id)
"""For an application whose state has the process's `parts`."""


async def _parts(request: Request) -> Parts:
    return cast(Parts, request.app.state.parts)


PartsDep = Annotated[Parts, Depends(_parts)]


@router.head("/health/live", include_in_schema=False)
@router.get("/health/live")
async def live() -> dict[str, str]:
    """Answers as long as the process does."""
    return {"status": "alive"}


@router.head("/health/ready", include_in_schema=False)
@router.get("/health/ready", responses={503: {"model": Readiness, "content": {"application/json": _DOWN}}})
async def ready(parts: PartsDep, response: Response) -> Readiness:
    """Whether notifications can be accepted now, and which part is down."""
    readiness = await check(parts)
    if readiness.status in {"down", "stopping"}:
        response.status_code = HTTPStatus.SERVICE_UNAVAILABLE
        response.headers["Retry-After"] = "1"
    return readiness


@router.head("/metrics", include_in_schema=False)
@router.get("/metrics", response_class=PlainTextResponse)
async def metrics(parts: PartsDep) -> Response:
    """The metrics of this process and of the store, for Prometheus.

    No key is required: metrics contain no personal data.
    """
    await parts.gauges.measure()
    return Response(parts.metrics.render(), media_type=CONTENT_TYPE_LATEST)


async def check(parts: Parts) -> Readiness:
    """Check every part."""
    store, broker = await asyncio.gather(
        _run(parts.calls, _check_store(parts)), _run(parts.calls, parts.broker.check())
    )
    loops = parts.supervisor.problems
    providers = await _left_alone(parts) if store.up else {}
    status = _status(parts, store, broker, {**loops, **providers})
    return Readiness(status=status, store=store, broker=broker, loops=loops, providers=providers)


async def _left_alone(parts: Parts) -> dict[str, str]:
    """Providers with an open breaker; empty while the store does not answer."""
    described: dict[str, str] = {}

    async def read() -> None:
        async with parts.database.reading() as connection:
            described.update(await breakers.left_alone(connection, now=parts.clock.now()))

    with suppress(TimeoutError, Unavailable):
        await parts.calls.run(read(), within=LONGEST_CHECK)
    return described


def _status(parts: Parts, store: Part, broker: Part, problems: Mapping[str, str]) -> Status:
    # When the loop that counts the backlog has ended, a full backlog never shrinks, and nothing is accepted.
    if parts.stopping.is_set():
        return "stopping"
    cannot_accept = not store.up or ("backlog" in problems and parts.backlog.is_full)
    if cannot_accept:
        return "down"
    return "degraded" if problems or not broker.up else "ready"


async def _run(calls: BoundedCalls, call: Coroutine[Any, Any, str | None]) -> Part:
    """Run a check, which raises if the part is down, and may return a problem although it is up."""
    try:
        return Part(up=True, problem=await calls.run(call, within=LONGEST_CHECK))
    except TimeoutError:
        return Part(up=False, problem="gave no answer in time")
    except Unavailable as fault:
        return Part(up=False, problem=fault.cause)


async def _check_store(parts: Parts) -> str | None:
    judgement = await migrations.examine(parts.database)
    if not judgement.works:
        raise StoreUnavailable(f"The store {judgement.why_not}.")
    remarks = [f"The store {judgement.words}." if judgement.warns else None, why_clock_differs(parts.clock)]
    return " ".join(filter(None, remarks)) or None
