"""What the answers of a RESO Web API say."""

import json
from typing import Any

import httpx2
import pytest

from property_alert_notification.base.http import Answer
from property_alert_notification.homes.feeds.web_api import explanation_in


@pytest.mark.parametrize(
    ("status", "body", "explanation"),
    [
        (400, {"error": {"code": "400", "message": "$top must be at most 200\n"}}, "$top must be at most 200"),
        (400, {"error": {"message": "x" * 300}}, "x" * 200),
        (400, {"error": {"message": {"lang": "en"}}}, None),
        (400, {"error": "invalid"}, None),
        (400, [], None),
        (401, {"error": {"message": "The token abc has expired"}}, None),
        (500, {"error": {"message": "123 Main St cannot be written"}}, None),
    ],
)
def test_only_a_wrong_query_is_explained(status: int, body: Any, explanation: str | None) -> None:
    assert explanation_in(Answer(status, httpx2.Headers(), json.dumps(body).encode())) == explanation
