"""A fast path for saving and changing a search, which a user waits for.

FastAPI looks for the route among those of all slices and resolves its parameters, which takes longer than the call does
otherwise. So a usual call, a valid search in JSON, is answered here, by the function that its route has. Every other
call goes through FastAPI to the same function, so that documentation, errors and access are those of any other route.
"""

import re
from typing import cast
from uuid import UUID

from fastapi import Request, Response
from pydantic import BaseModel, ValidationError
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from property_alert_notification.api.access.admission import Admission
from property_alert_notification.api.access.authenticator import Authenticator
from property_alert_notification.api.dependencies import ADMISSION
from property_alert_notification.api.idempotency.calls import IdempotentCall
from property_alert_notification.api.idempotency.keys import only_one
from property_alert_notification.api.path_prefix import path_within
from property_alert_notification.api.problems import answer_to
from property_alert_notification.base.errors import LiveOnly, RequestError
from property_alert_notification.base.json_body import read_json
from property_alert_notification.base.vocabulary import Scope as Permission
from property_alert_notification.homes.saved_searches.preconditions import Expected, versions_in
from property_alert_notification.homes.saved_searches.routes import change_saved_search, create_saved_search, router
from property_alert_notification.homes.saved_searches.schemas import SavedSearchCreate, SavedSearchPatch

_PATH = re.compile(
    r"/api/v1/users/(?P<user_id>0|[1-9][0-9]{0,17})/saved-searches"
    r"(/(?P<key>[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}))?/?"
)
_BODIES: dict[tuple[str, bool], type[SavedSearchCreate | SavedSearchPatch]] = {
    ("POST", False): SavedSearchCreate,
    ("PATCH", True): SavedSearchPatch,
}
"""What a call has, by its method and whether its path has the key of a search."""

_JSON = b"application/json"
_LONGEST_TAG = 200
_ONCE = (b"content-type", b"authorization", b"idempotency-key", b"if-match")
"""Headers of which a usual call has no second one."""


class SearchFastPath:
    """Answers usual calls that save or change a search; a middleware in front of the routes."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a call, or pass it on."""
        if scope["type"] != "http" or scope["method"] not in ("POST", "PATCH"):
            await self._app(scope, receive, send)
            return
        path = _PATH.fullmatch(path_within(scope))
        kind = None if path is None else _BODIES.get((scope["method"], path["key"] is not None))
        if path is None or kind is None or not _is_usual(scope):
            await self._app(scope, receive, send)
            return
        its = {name: value for name, value in path.groupdict().items() if value is not None}
        scope["route_template"] = f"{router.prefix}/{{key}}" if "key" in its else router.prefix
        try:
            # Access is checked before the body is read.
            request = Request({**scope, "path_params": its}, receive)
            admission = await _admit(request)
            scope[ADMISSION] = request.scope[ADMISSION] = admission
            first = await receive()
            if (body := _whole_body(first, kind)) is None:
                await self._app(scope, _again(first, receive), send)
                return
            request = Request(request.scope, _again(first, receive))
            answer = await _answer(request, admission, body)
        except RequestError as error:
            answer = answer_to(error)
        await answer(scope, receive, send)


def _is_usual(scope: Scope) -> bool:
    names = [name for name, _ in scope["headers"]]
    if scope.get("query_string") or any(names.count(name) > 1 for name in _ONCE):
        return False
    headers = dict(scope["headers"])
    return headers.get(b"content-type") == _JSON and len(headers.get(b"if-match", b"")) <= _LONGEST_TAG


async def _admit(request: Request) -> Admission:
    authenticator = cast(Authenticator, request.app.state.authenticator)
    admission = await authenticator.admit(request.headers.get("authorization"), Permission.SEARCHES_WRITE)
    if admission.test:
        raise LiveOnly
    return admission


def _whole_body(message: Message, kind: type[BaseModel]) -> BaseModel | None:
    """What the call has, if this message has the whole body and the body is valid."""
    if message["type"] != "http.request" or message.get("more_body"):
        return None
    try:
        # As FastAPI reads it.
        return kind.model_validate(read_json(message.get("body", b"")))
    except (ValidationError, ValueError):
        return None


async def _answer(request: Request, admission: Admission, body: BaseModel) -> Response:
    state, its = request.app.state, request.path_params
    user_id, currency = int(its["user_id"]), state.listing_settings.currency
    if isinstance(body, SavedSearchCreate):
        call = IdempotentCall(request, only_one(request.headers.getlist("idempotency-key")))
        answer = await create_saved_search(
            user_id, body, admission, state.search_settings, currency, state.search_estimator, state.clock, call
        )
    else:
        assert isinstance(body, SavedSearchPatch)  # noqa: S101 - there is no third kind
        expected = Expected(versions_in(request.headers.get("if-match")))
        answer = await change_saved_search(
            request,
            user_id,
            UUID(its["key"]),
            body,
            admission,
            expected,
            state.database,
            currency,
            state.search_estimator,
            state.clock,
        )
    return answer


def _again(first: Message, receive: Receive) -> Receive:
    """A `receive` that repeats the message received already."""
    waiting = [first]

    async def receive_again() -> Message:
        return waiting.pop() if waiting else await receive()

    return receive_again
