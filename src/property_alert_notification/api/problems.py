"""Errors as callers see them: the first version's `detail`, with RFC 9457's `type`, `title` and `status` beside it."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from http.client import responses
from typing import Any, cast

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.exceptions import HTTPException

from property_alert_notification.api import guidance
from property_alert_notification.api.known_fields import known_part, without_unknown_names
from property_alert_notification.api.path_prefix import path_within
from property_alert_notification.base.errors import FieldsMissing, InvalidField, RequestError
from property_alert_notification.base.wording import FIRST_VERSION, in_words

_WRONG_KIND = 415
SEND_JSON = "This call takes JSON: send its body with the header `Content-Type: application/json`."
_EVERY_CALL = "Every call is at /docs."
_INVALID = 422
"""By number: Python 3.13 renamed its constant."""

_PHRASES = {413: "Content Too Large", _INVALID: "Unprocessable Content"}
"""Of RFC 9110. Python 3.12 and older have other words for these."""

MEDIA_TYPE = "application/problem+json"


class Problem(BaseModel):
    """An answer that is not a success (RFC 9457)."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    """The problem and its remedy."""
    hint: str | None = None
    """The remedy, if `detail` does not contain it."""


class FieldProblem(BaseModel):
    """One field that cannot be used."""

    type: str
    loc: list[str | int]
    msg: str


class InvalidRequest(BaseModel):
    """A request with invalid fields (RFC 9457); `detail` lists them."""

    type: str = "about:blank"
    title: str
    status: int
    detail: list[FieldProblem]
    hint: str | None = None
    """The same in one sentence, where `detail` has those of the first version."""


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route that may answer with these statuses."""
    return {status: documented_problem(status) for status in statuses}


def documented_problem(status: int) -> dict[str, Any]:
    """The description of an answer with this status in OpenAPI.

    It refers to the schema: from a model FastAPI would build a serializer for each status of each route.
    """
    model = InvalidRequest if status == _INVALID else Problem
    schema = {"$ref": f"#/components/schemas/{model.__name__}"}
    return {"content": {MEDIA_TYPE: {"schema": schema}}, "description": _PHRASES.get(status) or responses[status]}


def add_handlers(app: FastAPI) -> None:
    """Make every error of the application a problem document."""
    app.add_exception_handler(RequestError, _request_error)
    app.add_exception_handler(RequestValidationError, _invalid_request)
    app.add_exception_handler(HTTPException, _http_error)


def problem(
    status: int, detail: str | Sequence[Any], *, title: str | None = None, headers: Mapping[str, str] | None = None
) -> JSONResponse:
    """A problem document as a response."""
    return JSONResponse(_document(status, detail, title), status, headers=headers, media_type=MEDIA_TYPE)


def contents_of(error: RequestError) -> dict[str, Any]:
    """The problem document of an error."""
    detail: str | list[dict[str, Any]] = error.detail
    if isinstance(error, InvalidField):
        detail = [{"type": "value_error", "loc": [error.place, error.field], "msg": error.problem}]
    if isinstance(error, FieldsMissing):
        detail = [{"type": "missing", "loc": ["body", field], "msg": error.problem} for field in error.fields]
    document = _document(error.status, detail, error.title)
    return document if error.hint is None else document | {"hint": error.hint}


def answer_to(error: RequestError) -> JSONResponse:
    """An error as a response."""
    return JSONResponse(contents_of(error), error.status, headers=error.headers, media_type=MEDIA_TYPE)


def invalid_request(error: ValidationError) -> dict[str, Any]:
    """The problem document of values that cannot be used, without the values."""
    errors = without_unknown_names(error.errors())
    details = [_field_problem({**one, "loc": ["body", *one["loc"]]}, in_words(one)) for one in errors]
    return _document(_INVALID, details, InvalidField.title)


def _field_problem(error: Mapping[str, Any], sentence: str) -> dict[str, Any]:
    return {"type": error["type"], "loc": list(error["loc"]), "msg": sentence}


def _document(status: int, detail: str | Sequence[Any], title: str | None) -> dict[str, Any]:
    return {
        "type": "about:blank",
        "title": title or HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
    }


async def _request_error(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestError)  # noqa: S101 - what the handler is registered for
    return answer_to(error)


async def _invalid_request(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - what the handler is registered for
    errors = without_unknown_names(error.errors(), _taken_by(request.scope.get("route")))
    if not is_json(request) and any(one["loc"][:1] == ("body",) for one in errors) and request.scope.get("has_body"):
        return problem(_WRONG_KIND, SEND_JSON)
    if "/preferences" in request.url.path:
        return _invalid_preferences(errors)
    return problem(_INVALID, [_field_problem(one, in_words(one)) for one in errors], title=InvalidField.title)


def _taken_by(route: object) -> list[str]:
    """The fields of the body and of the query that a route takes."""
    if not isinstance(route, APIRoute):
        return []
    parameters = (*route.dependant.body_params, *route.dependant.query_params)
    kinds = [one.field_info.annotation for one in parameters]
    models = [kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel)]
    return [field.alias or name for model in models for name, field in model.model_fields.items()]


def _invalid_preferences(errors: Sequence[Any]) -> JSONResponse:
    """As the first version answered it, with the value that is wrong: wishes are no personal data."""
    details = []
    for one in errors:
        sentence = one["msg"] if one["type"] in FIRST_VERSION else in_words(one)
        given = {"input": _repeatable(one["input"])} if "input" in one else {}
        details.append(_field_problem(one, sentence) | given)
    document = _document(_INVALID, details, InvalidField.title) | {"hint": _hint(errors)}
    return JSONResponse(document, _INVALID, media_type=MEDIA_TYPE)


def _hint(errors: Sequence[Any]) -> str:
    return "; ".join(f"{'.'.join(map(str, one['loc'][1:])) or one['loc'][0]} {in_words(one)}" for one in errors[:10])


def is_json(request: Request) -> bool:
    """Whether the headers say that the body is JSON."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    return kind == "application/json" or (kind.startswith("application/") and kind.endswith("+json"))


async def _http_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101 - what the handler is registered for
    path, detail, headers = path_within(request.scope), error.detail, dict(error.headers or {})
    if error.status_code == HTTPStatus.NOT_FOUND:
        meant = guidance.meant_by(path, await _paths(request.app))
        detail = f"There is nothing at this path.{f' Did you mean {meant}?' if meant else ''} {_EVERY_CALL}"
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        paths = await _paths(request.app)
        if methods := guidance.methods_of(path, paths):
            headers["Allow"] = ", ".join(methods)
            detail = f"This path has another method. There is: {guidance.calls_near(path, paths)}."
        else:
            detail = f"This path has another method, as `Allow` says. {_EVERY_CALL}"
    return problem(error.status_code, detail, headers=headers)


async def _paths(app: FastAPI) -> guidance.Paths:
    # To write the document takes a fifth of a second, once: in a thread, so that no other caller waits for it.
    if app.openapi_schema is None:
        await asyncio.to_thread(app.openapi)
    return cast(guidance.Paths, app.openapi()["paths"])


def _repeatable(value: Any) -> Any:
    """What a caller sent, if JSON can carry it back, without the fields that are none of ours."""
    try:
        value = known_part(value)
        json.dumps(value, allow_nan=False, ensure_ascii=False).encode()
    except (TypeError, ValueError, RecursionError):  # bytes, NaN, an unpaired surrogate, a thousand brackets
        return f"a value of type {type(value).__name__}"
    return value
