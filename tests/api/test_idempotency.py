"""A repeated call gets the answer of the first, and changes nothing."""

import asyncio
import json
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from sqlalchemy import text

from property_alert_notification.api.access.service import KeyService
from property_alert_notification.app import create_app
from property_alert_notification.base.settings import Settings
from property_alert_notification.base.vocabulary import Scope
from property_alert_notification.database import Database
from tests.api.conftest import NOTIFICATION, PREFERENCES, a_client, until_the_store_answers
from tests.pipeline.world import eventually
from tests.services.callers import a_caller
from tests.services.clock import SameDay
from tests.services.process import PATIENCE
from tests.services.serving import serving

PATH = "/api/v1/notifications/"


def keyed(key: str) -> dict[str, str]:
    return {"Idempotency-Key": key}


async def how_many(client: httpx2.AsyncClient) -> int:
    return len((await client.get("/api/v1/notifications", params={"limit": 100})).json()["items"])


async def test_a_repetition_gets_the_first_answer_verbatim(caller: httpx2.AsyncClient) -> None:
    first = await caller.post(PATH, json=NOTIFICATION, headers=keyed("a"))
    second = await caller.post(PATH.rstrip("/"), json=NOTIFICATION, headers=keyed("a"))

    assert (first.status_code, second.status_code) == (200, 200)
    assert second.content == first.content
    assert "Idempotency-Replayed" not in first.headers
    assert second.headers["Idempotency-Replayed"] == "true"
    assert await how_many(caller) == 1


async def test_without_a_key_the_same_call_is_another_notification(caller: httpx2.AsyncClient) -> None:
    ids = {(await caller.post(PATH, json=NOTIFICATION)).json()["id"] for _ in range(2)}

    assert len(ids) == 2


async def test_another_body_under_the_same_key_is_refused(caller: httpx2.AsyncClient) -> None:
    await caller.post(PATH, json=NOTIFICATION, headers=keyed("a"))

    answer = await caller.post(PATH, json=NOTIFICATION | {"title": "another"}, headers=keyed("a"))

    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["header", "Idempotency-Key"]
    assert await how_many(caller) == 1


async def test_the_order_of_fields_and_the_spaces_between_them_are_no_other_body(caller: httpx2.AsyncClient) -> None:
    first = await caller.post(PATH, json=NOTIFICATION, headers=keyed("a"))
    turned = dict(reversed(NOTIFICATION.items()))

    assert (await caller.post(PATH, json=turned, headers=keyed("a"))).json() == first.json()


@pytest.mark.parametrize("blanks", [" k", "k ", "\tk", " k \t"])
async def test_blanks_around_a_key_do_not_count(caller: httpx2.AsyncClient, blanks: str) -> None:
    first = await caller.post(PATH, json=NOTIFICATION, headers=keyed("k"))
    item = NOTIFICATION | {"idempotency_key": blanks}
    batch = await caller.post(f"{PATH}batch", json={"notifications": [item]})

    assert await _post_with_raw_key(caller, blanks) == first.content
    assert batch.json()["results"][0]["id"] == first.json()["id"]
    assert await how_many(caller) == 1


async def _post_with_raw_key(caller: httpx2.AsyncClient, key: str) -> bytes:
    """As a client sends it that takes no blanks away."""
    body = json.dumps(NOTIFICATION)
    head = f"POST {PATH} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\n"
    call = f"{head}Content-Length: {len(body)}\r\nIdempotency-Key: {key}\r\n\r\n{body}"
    reader, writer = await asyncio.open_connection(caller.base_url.host, caller.base_url.port)
    writer.write(call.encode())
    answer = await reader.read()
    writer.close()
    return answer.partition(b"\r\n\r\n")[2]


async def test_two_keys_are_refused_whatever_they_are(caller: httpx2.AsyncClient) -> None:
    id_ = (await caller.post(PATH, json=NOTIFICATION)).json()["id"]
    calls = {
        PATH: NOTIFICATION,
        f"{PATH}batch": {"notifications": [NOTIFICATION]},
        f"{PATH}{id_}/cancel": None,
        "/api/v1/preferences/7": PREFERENCES,
        "/api/v1/preferences/batch": {"preferences": [{"user_id": 7} | PREFERENCES]},
    }
    for path, body in calls.items():
        for keys in (("a", "a"), ("a", "b")):
            two = [("Idempotency-Key", key) for key in keys]
            answer = await caller.post(path, json=body, headers=two)
            assert answer.status_code == 422, path
            assert answer.json()["detail"][0]["loc"] == ["header", "Idempotency-Key"]
    assert await how_many(caller) == 1


async def test_on_every_post_the_order_of_fields_makes_no_other_call_and_another_value_does(
    caller: httpx2.AsyncClient,
) -> None:
    bodies: dict[str, list[dict[str, Any]]] = {
        PATH: [NOTIFICATION, NOTIFICATION | {"title": "another"}],
        f"{PATH}batch": [
            {"notifications": [NOTIFICATION, {"title": "wrong", "a": 1}]},
            {"notifications": [NOTIFICATION, {"title": "wrong", "a": 2}]},
        ],
        "/api/v1/preferences/7": [PREFERENCES, PREFERENCES | {"sms_enabled": False}],
        "/api/v1/preferences/batch": [
            {"preferences": [{"user_id": 8} | PREFERENCES]},
            {"preferences": [{"user_id": 9} | PREFERENCES]},
        ],
    }
    for path, (body, another) in bodies.items():
        headers = keyed(path)
        first = await caller.post(path, json=body, headers=headers)
        turned = json.dumps(_turned(body), indent=3)
        again = await caller.post(path, content=turned, headers=headers | {"Content-Type": "application/json"})
        other = await caller.post(path, json=another, headers=headers)

        assert first.status_code in (200, 201), path
        assert (again.content, again.headers["Idempotency-Replayed"]) == (first.content, "true"), path
        assert other.status_code == 422, path


def _turned(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _turned(one) for name, one in reversed(value.items())}
    return [_turned(one) for one in value] if isinstance(value, list) else value


async def test_an_error_is_not_kept(caller: httpx2.AsyncClient) -> None:
    stranger = NOTIFICATION | {"user_id": 2}
    assert (await caller.post(PATH, json=stranger, headers=keyed("a"))).status_code == 404
    await caller.put("/api/v1/preferences/2", json=PREFERENCES)

    answer = await caller.post(PATH, json=stranger, headers=keyed("a"))

    assert answer.status_code == 200
    assert "Idempotency-Replayed" not in answer.headers


async def test_an_accepted_call_is_repeated_even_if_it_would_be_refused_now(caller: httpx2.AsyncClient) -> None:
    first = await caller.post(PATH, json=NOTIFICATION, headers=keyed("a"))
    await caller.delete("/api/v1/preferences/1")

    second = await caller.post(PATH, json=NOTIFICATION, headers=keyed("a"))

    assert (second.status_code, second.content) == (200, first.content)


@pytest.mark.parametrize("key", ["", "x" * 256, "caf\xe9"])
async def test_a_key_that_cannot_be_one_is_named(lite: httpx2.AsyncClient, key: str) -> None:
    answer = await lite.post(PATH, json=NOTIFICATION, headers={"Idempotency-Key": key.encode("latin-1")})

    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["header", "Idempotency-Key"]


async def test_racing_calls_make_one_notification_per_key(caller: httpx2.AsyncClient) -> None:
    calls = [
        caller.post(PATH, json=NOTIFICATION | {"reference": str(n)}, headers=keyed(f"key {n}"))
        for _ in range(10)
        for n in range(20)
    ]

    answers = await asyncio.gather(*calls)

    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["id"] for answer in answers}) == 20
    assert sum("Idempotency-Replayed" not in answer.headers for answer in answers) == 20
    assert await how_many(caller) == 20


async def test_a_key_that_expired_is_forgotten(store_url: str) -> None:
    async with a_client(database_url=store_url, idempotency_hours=1e-6) as client:
        await client.put("/api/v1/preferences/1", json=PREFERENCES)
        ids = set()
        for _ in range(2):
            ids.add((await client.post(PATH, json=NOTIFICATION, headers=keyed("a"))).json()["id"])
            await asyncio.sleep(0.01)  # longer than a key is kept

        assert len(ids) == 2


async def test_callers_share_no_keys_but_a_caller_keeps_them_when_its_api_key_is_exchanged(
    migrated_sqlite_url: str,
) -> None:
    app = create_app(Settings(database_url=migrated_sqlite_url, store_timeout=30), with_worker=False, clock=SameDay())
    async with serving(app) as url, a_caller(url) as client:
        await client.put("/api/v1/preferences/1", json=PREFERENCES)
        keys = KeyService(app.state.parts.database, app.state.parts.clock, "test")
        crm, shop = [await keys.create(name, [Scope.NOTIFICATIONS_WRITE]) for name in ("crm", "shop")]
        new_crm = await keys.rotate("crm", overlap=timedelta(hours=1))

        ids = [
            (
                await client.post(PATH, json=NOTIFICATION, headers=keyed("a") | {"Authorization": f"Bearer {api_key}"})
            ).json()["id"]
            for api_key in (crm, shop, new_crm)
        ]

    assert ids[0] == ids[2] != ids[1]


async def test_creating_preferences_may_be_repeated(client: httpx2.AsyncClient) -> None:
    path = "/api/v1/preferences/7"
    first = await client.post(path, json=PREFERENCES, headers=keyed("a"))
    second = await client.post(path, json=PREFERENCES, headers=keyed("a"))
    without = await client.post(path, json=PREFERENCES)

    assert (first.status_code, second.status_code, without.status_code) == (201, 201, 400)
    assert second.content == first.content
    assert second.headers["Idempotency-Replayed"] == "true"


async def test_racing_creations_of_preferences_all_get_the_first_answer(client: httpx2.AsyncClient) -> None:
    answers = await asyncio.gather(
        *(client.post("/api/v1/preferences/7", json=PREFERENCES, headers=keyed("a")) for _ in range(8))
    )

    assert {answer.status_code for answer in answers} == {201}


async def test_cancelling_may_be_repeated(caller: httpx2.AsyncClient) -> None:
    id_ = (await caller.post(PATH, json=NOTIFICATION)).json()["id"]
    path = f"/api/v1/notifications/{id_}/cancel"
    first = await caller.post(path, headers=keyed("c"))
    second = await caller.post(path, headers=keyed("c"))
    without = await caller.post(path)

    assert (first.status_code, second.status_code, without.status_code) == (200, 200, 409)
    assert second.content == first.content


async def test_a_key_of_one_call_is_not_a_key_of_another_path(caller: httpx2.AsyncClient) -> None:
    id_ = (await caller.post(PATH, json=NOTIFICATION, headers=keyed("a"))).json()["id"]

    assert (await caller.post(f"/api/v1/notifications/{id_}/cancel", headers=keyed("a"))).status_code == 422


async def test_a_call_that_another_process_is_answering_is_to_be_repeated(migrated_postgres_url: str) -> None:
    # A call waits half of it for the lock of another; the rest is for the call that waits with it.
    async with a_client(database_url=migrated_postgres_url, store_timeout=6) as client:
        await until_the_store_answers(client, "PUT", "/api/v1/preferences/1", PREFERENCES)
        other = Database(migrated_postgres_url.replace("postgresql:", "postgresql+asyncpg:"), wait=PATIENCE)
        async with other.transaction() as connection:
            await connection.execute(
                text(
                    "INSERT INTO idempotency_keys (owner, key, fingerprint, status_code, answer, expires_at)"
                    " VALUES ('', 'held', '', 0, '', now() + interval '1 day')"
                )
            )
            held, free = await asyncio.gather(
                client.post(PATH, json=NOTIFICATION, headers=keyed("held")),
                client.post(PATH, json=NOTIFICATION, headers=keyed("free")),
            )
            await connection.rollback()
        await other.close()

    answer: dict[str, Any] = held.json()
    assert (held.status_code, answer["title"], held.headers["Retry-After"]) == (409, "Call in progress", "1")
    assert free.status_code == 200


async def test_a_repetition_is_not_counted_as_accepted(caller: httpx2.AsyncClient) -> None:
    single = {"json": NOTIFICATION, "headers": keyed("single")}
    items = {"notifications": [NOTIFICATION | {"idempotency_key": key} for key in ("single", "new", "new")]}
    batch = {"json": items, "headers": keyed("batch")}

    for _ in range(3):
        assert (await caller.post(PATH, **single)).status_code == 200
        assert (await caller.post(f"{PATH}batch", **batch)).status_code == 200
        assert (await caller.post(f"{PATH}batch", json=items)).status_code == 200

    assert "property_alerts_notifications_accepted_total 2.0" in (await caller.get("/metrics")).text
    assert await how_many(caller) == 2


async def test_a_repetition_does_not_fill_the_backlog(migrated_sqlite_url: str) -> None:
    async with a_client(database_url=migrated_sqlite_url, max_backlog=5) as caller:
        await caller.put("/api/v1/preferences/1", json=PREFERENCES | {"sms_enabled": False})
        answers = [await caller.post(PATH, json=NOTIFICATION, headers=keyed("a")) for _ in range(8)]
        answers.append(await caller.post(PATH, json=NOTIFICATION, headers=keyed("b")))

    assert [answer.status_code for answer in answers] == [200] * 9


LOCKED: dict[str, list[tuple[str, str, dict[str, Any] | None]]] = {
    "SELECT 1 FROM notifications FOR UPDATE": [("POST", PATH + "{}/cancel", None)],
    "SELECT 1 FROM deliveries FOR UPDATE": [
        ("POST", PATH + "{}/cancel", None),
        ("PATCH", PATH + "{}", {"title": "new"}),
    ],
    "SELECT 1 FROM preferences FOR UPDATE": [
        ("POST", "/api/v1/preferences/1", PREFERENCES),
        ("POST", "/api/v1/preferences/batch", {"preferences": [{"user_id": 1} | PREFERENCES]}),
        ("PUT", "/api/v1/preferences/1", PREFERENCES),
        ("PATCH", "/api/v1/preferences/1", {"sms_enabled": False}),
        ("DELETE", "/api/v1/preferences/1", None),
    ],
    "LOCK TABLE idempotency_keys IN ACCESS EXCLUSIVE MODE": [
        ("POST", PATH, NOTIFICATION),
        ("POST", PATH + "batch", {"notifications": [NOTIFICATION]}),
    ],
}
"""A transaction of another process, and the calls that must wait for it."""


@pytest.mark.parametrize("statement", LOCKED)
async def test_a_locked_row_is_answered_503_and_never_as_a_call_in_progress(
    migrated_postgres_url: str, statement: str
) -> None:
    async with a_client(database_url=migrated_postgres_url, store_timeout=1) as client:
        await until_the_store_answers(client, "PUT", "/api/v1/preferences/1", PREFERENCES)
        id_ = (await until_the_store_answers(client, "POST", PATH, NOTIFICATION)).json()["id"]
        other = Database(migrated_postgres_url.replace("postgresql:", "postgresql+asyncpg:"), wait=PATIENCE)
        async with other.transaction() as connection:
            await connection.execute(text(statement))
            answers = [
                await client.request(method, path.format(id_), json=body, headers=keyed(f"{method} {path}"))
                for method, path, body in LOCKED[statement]
            ]
        await other.close()

    for answer in answers:
        assert (answer.status_code, "Retry-After" in answer.headers) == (503, True), answer.request.url


async def test_a_commit_that_was_not_confirmed_is_said_to_be_in_doubt_and_may_be_repeated(
    migrated_postgres_url: str,
) -> None:
    # Long enough for all that comes before the commit, and shorter than the commit.
    async with a_client(database_url=migrated_postgres_url, store_timeout=4) as client:
        await until_the_store_answers(client, "PUT", "/api/v1/preferences/1", PREFERENCES)
        other = Database(migrated_postgres_url.replace("postgresql:", "postgresql+asyncpg:"), wait=PATIENCE)
        for statement in SLOW_COMMITS:
            async with other.transaction() as connection:
                await connection.execute(text(statement))

        answers = [
            await client.post(PATH, json=NOTIFICATION, headers=keyed("n")),
            await client.put("/api/v1/preferences/2", json=PREFERENCES),
        ]
        async with other.transaction() as connection:
            await connection.execute(text("DROP FUNCTION slow CASCADE"))
        await other.close()

        async def answered() -> httpx2.Response | None:
            answer = await client.post(PATH, json=NOTIFICATION, headers=keyed("n"))
            return None if "Retry-After" in answer.headers else answer

        again = await eventually(answered)

        assert [answer.status_code for answer in answers] == [503, 503]
        for answer in answers:
            assert "may have been carried out" in answer.json()["detail"]
            assert "Idempotency-Key" in answer.json()["detail"]
            assert answer.headers["Retry-After"] == "1"
        assert again.status_code == 200
        assert await how_many(client) == 1


SLOW_COMMITS = (
    "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(6); RETURN NULL; END'",
    *(
        f"CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON {table} DEFERRABLE INITIALLY DEFERRED"
        " FOR EACH ROW EXECUTE FUNCTION slow()"
        for table in ("notifications", "preferences")
    ),
)
"""What makes PostgreSQL take its time over a commit."""
