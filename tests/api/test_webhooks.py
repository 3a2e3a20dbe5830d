"""Webhooks over HTTP: their secrets, their URLs, their logs."""

from typing import Any

import httpx2
import pytest
from sqlalchemy import select

from property_alert_notification.api.access.service import KeyService
from property_alert_notification.api.idempotency.models import IdempotencyKey
from property_alert_notification.base.settings import Settings
from property_alert_notification.base.vocabulary import Scope
from property_alert_notification.database import Database, table_of
from property_alert_notification.events.models import WebhookEndpoint
from tests.api.conftest import a_guarded_client
from tests.services.clock import SameDay

PATH = "/api/v1/webhooks"
URL = "https://listings.example.com/hook"
SINCE = {"since": "2026-01-01T00:00:00Z"}


async def create(client: httpx2.AsyncClient, **fields: Any) -> dict[str, Any]:
    answer = await client.post(PATH, json={"url": URL} | fields)
    assert answer.status_code == 201, answer.text
    created: dict[str, Any] = answer.json()
    return created


async def test_a_secret_is_shown_once_and_stored_nowhere_in_plain(client: httpx2.AsyncClient, store_url: str) -> None:
    first = await client.post(PATH, json={"url": URL}, headers={"Idempotency-Key": "one"})
    again = await client.post(PATH, json={"url": URL}, headers={"Idempotency-Key": "one"})
    secret = first.json().pop("secret")
    rotated = (await client.post(f"{PATH}/{first.json()['id']}/rotate", json={})).json()

    assert again.json() == first.json()
    assert again.headers["Idempotency-Replayed"] == "true"
    assert rotated["secret"] != secret
    assert rotated["previous_secret_until"] is not None
    shown = await client.get(f"{PATH}/{first.json()['id']}")
    assert "secret" not in shown.json()
    database = Database(Settings(database_url=store_url).database_url, wait=30)
    async with database.reading() as connection:
        for model in (WebhookEndpoint, IdempotencyKey):
            rows = repr((await connection.execute(select(table_of(model)))).all())
            assert not [one for one in (secret, rotated["secret"]) if one.removeprefix("whsec_") in rows], model
    await database.close()


async def test_an_endpoint_is_changed_switched_off_and_deleted(client: httpx2.AsyncClient) -> None:
    created = await create(client, events=["notification.failed", "recipient.opted_out"], description="for sales")
    path = f"{PATH}/{created['id']}"
    changed = (await client.patch(path, json={"events": None, "enabled": False})).json()
    assert (changed["events"], changed["state"], changed["state_reason"]) == (None, "disabled", "caller")
    assert (changed["description"], changed["url"]) == ("for sales", URL)
    assert (await client.post(f"{path}/test")).status_code == 409
    assert (await client.post(f"{path}/replay", json=SINCE)).status_code == 409

    assert (await client.patch(path, json={"enabled": True})).json()["state"] == "enabled"
    tested = (await client.post(f"{path}/test")).json()
    (logged,) = (await client.get(f"{path}/deliveries", params={"state": "pending"})).json()["items"]
    assert (logged["webhook_id"], logged["type"], logged["attempts"]) == (tested["webhook_id"], "webhook.test", 0)
    assert (await client.get(f"{path}/deliveries", params={"state": "failed"})).json() == {"items": [], "next": None}

    assert (await client.delete(path)).status_code == 204
    assert (await client.get(path)).status_code == 404
    assert (await client.get(PATH)).json() == {"items": []}


async def test_pages_of_a_log_show_every_event_once_and_the_newest_first(client: httpx2.AsyncClient) -> None:
    path = f"{PATH}/{(await create(client))['id']}"
    tested = [(await client.post(f"{path}/test")).json()["event_id"] for _ in range(5)]
    found, cursor = [], {}
    while True:
        page = (await client.get(f"{path}/deliveries", params={"limit": 2} | cursor)).json()
        found += [one["event_id"] for one in page["items"]]
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}

    assert found == tested[::-1]


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/hook",
        "https://127.0.0.1/hook",
        "https://[::1]/hook",
        "https://[::ffff:10.0.0.1]/hook",
        "https://169.254.169.254/latest",
        "https://2130706433/",
        "https://user:secret@example.com/",
        "https://example.com:22/",
        "ftp://example.com/",
        "example.com",
    ],
)
async def test_urls_that_lead_inside_are_refused(store_url: str, url: str) -> None:
    async with a_guarded_client(store_url, Scope.WEBHOOKS_WRITE) as client:
        answer = await client.post(PATH, json={"url": url})
        there = await create(client)
        changed = await client.patch(f"{PATH}/{there['id']}", json={"url": url})

    assert (answer.status_code, changed.status_code) == (422, 422)


async def test_filters_name_types_that_there_are(client: httpx2.AsyncClient) -> None:
    for events in ([], ["notification.opened"], ["webhook.test"]):
        assert (await client.post(PATH, json={"url": URL, "events": events})).status_code == 422


async def test_there_are_at_most_a_hundred(client: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("property_alert_notification.feedback.webhooks.service.MOST_ENDPOINTS", 1)
    await create(client)
    assert (await client.post(PATH, json={"url": URL})).status_code == 409


async def test_a_caller_leaves_room_for_others(store_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("property_alert_notification.feedback.webhooks.service.MOST_OF_A_CALLER", 1)
    async with a_guarded_client(store_url, Scope.WEBHOOKS_WRITE) as client:
        database = Database(Settings(database_url=store_url).database_url, wait=30)
        another = await KeyService(database, SameDay(), actor="test").create("another", [Scope.WEBHOOKS_WRITE])
        await database.close()
        await create(client)
        refused = await client.post(PATH, json={"url": URL})
        taken = await client.post(PATH, json={"url": URL}, headers={"Authorization": f"Bearer {another}"})

    assert (refused.status_code, taken.status_code) == (409, 201)
