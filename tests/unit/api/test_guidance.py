"""Which call was meant, when a path or a method is none of ours."""

import json
from pathlib import Path
from typing import Any

import pytest

from property_alert_notification.api.guidance import calls_near, meant_by, methods_of

PATHS = json.loads((Path(__file__).parents[3] / "docs/openapi.json").read_text())["paths"]
ID = "019aa5c4-52c1-7c63-b0b5-95ecb5d8a1f0"
PREFIX = "/api/v1"


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        (f"{PREFIX}/notification", f"{PREFIX}/notifications"),
        (f"{PREFIX}/Notifications/{ID}", f"{PREFIX}/notifications/{{notification_id}}"),
        (f"{PREFIX}/notifications/{ID}/cancle", f"{PREFIX}/notifications/{{notification_id}}/cancel"),
        ("/notifications", f"{PREFIX}/notifications"),
        ("/preferences/1", f"{PREFIX}/preferences/{{user_id}}"),
        (f"{PREFIX}/preference/1", f"{PREFIX}/preferences/{{user_id}}"),
        ("/api/v2/pauses", f"{PREFIX}/pauses"),
        ("/health", "/health/live"),
        ("/metric", "/metrics"),
    ],
)
def test_a_misspelt_path_is_answered_with_the_right_one(given: str, meant: str) -> None:
    assert (meant_by(given, PATHS) or "").rstrip("/") == meant


@pytest.mark.parametrize("given", ["/", "/wp-admin.php", "/" + "x" * 10_000, "/%00", f"/{ID}"])
def test_a_path_like_none_of_ours_gets_no_suggestion(given: str) -> None:
    assert meant_by(given, PATHS) is None


@pytest.mark.parametrize(
    ("path", "methods"),
    [
        (f"{PREFIX}/notifications", ["GET", "HEAD", "POST"]),
        (f"{PREFIX}/notifications/", ["GET", "HEAD", "POST"]),
        (f"{PREFIX}/notifications/batch", ["POST"]),
        (f"{PREFIX}/notifications/{ID}", ["GET", "HEAD", "PATCH"]),
        (f"{PREFIX}/preferences/1/", ["DELETE", "GET", "HEAD", "PATCH", "POST", "PUT"]),
        ("/nowhere", []),
    ],
)
def test_a_path_answers_these_methods(path: str, methods: list[str]) -> None:
    assert methods_of(path, PATHS) == methods


def test_the_answer_to_deleting_a_notification_names_the_call_that_cancels_it() -> None:
    assert "POST …/cancel (cancel notification)" in calls_near(f"{PREFIX}/notifications/{ID}", PATHS)


HOUSES: dict[str, Any] = {
    "/api/v1/houses/": {"get": {"summary": "List Houses"}, "post": {"summary": "Add House"}},
    "/api/v1/houses/{house_id}": {"get": {"summary": "Get House"}, "delete": {}},
    "/api/v1/houses/{house_id}/sell": {"post": {"summary": "Sell House"}},
    "/api/v1/houses/{house_id}/sell/{buyer}": {"post": {"summary": "Sell To"}},
    "/api/v1/houses/all": {"put": {"summary": "Replace All"}},
}


@pytest.mark.parametrize(
    ("path", "calls", "methods"),
    [
        (
            "/api/v1/houses",
            "GET (list houses), POST (add house), PUT …/all (replace all)",
            ["GET", "HEAD", "POST"],
        ),
        ("/api/v1/houses/7/", "GET (get house), DELETE (), POST …/sell (sell house)", ["DELETE", "GET", "HEAD"]),
        ("/api/v1/houses/all", "PUT (replace all)", ["PUT"]),
        ("/api/v1/houses/7/sell/8", "POST (sell to)", ["POST"]),
        ("/api/v1/houses/7/8", "", []),
        ("/houses", "", []),
    ],
)
def test_the_answer_lists_the_calls_of_a_path_and_right_below_it(path: str, calls: str, methods: list[str]) -> None:
    assert calls_near(path, HOUSES) == calls
    assert methods_of(path, HOUSES) == methods


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("/v1/houses", "/api/v1/houses/"),
        ("/HOUSES/7/", "/api/v1/houses/{house_id}"),
        ("/houses/019AA5C4-52c1-7c63-b0b5-95ecb5d8a1f0/sell", "/api/v1/houses/{house_id}/sell"),
        ("/api/v1/house/7/sel", "/api/v1/houses/{house_id}/sell"),
        ("/house/7/sell", "/api/v1/houses/{house_id}/sell"),
        ("/api/v1", None),
        ("/7", None),
        ("/entirely/different", None),
    ],
)
def test_the_answer_names_the_call_that_was_meant(given: str, meant: str | None) -> None:
    assert meant_by(given, HOUSES) == meant


@pytest.mark.parametrize(("length", "is_compared"), [(100, True), (101, False)])
def test_what_is_too_long_for_a_misspelling_is_not_compared(length: int, is_compared: bool) -> None:
    path = "/" + "h" * (length - 1)
    assert meant_by(path, {path: {}}) == (path if is_compared else None)
