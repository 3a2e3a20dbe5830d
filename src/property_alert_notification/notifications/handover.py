"""The way in: `POST /api/v1/notifications/`, the call that every notification begins with.

FastAPI finds out for each call what its function wants, which costs more than accepting does. So this route takes
a short cut where all is as usual; any other call goes FastAPI's way to the same function. Description, errors and
access are therefore those of any other route.
"""

from typing import Annotated, cast

from fastapi import Depends, FastAPI, Header, Request, Response
from fastapi.routing import APIRoute
from pydantic import ValidationError
from starlette.types import Message, Receive, Scope, Send

from property_alert_notification.access.gate import Admission, Gate
from property_alert_notification.dependencies import needs
from property_alert_notification.idempotency.keys import call_key
from property_alert_notification.notifications.acceptance import Acceptance, Handover
from property_alert_notification.notifications.schemas import NotificationAccepted, NotificationCreate
from property_alert_notification.problems import documented
from property_alert_notification.vocabulary import Scope as Permission

PATH = "/api/v1/notifications"

_JSON = (b"", b"application/json")


class ShortCut(APIRoute):
    """Calls `schedule_notification` itself, if a call is one notification in JSON and not too large."""

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a call."""
        headers = dict(scope["headers"])
        first = await receive() if scope["method"] == "POST" and headers.get(b"content-type", b"") in _JSON else None
        body = _whole_body(first)
        if body is None:
            await super().handle(scope, receive if first is None else _again(first, receive), send)
            return
        authorization, key = headers.get(b"authorization"), headers.get(b"idempotency-key")
        state = scope["app"].state
        admission = await cast(Gate, state.gate).admit(
            None if authorization is None else authorization.decode("latin-1"), Permission.NOTIFICATIONS_WRITE
        )
        response = await schedule_notification(
            body, admission, state.acceptance, None if key is None else key.decode("latin-1")
        )
        await response(scope, receive, send)


def _whole_body(message: Message | None) -> NotificationCreate | None:
    """The notification, if this message holds all of it and nothing is wrong with it."""
    if message is None or message["type"] != "http.request" or message.get("more_body"):
        return None
    try:
        return NotificationCreate.model_validate_json(message.get("body", b""))
    except ValidationError:
        return None


def _again(first: Message, receive: Receive) -> Receive:
    """What was received, to be received once more."""
    waiting = [first]

    async def receive_again() -> Message:
        return waiting.pop() if waiting else await receive()

    return receive_again


async def _acceptance(request: Request) -> Acceptance:
    return cast(Acceptance, request.app.state.acceptance)


AcceptanceDep = Annotated[Acceptance, Depends(_acceptance)]
IdempotencyKeyHeader = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        description="Any text of up to 255 printable ASCII characters, new for each new call. A repeated call with "
        "the same key and body changes nothing and gets the first answer, with `Idempotency-Replayed: true`.",
        examples=["viewing-8321-reminder"],
    ),
]


async def schedule_notification(
    body: NotificationCreate,
    admission: Annotated[Admission, needs(Permission.NOTIFICATIONS_WRITE)],
    acceptance: AcceptanceDep,
    idempotency_key: IdempotencyKeyHeader = None,
) -> Response:
    """Hand over one notification. The answer means that it is on our disk, and that we will try to deliver it."""
    echo = body.__pydantic_serializer__.to_json(body, exclude_unset=True)
    key = call_key(admission.owner, idempotency_key, method="POST", path=PATH, body=echo)
    accepted = await acceptance.accept(Handover(body, admission.caller, admission.test, key))
    content = b'%b,"id":"%b","status":"%b"}' % (echo[:-1], str(accepted.id).encode(), accepted.status.encode())
    headers = dict(admission.headers)
    if accepted.replayed:
        headers["Idempotency-Replayed"] = "true"
    return Response(content, headers=headers, media_type="application/json")


def add_handover(app: FastAPI, *, largest_body: int) -> None:
    """Give the application its way in, before its other routes: it is the one that is taken most."""
    for path, documented_here in ((f"{PATH}/", True), (PATH, False)):
        app.router.add_api_route(
            path,
            schedule_notification,
            methods=["POST"],
            tags=["notifications"],
            response_model=NotificationAccepted,
            responses=documented(401, 403, 404, 409, 413, 422, 429, 503),
            include_in_schema=documented_here,
            max_body_size=largest_body,
            route_class_override=ShortCut,
        )
