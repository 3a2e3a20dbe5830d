"""The dependencies of routes. The application puts them into its state when it starts.

They are coroutines because FastAPI runs a plain function in a thread.
"""

import re
from collections.abc import Callable, Coroutine
from ipaddress import ip_address
from typing import Annotated, Any, cast

from fastapi import APIRouter, Depends, Request, Response, Security
from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.models import HTTPBearer
from fastapi.params import Form
from fastapi.routing import APIRoute
from fastapi.security.base import SecurityBase
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from property_alert_notification.api.access.admission import Admission
from property_alert_notification.api.access.authenticator import Authenticator
from property_alert_notification.api.json_request import KeyedRequest
from property_alert_notification.api.problems import documented, is_json
from property_alert_notification.base.clock import Clock
from property_alert_notification.base.errors import LiveOnly
from property_alert_notification.base.vocabulary import Scope
from property_alert_notification.database import Database


async def _database(request: Request) -> Database:
    return cast(Database, request.app.state.database)


async def _clock(request: Request) -> Clock:
    return cast(Clock, request.app.state.clock)


async def _client_address(request: Request) -> str | None:
    """The address of the client; behind trusted proxies the server has read it from their header."""
    host = "" if request.client is None else request.client.host
    try:
        return ip_address(host.partition("%")[0]).compressed
    except ValueError:
        return None  # a socket of this machine


ADMISSION = "admission"
"""The key in the scope of a request that holds the admission."""


class _ApiKey(SecurityBase):
    """Calls the authenticator, and describes the API key in OpenAPI. All routes share one object."""

    scheme_name = "apiKey"
    model = HTTPBearer(
        description="An API key, created by `property-alerts keys create`. With ENVIRONMENT=local no key is required."
    )

    async def __call__(self, request: Request) -> Admission:
        """The admission of this request."""
        return cast(Admission, request.scope[ADMISSION])

    async def admit(self, request: Request, scope: Scope) -> Admission:
        """Admit a call by its headers alone."""
        authenticator = cast(Authenticator, request.app.state.authenticator)
        return await authenticator.admit(request.headers.get("authorization"), scope)


class _LiveApiKey(_ApiKey):
    """Like `_ApiKey`, but rejects test keys."""

    async def admit(self, request: Request, scope: Scope) -> Admission:
        """Admit a call with a live key, or without a key if none is required."""
        admission = await super().admit(request, scope)
        if admission.test:
            raise LiveOnly
        return admission


LARGEST_BODY = 256 * 1024
"""The largest body of a request, in bytes. A larger one is answered 413."""

LARGEST_BATCH = 4 * 1024 * 1024
"""The largest body of a request with up to 1,000 items, in bytes."""


def operation_id(route: APIRoute) -> str:
    """The function's name: short and stable in generated clients."""
    return route.name


class StrictQueryRoute(APIRoute):
    """A route that refuses query parameters that it does not have: a misspelt filter would answer something else.

    A route without any ignores them, unless it deletes something.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """FastAPI's handler behind the check."""
        answer = super().get_route_handler()
        known = _query_names(self.dependant)
        if known is None or not (known or "DELETE" in (self.methods or ())):
            return answer
        names = frozenset(known)

        async def check(request: Request) -> Response:
            if request.scope["query_string"] and (unknown := request.query_params.keys() - names):
                errors = [{"type": "extra_forbidden", "loc": ("query", name)} for name in sorted(unknown)]
                raise RequestValidationError(errors)
            return await answer(request)

        return check


def _query_names(dependant: Dependant) -> set[str] | None:
    """The query parameters of a route; None if a model has them, which refuses others itself."""
    names = set[str]()
    for field in dependant.query_params:
        kind = field.field_info.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            return None
        names.add(field.alias)
    for one in dependant.dependencies:
        if (its := _query_names(one)) is None:
            return None
        names |= its
    return names


class KeyedRoute(StrictQueryRoute):
    """A route that admits or rejects the caller before the body is read. FastAPI alone would read the body first.

    It answers with a slash behind its path and without.
    """

    by_record = False
    """Whether the body has records, of which one that cannot be read does not affect the others."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        """`options` are FastAPI's."""
        super().__init__(path, endpoint, **options)
        self.path_regex = re.compile(f"{self.path_regex.pattern.removesuffix('$').removesuffix('/')}/?$")

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """FastAPI's handler behind the admission."""
        answer = super().get_route_handler()
        keys = [one for one in self.dependant.dependencies if isinstance(one.call, _ApiKey)]
        if len(keys) != 1:
            raise TypeError(f"{self.path} must have one API key dependency: see needs()")
        key, scope = cast(_ApiKey, keys[0].call), Scope((keys[0].own_oauth_scopes or [""])[-1])

        takes_json = self.body_field is not None and not isinstance(self.body_field.field_info, Form)

        async def let_in(received: Request) -> Response:
            request = KeyedRequest(received.scope, received.receive)
            if ADMISSION not in request.scope:
                request.scope[ADMISSION] = await key.admit(request, scope)
            if request.scope.get("has_body"):
                await _read_body(request)
                if takes_json and is_json(request):
                    await request.read_json(by_record=self.by_record)
            response = await answer(request)
            for name, value in cast(Admission, request.scope[ADMISSION]).headers:
                response.headers.setdefault(name, value)
            return response

        return let_in


class RecordsRoute(KeyedRoute):
    """A keyed route whose body has records."""

    by_record = True


class KeyedRouter(APIRouter):
    """The routes of one prefix below `/api/v1`, for callers with an API key."""

    def __init__(
        self,
        prefix: str,
        tag: str,
        *more: int,
        max_body_size: int = LARGEST_BODY,
        route: type[KeyedRoute] = KeyedRoute,
    ) -> None:
        """`more` are the statuses that its routes may answer with, besides those of every route."""
        super().__init__(
            prefix=f"/api/v1{prefix}",
            generate_unique_id_function=operation_id,
            tags=[tag],
            responses=documented(*sorted({401, 403, 413, 422, 429, 503, *more})),
            route_class=route,
            max_body_size=max_body_size,
        )


async def _read_body(request: Request) -> None:
    """Read the body also in routes without one: an unread body costs the connection.

    Raises:
        HTTPException: the caller closed the connection before the end of the body.
    """
    try:
        await request.body()
    except ClientDisconnect:
        raise HTTPException(400, "The connection was closed before the end of the body.") from None


_API_KEY, _LIVE_API_KEY = _ApiKey(), _LiveApiKey()


async def charge(request: Request, admission: Admission, *, items: str, count: int) -> Admission:
    """Count every item of a batch as one call of the caller's rate; `items` is the name of their field."""
    authenticator = cast(Authenticator, request.app.state.authenticator)
    return await authenticator.charge(admission, request.headers.get("authorization"), items=items, count=count)


def needs(scope: Scope, *, live_only: bool = False) -> Any:
    """A dependency that admits callers whose API key allows this, and gives their Admission."""
    return Security(_LIVE_API_KEY if live_only else _API_KEY, scopes=[scope.value])


ClientAddressDep = Annotated[str | None, Depends(_client_address)]
DatabaseDep = Annotated[Database, Depends(_database)]
ClockDep = Annotated[Clock, Depends(_clock)]

Operator = Annotated[Admission, needs(Scope.ADMIN)]
LiveOperator = Annotated[Admission, needs(Scope.ADMIN, live_only=True)]
