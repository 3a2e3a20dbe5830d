"""Pauses over HTTP: see them, begin one, end one."""

from datetime import datetime
from http import HTTPStatus
from typing import Annotated

from fastapi import Path
from pydantic import BaseModel, ConfigDict

from property_alert_notification.api.dependencies import ClockDep, DatabaseDep, KeyedRouter, LiveOperator
from property_alert_notification.api.problems import documented
from property_alert_notification.operators.pauses import queries
from property_alert_notification.operators.pauses.rules import NAME
from property_alert_notification.operators.pauses.service import PauseService

router = KeyedRouter("/pauses", "administration")

Name = Annotated[
    str,
    Path(
        pattern=NAME,
        description="The name of a channel or a category, or `everything`. A channel has precedence.",
    ),
]


class PausePublic(BaseModel):
    """One thing that is not sent for now."""

    model_config = ConfigDict(use_attribute_docstrings=True, from_attributes=True)

    name: str
    """The name of a channel or a category, or `everything`."""
    paused_at: datetime
    paused_by: str
    """The author: `cli:` and a user of the machine, or a caller with the kind and the beginning of their key."""


class Pauses(BaseModel):
    """All that is not sent for now."""

    items: list[PausePublic]


@router.get("")
async def list_pauses(_admission: LiveOperator, database: DatabaseDep) -> Pauses:
    """List the pauses by name."""
    async with database.reading() as connection:
        found = await queries.list_all(connection)
    return Pauses(items=[PausePublic.model_validate(pause) for pause in found if pause.holds])


@router.put("/{name}")
async def pause_sending(name: Name, database: DatabaseDep, clock: ClockDep, admission: LiveOperator) -> PausePublic:
    """Pause a channel, a category, or everything. Every worker stops sending it within five seconds.

    Notifications are still accepted, and their deliveries are held until sending is resumed. Calls to providers that
    have begun continue. Pausing twice changes nothing.
    """
    async with database.transaction() as connection:
        pause = await PauseService(connection, clock, admission.actor).pause(name)
    return PausePublic.model_validate(pause)


@router.delete("/{name}", status_code=HTTPStatus.NO_CONTENT, responses=documented(404))
async def resume_sending(name: Name, database: DatabaseDep, clock: ClockDep, admission: LiveOperator) -> None:
    """Resume a pause: its held deliveries are queued again. A name that is not paused is answered 404."""
    async with database.transaction() as connection:
        await PauseService(connection, clock, admission.actor).resume(name)
