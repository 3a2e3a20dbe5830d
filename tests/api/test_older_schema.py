"""A process whose store went back to an older schema says so to every call, and works again when it is migrated."""

import httpx2
import pytest

from property_alert_notification.base.settings import Settings
from property_alert_notification.database import Database, migrations
from tests.api.conftest import NOTIFICATION, PREFERENCES, a_client, accept

AN_ID = "01900000-0000-7000-8000-000000000000"
BATCH = {"notifications": [NOTIFICATION]}
CALLS = [
    ("POST", "/api/v1/notifications/", {"json": NOTIFICATION}),
    ("POST", "/api/v1/notifications/", {"json": NOTIFICATION, "headers": {"Idempotency-Key": "k"}}),
    ("POST", "/api/v1/notifications/batch", {"json": BATCH}),
    ("POST", "/api/v1/notifications/batch", {"json": BATCH, "headers": {"Idempotency-Key": "b"}}),
    ("GET", "/api/v1/notifications", {}),
    ("GET", "/api/v1/notifications?status=sent&user_id=1", {}),
    ("GET", f"/api/v1/notifications/{AN_ID}", {}),
    ("PATCH", f"/api/v1/notifications/{AN_ID}", {"json": {"title": "t"}}),
    ("POST", f"/api/v1/notifications/{AN_ID}/cancel", {}),
    ("PUT", "/api/v1/preferences/2", {"json": PREFERENCES}),
    ("POST", "/api/v1/preferences/3", {"json": PREFERENCES}),
    ("GET", "/api/v1/preferences/1", {}),
    ("PATCH", "/api/v1/preferences/1", {"json": PREFERENCES}),
    ("DELETE", "/api/v1/preferences/1", {}),
    ("GET", "/api/v1/audit", {}),
    ("GET", "/api/v1/pauses", {}),
    ("PUT", "/api/v1/pauses/email", {}),
    ("DELETE", "/api/v1/pauses/email", {}),
    ("GET", "/api/v1/quarantine", {}),
    ("GET", "/health/ready", {}),
]


@pytest.mark.parametrize("revision", ["0001", "0005"])
async def test_every_call_on_an_older_schema_is_answered_503(store_url: str, revision: str) -> None:
    async with a_client(database_url=store_url) as caller:
        await caller.put("/api/v1/preferences/1", json=PREFERENCES)
        await accept(caller)
        database = Database(Settings(database_url=store_url).database_url, wait=30)
        await migrations.downgrade(database, revision)

        answers = {f"{how} {path}": await caller.request(how, path, **more) for how, path, more in CALLS}

        await migrations.upgrade(database)
        await database.close()
        again = await _until_it_works(caller)

    # What an older schema has all of, may still be answered as ever.
    wrong = {
        call: answer.status_code
        for call, answer in answers.items()
        if answer.status_code not in (200, 201, 204, 404, 503)
    }
    assert not wrong
    refused = {call: answer.text for call, answer in answers.items() if answer.status_code == 503}
    assert "GET /health/ready" in refused
    assert revision == "0005" or "POST /api/v1/notifications/" in refused
    assert [call for call, text in refused.items() if "property-alerts migrate" not in text] == []
    assert again == 200


async def _until_it_works(caller: httpx2.AsyncClient) -> int:
    answer = await caller.put("/api/v1/preferences/1", json=PREFERENCES)
    assert (await caller.post("/api/v1/notifications/", json=NOTIFICATION)).status_code == 200
    return answer.status_code
