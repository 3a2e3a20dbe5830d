"""Completes the OpenAPI document that FastAPI writes from the routes.

It adds the media type and the headers of errors, the headers of all answers, and examples of answers.
"""

from collections.abc import Callable, Iterator
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from pydantic.json_schema import models_json_schema
from starlette.types import ASGIApp, Receive, Scope, Send

from property_alert_notification.api.document.conventions import follow_conventions
from property_alert_notification.api.document.examples import ANSWERS
from property_alert_notification.api.document.problem_examples import OWN, TROUBLE, UNKNOWN
from property_alert_notification.api.problems import MEDIA_TYPE, InvalidRequest, Problem, documented_problem

Node = dict[str, Any]

TAGS = [
    {"name": "notifications", "description": "Submit notifications and read their results."},
    {"name": "schedules", "description": "Recurring notifications by a rule."},
    {"name": "preferences", "description": "The preferences of users."},
    {"name": "users", "description": "The profiles of users, from the User service."},
    {"name": "listings", "description": "Events of listing feeds, and what is known of listings."},
    {"name": "searches", "description": "What users look for, and how often they want to hear of it."},
    {"name": "webhooks", "description": "Tells other services what became of notifications and recipients."},
    {
        "name": "administration",
        "description": "Pause sending, replay or discard quarantined deliveries, read the audit record.",
    },
    {"name": "callbacks", "description": "For providers, which report what became of messages."},
    {"name": "health", "description": "For load balancers, orchestrators and Prometheus."},
    {"name": "mailbox", "description": "The messages of the development mailbox; with ENVIRONMENT=local only."},
]

_COME_AGAIN = {"429", "503"}


class DescribedApi(FastAPI):
    """FastAPI with a complete OpenAPI document, behind further middleware.

    `put_before` adds a layer in front of FastAPI's own middleware, so that a request answered there does not pass it.
    """

    def __init__(self, **options: Any) -> None:
        """`options` are FastAPI's."""
        super().__init__(**options)
        self._outermost: ASGIApp = super().__call__

    def put_before(self, layer: Callable[..., ASGIApp], **options: Any) -> None:
        """Add a layer in front of those that were added earlier."""
        self._outermost = layer(self._outermost, **options)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        scope["app"] = self
        await self._outermost(scope, receive, send)

    def openapi(self) -> Node:
        """The OpenAPI document, built at the first call."""
        if self.openapi_schema is None:
            self.openapi_schema = _completed(super().openapi())
        return self.openapi_schema


def _completed(document: Node) -> Node:
    _, known = models_json_schema(
        [(model, "serialization") for model in (Problem, InvalidRequest)], ref_template="#/components/schemas/{model}"
    )
    document["components"]["schemas"] |= known["$defs"]
    for operation in _operations(document):
        if "parameters" in operation or "requestBody" in operation:
            operation["responses"].setdefault("400", documented_problem(HTTPStatus.BAD_REQUEST))
        if "requestBody" in operation:
            operation["responses"].setdefault("415", documented_problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE))
        for status, answer in operation["responses"].items():
            answer.setdefault("headers", {}).update(_headers(operation, status))
            if status.startswith("2"):
                _add_example(answer, ANSWERS.get(operation["operationId"]))
            elif MEDIA_TYPE in answer.get("content", {}):
                _add_example(answer, _trouble(operation, status))
        operation["responses"] = dict(sorted(operation["responses"].items()))
    follow_conventions(document)
    return document


def _operations(document: Node) -> Iterator[Node]:
    for path in document["paths"].values():
        yield from path.values()


def _add_example(answer: Node, example: Any) -> None:
    for content in answer.get("content", {}).values():
        content.setdefault("example", example)


def _trouble(operation: Node, status: str) -> Any:
    if status == "404":
        return UNKNOWN[operation["operationId"]]
    return OWN.get((operation["operationId"], status), TROUBLE.get(status))


def _headers(operation: Node, status: str) -> Node:
    headers = {"X-Request-ID": _REQUEST_ID}
    if status == "401":
        headers["WWW-Authenticate"] = _WWW_AUTHENTICATE
    if status in _COME_AGAIN:
        headers["Retry-After"] = _RETRY_AFTER
    if status == "409" and _takes_a_key(operation):
        headers["Retry-After"] = _RETRY_CALL_AFTER
    if status.startswith("2") and _takes_a_key(operation):
        headers["Idempotency-Replayed"] = _REPLAYED
    if operation.get("security") and (status.startswith("2") or status == "429"):
        headers |= _RATE
    return headers


def _takes_a_key(operation: Node) -> bool:
    return any(parameter["name"] == "Idempotency-Key" for parameter in operation.get("parameters", ()))


def _header(description: str, schema: Node, example: Any, *, required: bool = False) -> Node:
    return {"description": description, "schema": schema, "required": required, "example": example}


_COUNT = {"type": "integer", "minimum": 0}
_SECONDS = {"type": "integer", "minimum": 1}

_REQUEST_ID = _header(
    "The id of this call in the log: the caller's own `X-Request-ID`, if it is 1 to 128 letters, digits, dots, dashes "
    "and underscores.",
    {"type": "string", "pattern": "^[A-Za-z0-9._-]{1,128}$"},
    "019aa5c4-52c1-7c63-b0b5-95ecb5d8a1f0",
    required=True,
)
_WWW_AUTHENTICATE = _header(
    "The required authentication (RFC 6750).", {"type": "string", "const": "Bearer"}, "Bearer", required=True
)
_RETRY_AFTER = _header("Seconds after which to repeat the call.", _SECONDS, 1, required=True)
_RETRY_CALL_AFTER = _header(
    "Seconds after which to repeat the call; only if a call with the same `Idempotency-Key` is still being executed.",
    _SECONDS,
    1,
)
_REPLAYED = _header(
    "`true` when this is the answer of an earlier call with the same `Idempotency-Key`; this one changed nothing.",
    {"type": "string", "const": "true"},
    "true",
)
_RATE = {
    "RateLimit-Limit": _header("Calls that the API key may make in each window, if it has a rate.", _COUNT, 600),
    "RateLimit-Remaining": _header("Calls that are left in this window.", _COUNT, 599),
    "RateLimit-Reset": _header("Seconds until the next window begins.", _SECONDS, 42),
}
