"""A fast path for `POST /api/v1/notifications/`, the hottest call.

FastAPI resolves the parameters of a route for each call, which costs more than accepting. So a usual call, one valid
notification in JSON, is answered here. Every other call goes through FastAPI to the same function, so that
documentation, errors and access are those of any other route.
"""

import re
from collections.abc import Mapping
from typing import cast

from fastapi import FastAPI
from pydantic import ValidationError
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from property_alert_notification.api.access.admission import Admission
from property_alert_notification.api.access.authenticator import Authenticator
from property_alert_notification.api.dependencies import ADMISSION
from property_alert_notification.api.path_prefix import path_within
from property_alert_notification.api.problems import answer_to
from property_alert_notification.base.errors import RequestError
from property_alert_notification.base.vocabulary import Scope as Permission
from property_alert_notification.notifications.schemas import NotificationCreate
from property_alert_notification.notifications.submit import PATH, submit

_PATHS = (f"{PATH}/", PATH)
_JSON = b"application/json"
_NAMES = re.compile(rb'"[ \t\r\n]*:')
"""The ends of all names, and what looks like one in a text."""


class FastPath:
    """Answers usual calls of `POST /api/v1/notifications/`; the last middleware before the routes."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a call, or pass it on."""
        if scope["type"] != "http" or path_within(scope) not in _PATHS or scope["method"] != "POST":
            await self._app(scope, receive, send)
            return
        headers = dict(reversed(scope["headers"]))  # of two headers with one name the first counts, as in the routes
        if headers.get(b"content-type") != _JSON or _has_two_keys(scope, headers):
            await self._app(scope, receive, send)
            return
        try:
            # Access is checked before the body is read.
            authenticator = cast(Authenticator, scope["app"].state.authenticator)
            admission = await authenticator.admit(_text(headers.get(b"authorization")), Permission.NOTIFICATIONS_WRITE)
            scope[ADMISSION] = admission
            first = await receive()
            if (body := _whole_body(first)) is not None:
                scope["route_template"] = path_within(scope)
                await _answer(scope["app"], headers, body, admission, send)
                return
        except RequestError as error:
            scope["route_template"] = path_within(scope)
            await answer_to(error)(scope, receive, send)
            return
        await self._app(scope, _again(first, receive), send)


async def _answer(
    app: FastAPI, headers: dict[bytes, bytes], body: NotificationCreate, admission: Admission, send: Send
) -> None:
    encoded, replayed = await submit(
        body, admission, app.state.acceptance, app.state.address_rules, _text(headers.get(b"idempotency-key"))
    )
    answer = [(b"content-length", b"%d" % len(encoded)), (b"content-type", b"application/json")]
    if replayed:
        answer.append((b"idempotency-replayed", b"true"))
    if admission.headers:
        answer += [(name.lower().encode(), value.encode()) for name, value in admission.headers]
    await send({"type": "http.response.start", "status": 200, "headers": answer})
    await send({"type": "http.response.body", "body": encoded})


def _has_two_keys(scope: Scope, headers: Mapping[bytes, bytes]) -> bool:
    return b"idempotency-key" in headers and [name for name, _ in scope["headers"]].count(b"idempotency-key") > 1


def _text(header: bytes | None) -> str | None:
    return None if header is None else header.decode("latin-1")


def _whole_body(message: Message) -> NotificationCreate | None:
    """The notification, if this message has the whole body and the body is valid."""
    if message["type"] != "http.request" or message.get("more_body"):
        return None
    given = message.get("body", b"")
    try:
        read = NotificationCreate.model_validate_json(given)
    except ValidationError:
        return None
    return read if _has_no_name_twice(given, read) else None


def _has_no_name_twice(given: bytes, read: NotificationCreate) -> bool:
    """False if a name may be there twice: pydantic takes the last value. The route reads the body again then."""
    names = len(read.model_fields_set) + len(read.addresses)
    return len(_NAMES.findall(given)) == names


def _again(first: Message, receive: Receive) -> Receive:
    """A `receive` that repeats the message received already."""
    waiting = [first]

    async def receive_again() -> Message:
        return waiting.pop() if waiting else await receive()

    return receive_again
