"""Callbacks over HTTP. They need no API key: each provider signs its own."""

from http import HTTPStatus
from typing import Annotated, Any, cast

from fastapi import APIRouter, Depends, Path, Request, Response
from starlette.requests import ClientDisconnect

from property_alert_notification.api.dependencies import ClockDep, operation_id
from property_alert_notification.api.document.callback_examples import BODY, NO_CALLBACKS
from property_alert_notification.api.path_prefix import raw_path_within
from property_alert_notification.api.problems import documented
from property_alert_notification.api.request_body import UnusableBody
from property_alert_notification.base.errors import NotFound
from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.channels.callback import Callback
from property_alert_notification.feedback.callbacks.intake import CallbackIntake

PREFIX = "/callbacks"
_PATH = "/{channel}/{provider}"
TEMPLATE = f"{PREFIX}{_PATH}"
LARGEST = 1024 * 1024
"""The largest body of any provider's callback, in bytes."""

router = APIRouter(
    prefix=PREFIX,
    tags=["callbacks"],
    responses=documented(400, 403, 404, 413, 422, 503),
    generate_unique_id_function=operation_id,
    max_body_size=LARGEST,
)
"""For an application whose state has `callbacks`, a `CallbackIntake`."""


async def _intake(request: Request) -> CallbackIntake:
    return cast(CallbackIntake, request.app.state.callbacks)


IntakeDep = Annotated[CallbackIntake, Depends(_intake)]
_CONTENT = {"application/json": {"schema": {"examples": [BODY]}}}
_BODY = {"description": "As the provider documents it: JSON, or a form.", "required": True, "content": _CONTENT}


def _named(description: str) -> Any:
    # An unknown one is answered 404, however long it is.
    return Path(description=description, json_schema_extra={"maxLength": 64})


@router.post(_PATH, status_code=HTTPStatus.NO_CONTENT, openapi_extra={"requestBody": _BODY})
@router.post(f"{_PATH}/", status_code=HTTPStatus.NO_CONTENT, include_in_schema=False)
async def receive_callback(
    request: Request,
    channel: Annotated[str, _named("The channel, such as `sms`.")],
    provider: Annotated[str, _named("The provider as the settings name it, such as `twilio@backup`.")],
    intake: IntakeDep,
    clock: ClockDep,
) -> Response:
    """Receive what a provider reports about messages.

    Nothing in the body has an effect before the provider's signature is verified. A 204 means that the reports are
    stored on disk. A repeated report changes nothing. A callback with a message of a person may be answered 200, with a
    confirmation that the provider sends back.
    """
    if (reader := intake.providers.get((channel, provider))) is None:
        raise NotFound(NO_CALLBACKS.detail)
    callback = Callback(
        url=_public_url(request),
        headers={name.lower(): value for name, value in request.headers.items()},
        body=await _body(request, reader.largest),
        received_at=clock.now(),
        source="" if request.client is None else request.client.host,
    )
    answer = await intake.take(Channel(channel), provider, callback)
    if answer is None:
        return Response(status_code=HTTPStatus.NO_CONTENT)
    return Response(answer[1], media_type=answer[0])


def _public_url(request: Request) -> str:
    """The URL as the provider knows it: behind a proxy, the request names another host."""
    # Not of `request.url`, which is put together and taken apart again for every callback.
    query = request.scope["query_string"].decode("latin-1")
    base = cast(str, request.app.state.base_url)
    return f"{base}{raw_path_within(request.scope)}{f'?{query}' if query else ''}"


async def _body(request: Request, largest: int) -> bytes:
    """The body.

    Raises:
        UnusableBody: it is too large for this provider, or the connection was closed before its end.
    """
    body = bytearray()
    try:
        async for part in request.stream():
            body += part
            if len(body) > largest:
                raise UnusableBody(413, f"The body is larger than {largest // 1024} kB.")
    except ClientDisconnect:
        raise UnusableBody(400, "The connection was closed before the end of the body.") from None
    return bytes(body)
