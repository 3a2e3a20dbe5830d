"""The data of a person over HTTP: export and erasure."""

from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Annotated

from fastapi import Response
from fastapi.responses import StreamingResponse

from property_alert_notification.api.access import queries as access
from property_alert_notification.api.access.admission import Admission
from property_alert_notification.api.dependencies import ClockDep, DatabaseDep, KeyedRouter, needs
from property_alert_notification.base.vocabulary import Scope
from property_alert_notification.operators.privacy.document import example, schema
from property_alert_notification.operators.privacy.erasure.eraser import Eraser
from property_alert_notification.operators.privacy.export import Export
from property_alert_notification.operators.privacy.schemas import ErasurePublic
from property_alert_notification.people.dependencies import SubjectsDep, UserId

router = KeyedRouter("/users/{user_id}/data", "users")

# A test key reveals nothing about a real person, and changes nothing.
_MayRead = Annotated[Admission, needs(Scope.USERS_READ, live_only=True)]
_MayWrite = Annotated[Admission, needs(Scope.USERS_WRITE, live_only=True)]

_PATIENCE = 3.0
"""Seconds that a call erases. It must be longer than a worker sends without looking again at what it claimed."""

_DOCUMENT = {"application/json": {"schema": schema(), "example": example()}}


@router.get("", response_class=StreamingResponse, responses={200: {"content": _DOCUMENT}})
async def export_data(
    user_id: UserId, admission: _MayRead, database: DatabaseDep, clock: ClockDep, subjects: SubjectsDep
) -> StreamingResponse:
    """Export everything that is stored about a user as one JSON document.

    The sections are always the same; those without data are empty lists. The answer is sent while it is read, so it
    may be large. The audit record names the caller. A user about whom nothing is stored has empty sections, too.
    """
    async with database.transaction() as connection:
        subject = subjects.of_user(user_id)[0]
        await access.record(connection, clock, actor=admission.actor, action="data.exported", subject=subject)
    export = Export(database, clock, subjects, user_id)
    return StreamingResponse(_encoded(export), media_type="application/json")


async def _encoded(export: Export) -> AsyncIterator[bytes]:
    async for part in export.document():
        yield part.encode("utf-8", "replace")


@router.delete(
    "",
    responses={
        HTTPStatus.ACCEPTED: {"model": ErasurePublic, "description": "The erasure is in progress: repeat the call."}
    },
)
async def erase_data(
    user_id: UserId,
    admission: _MayWrite,
    response: Response,
    database: DatabaseDep,
    clock: ClockDep,
    subjects: SubjectsDep,
) -> ErasurePublic:
    """Erase everything that is stored about a user.

    Consent is withdrawn first, so no message is claimed any more; calls of providers that are in progress are waited
    for. After the answer nothing is sent but what a provider had then. 202 if it takes longer: workers go on, also
    after a restart, and a repeated call says how far it is. Entries of the suppression list stay, as keyed hashes. A
    repetition, and the erasure of an unknown user, change nothing: `found` is false then.
    """
    eraser = Eraser(database, clock, subjects)
    await eraser.begin(user_id, admission.actor)
    progress = await eraser.go_on(user_id, within=_PATIENCE)
    if not progress.is_finished:
        response.status_code = HTTPStatus.ACCEPTED
        response.headers["Retry-After"] = "1"
    return ErasurePublic.of(user_id, progress)
