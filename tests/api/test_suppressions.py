"""The suppression list over HTTP."""

from typing import Any

import httpx2
import pytest
from sqlalchemy import text

from property_alert_notification.api.access.service import KeyService
from property_alert_notification.base.settings import Settings
from property_alert_notification.base.vocabulary import Scope
from property_alert_notification.database import Database
from tests.api.conftest import NOTIFICATION, PREFERENCES, a_client, a_guarded_client
from tests.services.clock import SameDay

PATH = "/api/v1/suppressions"
ADA = {"channel": "email", "address": "Ada@EXAMPLE.com"}


async def test_an_entry_is_added_once_found_by_any_spelling_and_released_with_a_record(
    client: httpx2.AsyncClient, store_url: str
) -> None:
    added = await client.post(PATH, json={**ADA, "reason": "soft_bounce", "expires_at": "2027-01-31T00:00:00Z"})
    again = await client.post(f"{PATH}/", json={**ADA, "reason": "soft_bounce", "expires_at": "2027-01-01T00:00:00Z"})
    other = await client.post(PATH, json={"user_id": 7, "note": "asked by telephone"})
    found = await client.get(PATH, params={"channel": "email", "address": "ada@example.COM"})
    every = await client.get(PATH, params={"limit": 1})
    rest = await client.get(PATH, params={"limit": 1, "cursor": every.json()["next"]})

    assert added.status_code == again.status_code == 201
    assert again.json() == added.json()  # the later expiry of both
    assert found.json()["items"] == [added.json()]
    assert [every.json()["items"], rest.json()["items"], rest.json()["next"]] == [[other.json()], [added.json()], None]
    assert other.json().items() >= {"about": "user", "channel": None, "reason": "manual", "scope": "all"}.items()
    assert (await client.get(PATH, params={"user_id": 7})).json()["items"] == [other.json()]

    entry = f"{PATH}/{added.json()['id']}"
    assert [(await client.delete(entry)).status_code for _ in range(2)] == [204, 404]
    assert not (await client.get(PATH, params=ADA)).json()["items"]
    audit = (await client.get("/api/v1/audit")).json()["items"]
    assert [one["action"] for one in audit[:4]] == ["suppression.released", *["suppression.added"] * 3]
    database = Database(Settings(database_url=store_url).database_url, wait=10)
    async with database.reading() as connection:
        for table in ("suppressions", "audit_log"):
            rows = (await connection.execute(text(f"SELECT * FROM {table}"))).all()
            assert rows
            assert "ada@" not in str(rows).lower()
    await database.close()


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "body"),
        ({"address": "ada@example.com"}, "body"),
        ({**ADA, "user_id": 7}, "body"),
        ({**ADA, "address": "x" * 65 + "@example.com"}, "address"),
        ({**ADA, "address": ""}, "address"),
        ({**ADA, "channel": "fax"}, "channel"),
        ({**ADA, "reason": "dislike"}, "reason"),
        ({**ADA, "reason": "erased"}, "reason"),
        ({**ADA, "scope": "some"}, "scope"),
        ({**ADA, "category": "Big Words"}, "category"),
        ({**ADA, "note": "two\nlines"}, "note"),
        ({**ADA, "expires_at": "9999-12-31T23:59:59Z"}, "expires_at"),
        ({"user_id": -1}, "user_id"),
        ({"user_id": 2**63}, "user_id"),
        ({"user_id": 7, "because": "x"}, "body"),
    ],
)
async def test_what_is_no_entry_is_refused_with_its_field(lite: httpx2.AsyncClient, body: Any, field: str) -> None:
    answer = await lite.post(PATH, json=body)

    assert answer.status_code == 422
    assert field in {part for one in answer.json()["detail"] for part in one["loc"]}


async def test_a_file_is_imported_and_exported_and_bad_lines_are_named(lite: httpx2.AsyncClient) -> None:
    lines = [
        "channel,address,reason",
        "email,ada@example.com,hard_bounce",
        f"email,{'x' * 65}@example.com,",
        "sms,+14155552671,stop",
    ]

    async def load(text: str) -> httpx2.Response:
        return await lite.post(f"{PATH}/import", content=text, headers={"Content-Type": "text/csv"})

    headers = {"Content-Type": "text/csv", "Idempotency-Key": "the-first-file"}
    first, repeated = [await lite.post(f"{PATH}/import", content="\r\n".join(lines), headers=headers) for _ in range(2)]
    assert (repeated.json(), repeated.headers["Idempotency-Replayed"]) == (first.json(), "true")
    exported = (await lite.get(f"{PATH}/export")).text
    entries = (await lite.get(PATH)).json()["items"]
    for entry in entries:
        await lite.delete(f"{PATH}/{entry['id']}")
    again = await load(exported)

    assert first.json()["imported"] == 2
    assert [one["line"] for one in first.json()["problems"]] == [3]
    assert "example" not in exported
    assert again.json() == {"imported": 2, "refused": 0, "problems": []}
    kept = ("about", "channel", "reason", "scope")
    restored = (await lite.get(PATH)).json()["items"]
    assert sorted([one[name] for name in kept] for one in restored) == sorted(
        [e[name] for name in kept] for e in entries
    )
    assert (await lite.get(PATH, params=ADA)).json()["items"][0]["reason"] == "hard_bounce"
    too_long = await load("user_id\n" + "1\n" * 10_001)
    assert (too_long.status_code, (await load("name\nada")).status_code) == (422, 422)


async def test_a_message_to_an_entry_is_suppressed_and_said_to_be(client: httpx2.AsyncClient) -> None:
    await client.put("/api/v1/preferences/1", json=PREFERENCES)
    await client.post(PATH, json={"channel": "email", "address": NOTIFICATION["user_email"], "reason": "hard_bounce"})
    await client.post(PATH, json={"user_id": 1, "channel": "sms", "reason": "stop"})

    accepted = (await client.post("/api/v1/notifications", json=NOTIFICATION)).json()
    shown = (await client.get(f"/api/v1/notifications/{accepted['id']}")).json()
    effective = (await client.get("/api/v1/preferences/1/effective", params={"channel": "sms"})).json()

    found = {one["channel"]: (one["state"], one["reason_code"]) for one in shown["deliveries"]}
    assert found == {
        "email": ("suppressed", "suppressed_hard_bounce"),
        "sms": ("suppressed", "suppressed_stop"),
    }
    assert (effective["decision"], effective["rule"]) == ("suppress", "suppression")


async def test_only_a_live_key_with_its_scope_reads_or_changes_the_list(store_url: str) -> None:
    scopes = [Scope.USERS_READ, Scope.USERS_WRITE]
    calls = [
        ("GET", PATH, None),
        ("POST", PATH, ADA),
        ("POST", f"{PATH}/import", None),
        ("GET", f"{PATH}/export", None),
        ("DELETE", f"{PATH}/00000000-0000-0000-0000-000000000000", None),
    ]
    async with a_guarded_client(store_url, *scopes) as client:
        database = Database(Settings(database_url=store_url).database_url, wait=10)
        keys = KeyService(database, SameDay(), actor="test")
        refused = [
            await keys.create("tester", scopes, test=True),
            await keys.create("reader", [Scope.NOTIFICATIONS_READ, Scope.ADMIN]),
        ]
        await database.close()
        for key in refused:
            headers = {"Authorization": f"Bearer {key}"}
            answers = [
                (await client.request(m, path, json=body, headers=headers)).status_code for m, path, body in calls
            ]
            assert answers == [403] * len(calls)
        assert (await client.post(PATH, json=ADA)).status_code == 201


async def test_a_local_service_has_a_key_of_its_own_and_any_other_needs_one(store_url: str) -> None:
    async with a_client(database_url=store_url, secret_keys="first-secret-of-thirty-two-characters") as client:
        await client.post(PATH, json=ADA)
    rotated = "second-secret-of-thirty-two-character,first-secret-of-thirty-two-characters"
    async with a_client(database_url=store_url, secret_keys=rotated) as client:
        assert (await client.get(PATH, params=ADA)).json()["items"]
    async with a_client(database_url=store_url, secret_keys="second-secret-of-thirty-two-character") as client:
        assert not (await client.get(PATH, params=ADA)).json()["items"]
