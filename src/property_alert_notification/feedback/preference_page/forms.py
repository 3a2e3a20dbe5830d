"""Reads the form of a request, in bounds."""

from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from starlette.requests import ClientDisconnect, Request

if TYPE_CHECKING:
    from property_alert_notification.feedback.preference_page.values import Given

_KIND = "application/x-www-form-urlencoded"


class NoForm(Exception):
    """The body is no form."""


class FormTooLarge(Exception):
    """The body is larger than any form of the page."""


async def form_of(request: Request, *, largest: int) -> "Given":
    """The fields of a form of at most `largest` bytes.

    Raises:
        NoForm: the body is none, not in UTF-8, or the connection was closed before its end.
        FormTooLarge: it is larger. The rest of it is not read here.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _KIND:
        raise NoForm
    body = bytearray()
    try:
        async for part in request.stream():
            body += part
            if len(body) > largest:
                raise FormTooLarge
    except ClientDisconnect:
        raise NoForm from None
    try:
        return parse_qs(body.decode("ascii"), keep_blank_values=True, errors="strict")
    except ValueError:
        raise NoForm from None
