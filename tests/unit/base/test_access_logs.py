"""A token in the path of a page is in no log of the server."""

import logging

import pytest

from property_alert_notification.base.logs import without_tokens

TOKEN = "JE-Ygoco75hbsEZj8mrSq4K6fsZ465Bd4Ai4pGNVAQ"


@pytest.mark.parametrize(
    ("path", "logged"),
    [
        (f"/preferences/{TOKEN}?done=saved", "/preferences/…?done=saved"),
        (f"/alerts/u/{TOKEN}", "/alerts/u/…"),
        (f"/u/{TOKEN}/", "/u/…/"),
        ("/api/v1/preferences/1234567890", "/api/v1/preferences/1234567890"),
        ("/static/house.svg", "/static/house.svg"),
    ],
)
def test_tokens_are_left_out_of_logged_paths(path: str, logged: str) -> None:
    arguments = ("127.0.0.1:5", "GET", path, "1.1", 200)
    record = logging.LogRecord("uvicorn.access", logging.INFO, "", 0, '%s - "%s %s HTTP/%s" %d', arguments, None)

    assert without_tokens(record)

    assert record.getMessage() == f'127.0.0.1:5 - "GET {logged} HTTP/1.1" 200'
