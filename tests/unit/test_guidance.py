"""Which call was meant, when a path or a method is none of ours."""

import json
from pathlib import Path

import pytest

from property_alert_notification.guidance import calls_near, meant_by, methods_of

PATHS = json.loads((Path(__file__).parents[2] / "docs/openapi.json").read_text())["paths"]
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
def test_a_path_that_is_misspelt_is_told_its_name(given: str, meant: str) -> None:
    assert (meant_by(given, PATHS) or "").rstrip("/") == meant


@pytest.mark.parametrize("given", ["/", "/wp-admin.php", "/" + "x" * 10_000, "/%00", f"/{ID}"])
def test_a_path_like_none_of_ours_is_told_nothing(given: str) -> None:
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


def test_whoever_deletes_a_notification_is_told_how_to_cancel_it() -> None:
    assert "POST …/cancel (cancel notification)" in calls_near(f"{PREFIX}/notifications/{ID}", PATHS)
