"""What operators do over HTTP: pause and resume, and decide over what is quarantined."""

from typing import Any
from uuid import uuid4

import httpx2
import pytest
from sqlalchemy import text

from property_alert_notification.base.settings import Settings
from property_alert_notification.base.vocabulary import Scope
from property_alert_notification.database import Database
from tests.api.conftest import NOTIFICATION, PREFERENCES, a_guarded_client

BROKE = "its row in the store cannot be processed (KeyError)"
QUARANTINE, PAUSES = "/api/v1/quarantine", "/api/v1/pauses"


async def _quarantine(client: httpx2.AsyncClient, store_url: str, count: int) -> list[dict[str, Any]]:
    """So many deliveries that a worker gave up; the newest first, as the API lists them."""
    await client.put("/api/v1/preferences/1", json=PREFERENCES)
    for _ in range(count):
        accepted = await client.post("/api/v1/notifications/", json=NOTIFICATION | {"channels": ["email"]})
        assert accepted.status_code == 200
    database = Database(Settings(database_url=store_url).database_url, wait=30)
    async with database.transaction() as connection:
        await connection.execute(
            text(
                "UPDATE deliveries SET state = 'quarantined', reason_code = 'row_broken', due_at = NULL, "
                """reason_parameters = '{"what":"KeyError"}'"""
            )
        )
    await database.close()
    listed: list[dict[str, Any]] = (await client.get(QUARANTINE)).json()["items"]
    assert len(listed) == count
    return listed


async def test_the_quarantine_is_listed_page_by_page_without_anything_personal(
    client: httpx2.AsyncClient, store_url: str
) -> None:
    listed = await _quarantine(client, store_url, 3)

    first = (await client.get(QUARANTINE, params={"limit": 2})).json()
    second = (await client.get(QUARANTINE, params={"limit": 2, "cursor": first["next"]})).json()

    assert first["items"] + second["items"] == listed
    assert second["next"] is None
    assert (listed[0]["state"], listed[0]["reason"], listed[0]["attempts"]) == ("quarantined", BROKE, 0)
    for private in ("user@test.com", "notification title", "notification message"):
        assert private not in str(listed)


async def test_a_quarantined_delivery_is_shown_and_replayed_once_for_each_key(
    client: httpx2.AsyncClient, store_url: str
) -> None:
    (one,) = await _quarantine(client, store_url, 1)
    path = f"{QUARANTINE}/{one['id']}"

    shown = (await client.get(path)).json()
    answers = [await client.post(f"{path}/replay", headers={"Idempotency-Key": "again"}) for _ in range(2)]
    without_key = await client.post(f"{path}/replay")
    gone = await client.get(path)

    assert shown == {**one, "tried": []}
    assert [answer.json()["state"] for answer in answers] == ["queued", "queued"]
    assert answers[1].headers["Idempotency-Replayed"] == "true"
    assert (without_key.status_code, without_key.json()["detail"]) == (409, "It is not quarantined: it is queued.")
    assert gone.status_code == 404
    detail = (await client.get(f"/api/v1/notifications/{one['notification_id']}")).json()
    assert detail["timeline"][-1]["what"] == "email: replayed by an operator"


async def test_a_discarded_delivery_has_failed(client: httpx2.AsyncClient, store_url: str) -> None:
    (one,) = await _quarantine(client, store_url, 1)

    answer = await client.post(f"{QUARANTINE}/{one['id']}/discard/")

    assert (answer.json()["state"], answer.json()["reason"]) == ("failed", f"an operator discarded it: {BROKE}")
    failed = (await client.get("/api/v1/notifications", params={"status": "failed"})).json()
    assert [item["id"] for item in failed["items"]] == [one["notification_id"]]


async def test_a_missing_delivery_can_neither_be_replayed_nor_discarded(client: httpx2.AsyncClient) -> None:
    answers = [await client.post(f"{QUARANTINE}/{uuid4()}/{what}") for what in ("replay", "discard")]

    assert [(answer.status_code, answer.json()["detail"]) for answer in answers] == [(404, "Delivery not found")] * 2


async def test_a_wrong_cursor_is_named(lite: httpx2.AsyncClient) -> None:
    answer = await lite.get(QUARANTINE, params={"cursor": "nonsense"})

    assert answer.status_code == 422
    assert [problem["loc"] for problem in answer.json()["detail"]] == [["query", "cursor"]]


async def test_a_pause_is_listed_until_it_ends(client: httpx2.AsyncClient) -> None:
    begun = await client.put(f"{PAUSES}/email")
    again = await client.put(f"{PAUSES}/email/")
    everything = await client.put(f"{PAUSES}/everything")
    listed = (await client.get(PAUSES)).json()["items"]
    ended = await client.delete(f"{PAUSES}/email")
    twice = await client.delete(f"{PAUSES}/email")

    assert begun.json() == again.json()
    assert listed == [begun.json(), everything.json()]
    assert (begun.json()["name"], begun.json()["paused_by"]) == ("email", "local")
    assert (ended.status_code, ended.content) == (204, b"")
    assert (twice.status_code, twice.json()["detail"]) == (404, "Sending of email is not paused.")
    assert [one["name"] for one in (await client.get(f"{PAUSES}/")).json()["items"]] == ["everything"]


async def test_notifications_are_accepted_while_everything_is_paused(client: httpx2.AsyncClient) -> None:
    await client.put("/api/v1/preferences/1", json=PREFERENCES)
    await client.put(f"{PAUSES}/everything")

    assert (await client.post("/api/v1/notifications/", json=NOTIFICATION)).status_code == 200


@pytest.mark.parametrize("name", ["E", "two words", "-x", "x" * 65])
async def test_nothing_can_be_called_so(lite: httpx2.AsyncClient, name: str) -> None:
    assert (await lite.put(f"{PAUSES}/{name}")).status_code == 422


async def test_the_audit_record_names_the_operator(store_url: str) -> None:
    async with a_guarded_client(store_url, Scope.ADMIN) as client:
        (await client.put(f"{PAUSES}/sms")).raise_for_status()
        (await client.put(f"{PAUSES}/sms")).raise_for_status()
        (await client.delete(f"{PAUSES}/sms")).raise_for_status()
        recorded = (await client.get("/api/v1/audit")).json()["items"]
        caller = f"caller (live key {client.headers['Authorization'].removeprefix('Bearer ')[:16]})"

    assert [(one["actor"], one["action"], one["subject"]) for one in recorded] == [
        (caller, "sending.resumed", "sms"),
        (caller, "sending.paused", "sms"),
        ("test", "key.created", "caller"),
    ]
