"""Errors as callers see them: the first version's `detail`, with RFC 9457's `type`, `title` and `status` beside it."""

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.exceptions import HTTPException

from property_alert_notification.errors import InvalidField, RequestError

_INVALID = 422
"""By number: Python 3.13 renamed its constant."""

MEDIA_TYPE = "application/problem+json"


class Problem(BaseModel):
    """An answer that is not a success (RFC 9457)."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    """What happened, and what to do about it."""
    hint: str | None = None
    """What to do about it, where `detail` does not say so."""


class FieldProblem(BaseModel):
    """One field that cannot be used."""

    type: str
    loc: list[str | int]
    msg: str


class InvalidRequest(BaseModel):
    """A request whose fields cannot be used (RFC 9457); `detail` lists them."""

    type: str = "about:blank"
    title: str
    status: int
    detail: list[FieldProblem]


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route that may answer with these statuses."""
    return {status: {"model": InvalidRequest if status == _INVALID else Problem} for status in statuses}


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
    document = _document(error.status, detail, error.title)
    return document if error.hint is None else document | {"hint": error.hint}


def answer_to(error: RequestError) -> JSONResponse:
    """An error as a response."""
    return JSONResponse(contents_of(error), error.status, headers=error.headers, media_type=MEDIA_TYPE)


def invalid_request(error: ValidationError) -> dict[str, Any]:
    """The problem document of values that cannot be used, without the values."""
    details = error.errors(include_url=False, include_context=False, include_input=False)
    return _document(_INVALID, [{**one, "loc": ["body", *one["loc"]]} for one in details], InvalidField.title)


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
    # A notification's fields are personal data, which an error must not repeat; wishes are not.
    hidden = {"ctx"} if "/preferences" in request.url.path else {"ctx", "input"}
    details = [
        {key: _repeatable(value) if key == "input" else value for key, value in one.items() if key not in hidden}
        for one in error.errors()
    ]
    return problem(_INVALID, details, title=InvalidField.title)


async def _http_error(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101 - what the handler is registered for
    return problem(error.status_code, error.detail, headers=error.headers)


def _repeatable(value: Any) -> Any:
    """What a caller sent, if JSON can carry it back."""
    try:
        json.dumps(value, allow_nan=False, ensure_ascii=False).encode()
    except (TypeError, ValueError, RecursionError):  # bytes, NaN, an unpaired surrogate, a thousand brackets
        return f"a value of type {type(value).__name__}"
    return value
