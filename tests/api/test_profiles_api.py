"""What the directory holds of a user, over HTTP; and notifications without addresses."""

from typing import Any

import httpx2
import pytest
from sqlalchemy import text

from property_alert_notification.api.access.service import KeyService
from property_alert_notification.app import create_app
from property_alert_notification.base.settings import Settings
from property_alert_notification.base.vocabulary import Scope
from property_alert_notification.database import Database
from tests.api.conftest import NOTIFICATION, PREFERENCES, a_client, a_guarded_client
from tests.pipeline.world import eventually
from tests.services.callers import a_caller
from tests.services.clock import SameDay
from tests.services.serving import serving

PATH = "/api/v1/users/1/profile"
ADA = {
    "email": "Ada@EXAMPLE.com",
    "phone_number": "+1 415 555 2671",
    "name": "Ada",
    "language": "en",
    "time_zone": "Europe/London",
    "country": "GB",
}
UNADDRESSED = {"title": "t", "message": "m", "user_id": 1}


async def test_a_profile_is_pushed_read_and_deleted(client: httpx2.AsyncClient) -> None:
    assert (await client.get(PATH)).status_code == 404

    put = await client.put(PATH, json=ADA)
    read = await client.get(f"{PATH}/")
    changed = await client.put(PATH, json={"email": None, "name": "Ada Lovelace"})
    deleted = [await client.delete(PATH) for _ in range(2)]
    gone = await client.get(PATH)

    assert (put.status_code, put.json()) == (200, read.json())
    stored = {"email": "Ada@example.com", "phone_number": "+14155552671"}
    assert read.json().items() >= (ADA | stored | {"user_id": 1, "pushed": True}).items()
    assert changed.json().items() >= dict.fromkeys(ADA, None).items() - {("name", None)}
    assert [answer.status_code for answer in deleted] == [204, 204]
    assert (gone.status_code, gone.json()["detail"]) == (404, "Profile not found")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("email", "x" * 65 + "@example.com"),
        ("email", "a@b.example\r\nBcc: c@d.example"),
        ("phone_number", "call me"),
        ("phone_number", 7),
        ("name", ""),
        ("name", "Ada\nLovelace"),
        ("language", "English"),
        ("time_zone", "Mars/Olympus"),
        ("time_zone", "../../etc/passwd"),
        ("country", "England"),
        ("user_id", 2),
    ],
)
async def test_a_profile_that_cannot_be_used_is_refused(lite: httpx2.AsyncClient, field: str, value: Any) -> None:
    answer = await lite.put(PATH, json=ADA | {field: value})

    assert answer.status_code == 422
    assert [one["loc"] for one in answer.json()["detail"]] in ([["body", field]], [["body"]])
    assert "xxxxx" not in answer.text


async def test_a_test_key_neither_reads_nor_changes_profiles(store_url: str) -> None:
    scopes = [Scope.USERS_READ, Scope.USERS_WRITE]
    async with a_guarded_client(store_url, *scopes) as client:
        database = Database(Settings(database_url=store_url).database_url, wait=10)
        key = await KeyService(database, SameDay(), actor="test").create("tester", scopes, test=True)
        await database.close()
        calls = [("PUT", ADA), ("GET", None), ("DELETE", None)]
        refused = [
            await client.request(method, PATH, json=body, headers={"Authorization": f"Bearer {key}"})
            for method, body in calls
        ]
        allowed = [await client.request(method, PATH, json=body) for method, body in calls]

    assert {(answer.status_code, "test key" in answer.text) for answer in refused} == {(403, True)}
    assert [answer.status_code for answer in allowed] == [200, 200, 204]


async def test_without_a_user_service_both_addresses_are_required(lite: httpx2.AsyncClient) -> None:
    answer = await lite.post("/api/v1/notifications/", json=UNADDRESSED)
    one = await lite.post("/api/v1/notifications/", json=UNADDRESSED | {"user_email": None, "channels": ["email"]})
    batch = await lite.post("/api/v1/notifications/batch", json={"notifications": [UNADDRESSED, NOTIFICATION]})

    assert answer.status_code == one.status_code == 422
    fields = {tuple(part["loc"]): (part["type"], part["msg"]) for part in answer.json()["detail"]}
    assert set(fields) == {("body", "user_email"), ("body", "user_phone_number")}
    assert {kind for kind, _ in fields.values()} == {"missing"}
    assert all("USER_SERVICE_URL" in words and "null" in words for _, words in fields.values())
    assert [part["loc"][1] for part in one.json()["detail"]] == ["user_phone_number"]
    assert [set(result) for result in batch.json()["results"]] == [{"error"}, {"id", "status"}]


async def test_with_a_user_service_they_may_be_left_out(store_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("USER_SERVICE_URL", "http://127.0.0.1:1/{user_id}")
    async with a_client(database_url=store_url) as client:
        await client.put("/api/v1/preferences/1", json=PREFERENCES)
        accepted = await client.post("/api/v1/notifications/", json=UNADDRESSED)
        detail = (await client.get(f"/api/v1/notifications/{accepted.json()['id']}")).json()
        nulls = await client.post("/api/v1/notifications/", json=NOTIFICATION | dict.fromkeys(_FIELDS))
        no_channel = await client.post(
            "/api/v1/notifications/", json=UNADDRESSED | {"user_phone_number": None, "channels": ["sms"]}
        )

    assert accepted.json() == UNADDRESSED | {"id": accepted.json()["id"], "status": "scheduled"}
    assert (detail["status"], detail["deliveries"], "reason_code" in detail) == ("scheduled", [], False)
    assert nulls.status_code == no_channel.status_code == 422


_FIELDS = ("user_email", "user_phone_number")


async def test_a_test_goes_to_made_up_addresses(store_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("USER_SERVICE_URL", "http://127.0.0.1:1/{user_id}")
    scopes = [Scope.NOTIFICATIONS_WRITE, Scope.NOTIFICATIONS_READ, Scope.PREFERENCES_WRITE]
    async with a_guarded_client(store_url, *scopes) as client:
        database = Database(Settings(database_url=store_url).database_url, wait=10)
        key = await KeyService(database, SameDay(), actor="test").create("tester", scopes, test=True)
        await database.close()
        client.headers["Authorization"] = f"Bearer {key}"
        await client.put("/api/v1/preferences/1", json=PREFERENCES)
        accepted = await client.post("/api/v1/notifications/", json=UNADDRESSED)
        detail = (await client.get(f"/api/v1/notifications/{accepted.json()['id']}")).json()

    assert accepted.json()["status"] == "pending"
    assert {one["address"] for one in detail["deliveries"]} == {"staging@example.com", "+14155552671"}


async def test_the_user_service_of_a_development_machine_does_not_replace_a_pushed_profile(
    migrated_sqlite_url: str,
) -> None:
    app, unknown_there = create_app(Settings(database_url=migrated_sqlite_url), with_worker=True), 5_000
    async with serving(app) as url, a_caller(url) as client:
        await client.put(f"/api/v1/preferences/{unknown_there}", json=PREFERENCES)
        await client.put(f"/api/v1/users/{unknown_there}/profile", json=ADA)
        async with app.state.parts.database.transaction() as connection:
            await connection.execute(text("UPDATE profiles SET known_at = datetime('now', '-1 day')"))
        sent = await client.post("/api/v1/notifications/", json=UNADDRESSED | {"user_id": unknown_there})

        async def ended() -> str | None:
            status = (await client.get(f"/api/v1/notifications/{sent.json()['id']}")).json()["status"]
            return None if status in ("scheduled", "pending") else str(status)

        assert await eventually(ended) == "sent"
