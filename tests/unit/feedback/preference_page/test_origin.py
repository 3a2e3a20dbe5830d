"""A form is taken from the page itself only."""

import pytest

from property_alert_notification.feedback.preference_page.origin import is_own

BASE = "https://alerts.example.com/messages"


@pytest.mark.parametrize(
    ("headers", "own"),
    [
        ({}, True),  # a program, which has no cookies to abuse
        ({"sec-fetch-site": "same-origin", "origin": "null"}, True),  # the page, which hides its address
        ({"sec-fetch-site": "none"}, True),
        ({"sec-fetch-site": "cross-site", "origin": "null"}, False),
        ({"sec-fetch-site": "same-site", "origin": "https://shop.example.com"}, False),
        ({"sec-fetch-site": "cross-site"}, False),
        ({"origin": "https://alerts.example.com"}, True),
        ({"origin": "http://alerts.example.com"}, False),
        ({"origin": "https://alerts.example.com.evil.test"}, False),
        ({"origin": "https://evil.test", "sec-fetch-site": "same-origin"}, False),
        ({"origin": "http://127.0.0.1:8000", "host": "127.0.0.1:8000"}, True),
        ({"origin": "http://127.0.0.1:9000", "host": "127.0.0.1:8000"}, False),
        ({"origin": "", "host": ""}, True),
    ],
)
def test_another_site_is_recognised_by_its_headers(headers: dict[str, str], own: bool) -> None:
    assert is_own(headers, BASE) is own
