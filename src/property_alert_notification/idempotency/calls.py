"""`Idempotency-Key` over HTTP: the header, and the answer that says whether it is a repetition."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Annotated, cast

from fastapi import Header, Request, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.access.gate import Admission
from property_alert_notification.clock import Clock
from property_alert_notification.database import Database
from property_alert_notification.idempotency.keys import call_key
from property_alert_notification.idempotency.once import answer_once
from property_alert_notification.idempotency.queries import Answer

IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        description="Any text of up to 255 printable ASCII characters, new for each new call. A repeated call with "
        "the same key and body changes nothing and gets the first answer, with `Idempotency-Replayed: true`.",
        examples=["viewing-8321-reminder"],
    ),
]


Work = Callable[[AsyncConnection], Awaitable[Answer]]


async def answer_call(request: Request, admission: Admission, key: str | None, work: Work) -> Response:
    """Answer a call as `once` does."""
    answer, replayed = await once(request, admission, key, work)
    return json_answer(answer.text, admission, status_code=answer.status_code, replayed=replayed)


async def once(request: Request, admission: Admission, key: str | None, work: Work) -> tuple[Answer, bool]:
    """Do the work of a call in one transaction, unless the same call was answered before.

    Returns:
        The answer, which must hold no message and no address if it is kept under a key: keys outlive notifications. And
        whether it is that of an earlier call.

    Raises:
        InvalidField: the key cannot be one.
        KeyReused: the key belongs to another call.
        CallInProgress: another process works at the same call, and does not come to an end.
        StoreUnavailable: nothing was done.
    """
    state = request.app.state
    return await answer_once(
        cast(Database, state.database),
        call_key(
            admission.owner,
            key,
            method=request.method,
            path=request.url.path.rstrip("/"),
            body=await request.body(),
        ),
        work,
        now=cast(Clock, state.clock).now(),
        keep_for=cast(timedelta, state.keep_keys_for),
    )


def json_answer(
    content: str | bytes, admission: Admission, *, status_code: int = 200, replayed: bool = False
) -> Response:
    """An answer that is JSON already."""
    headers = dict(admission.headers)
    if replayed:
        headers["Idempotency-Replayed"] = "true"
    return Response(content, status_code, headers=headers, media_type="application/json")
