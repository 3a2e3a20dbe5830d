"""Whether this process is alive, whether it can do its work, and its figures for Prometheus."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Literal

from fastapi import APIRouter, Response
from fastapi.responses import PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST
from pydantic import BaseModel, ConfigDict

from property_alert_notification import migrations
from property_alert_notification.deliveries import lanes
from property_alert_notification.errors import StoreUnavailable, Unavailable
from property_alert_notification.problems import documented
from property_alert_notification.vocabulary import Channel
from property_alert_notification.wiring import Parts

LONGEST_CHECK = 2.0
"""Seconds after which a part that gave no answer counts as down."""


Status = Literal["ready", "degraded", "down"]


class Part(BaseModel):
    """One part that this process needs."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    up: bool
    problem: str | None = None
    """What is wrong, in words."""


class Readiness(BaseModel):
    """`ready`: all is well. `degraded`: accepting goes on, delivering waits. `down`: nothing can be accepted."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    status: Status
    store: Part
    broker: Part
    loops: dict[str, str] = {}
    """Endless loops of this process that keep breaking, each with what it broke of."""


_DOWN = {
    "example": {
        "status": "down",
        "store": {"up": False, "problem": "gave no answer in time"},
        "broker": {"up": True, "problem": None},
        "loops": {},
    }
}


def health_router(parts: Callable[[], Parts]) -> APIRouter:
    """The routes of a process whose parts exist from its start on."""
    router = APIRouter(tags=["health"], responses=documented(403, 413))

    @router.get("/health/live")
    async def live() -> dict[str, str]:
        """Answers as long as the process does."""
        return {"status": "alive"}

    @router.get("/health/ready", responses={503: {"model": Readiness, "content": {"application/json": _DOWN}}})
    async def ready(response: Response) -> Readiness:
        """Whether notifications can be accepted now, and which part is down."""
        readiness = await check(parts())
        if readiness.status == "down":
            response.status_code = HTTPStatus.SERVICE_UNAVAILABLE
            response.headers["Retry-After"] = "1"
        return readiness

    @router.get("/metrics", response_class=PlainTextResponse)
    async def metrics() -> Response:
        """Figures of this process, and how long what is due has been waiting.

        Nobody is asked for a key: no figure says anything about a person.
        """
        await _measure_queue_age(parts())
        return Response(parts().metrics.render(), media_type=CONTENT_TYPE_LATEST)

    return router


async def check(parts: Parts) -> Readiness:
    """Ask every part."""
    store, broker = await asyncio.gather(_ask(lambda: _check_store(parts)), _ask(parts.broker.check))
    loops = parts.supervisor.problems
    return Readiness(status=_status(parts, store, broker, loops), store=store, broker=broker, loops=loops)


def _status(parts: Parts, store: Part, broker: Part, loops: Mapping[str, str]) -> Status:
    # A backlog that nobody counts any more never shrinks: once it is full, nothing is accepted.
    cannot_accept = not store.up or ("backlog" in loops and parts.backlog.is_full)
    if cannot_accept:
        return "down"
    return "degraded" if loops or not broker.up else "ready"


async def _ask(question: Callable[[], Awaitable[None]]) -> Part:
    try:
        async with asyncio.timeout(LONGEST_CHECK):
            await question()
    except TimeoutError:
        return Part(up=False, problem="gave no answer in time")
    except Unavailable as fault:
        return Part(up=False, problem=fault.cause)
    return Part(up=True)


async def _check_store(parts: Parts) -> None:
    if not await migrations.is_recent_enough(parts.database):
        raise StoreUnavailable("The store's schema is old. Run `property-alerts migrate`.")


async def _measure_queue_age(parts: Parts) -> None:
    now = parts.clock.now()
    try:
        async with parts.database.reading() as connection:
            for channel in Channel:
                oldest = await lanes.oldest_due(connection, channel, now=now)
                age = (now - oldest).total_seconds() if oldest else 0.0
                parts.metrics.queue_age.labels(channel).set(age)
    except StoreUnavailable:
        # The other figures are most wanted just now; an age that nobody knows is not a number.
        for channel in Channel:
            parts.metrics.queue_age.labels(channel).set(float("nan"))
