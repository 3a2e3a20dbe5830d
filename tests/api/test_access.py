"""Every call needs a key that allows it, outside local; rates, and the audit record."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from sqlalchemy import delete, select

from property_alert_notification.api.access.rates import Rate
from property_alert_notification.api.access.service import KeyService
from property_alert_notification.api.idempotency.models import IdempotencyKey
from property_alert_notification.base.settings import Settings
from property_alert_notification.base.vocabulary import Scope
from property_alert_notification.database import Database, table_of
from property_alert_notification.deliveries.models import Delivery
from property_alert_notification.notifications.models import Notification
from tests.api.conftest import NOTIFICATION, PREFERENCES, a_client, a_guarded_client
from tests.api.document import DOCUMENT
from tests.services.clock import SameDay

PARAMETERS = {
    "listing_key": "6414100192",
    "key": "01900000-0000-7000-8000-000000000006",
    "user_id": "1",
    "notification_id": "01900000-0000-7000-8000-000000000000",
    "delivery_id": "01900000-0000-7000-8000-000000000001",
    "schedule_id": "01900000-0000-7000-8000-000000000002",
    "suppression_id": "01900000-0000-7000-8000-000000000003",
    "reply_id": "01900000-0000-7000-8000-000000000004",
    "webhook_id": "01900000-0000-7000-8000-000000000005",
    "name": "email",
    "property_id": "01900000-0000-7000-8000-000000000007",
}
PATH = "/api/v1/notifications"
FOR_ADMINISTRATORS = {"audit", "pauses", "properties", "quarantine"}
SLICE_OF = {
    "schedules": "notifications",
    "suppressions": "users",
    "replies": "users",
    "listing-events": "listings",
    "reso": "listings",
}
"""Whose scopes a part of the API has that has none of its own."""
_KIND = {"GET": "read"}
OPEN_TO_ALL = ["/", "/docs", "/openapi.json", "/health/live", "/health/ready", "/metrics"]


def _operations() -> Iterator[tuple[str, str, Scope]]:
    """Method, path and scope of every operation, read off the document that callers read."""
    for path, operations in DOCUMENT["paths"].items():
        if path.startswith("/api/v1"):
            for method, operation in operations.items():
                (scope,) = operation["x-scopes"]
                yield method.upper(), path.format(**PARAMETERS), Scope(scope)


OPERATIONS = list(_operations())


async def test_every_operation_wants_a_key_and_its_own_scope(migrated_sqlite_url: str) -> None:
    async with a_guarded_client(migrated_sqlite_url) as unkeyed, _key_service(migrated_sqlite_url) as key_service:
        keys = await _a_key_per_scope(migrated_sqlite_url)
        others = {one: await key_service.create(f"not-{one.replace(':', '-')}", set(Scope) - {one}) for one in Scope}
        for method, path, scope in OPERATIONS:
            without = await unkeyed.request(method, path, json={}, headers={"Authorization": ""})
            with_all_others = await unkeyed.request(method, path, json={}, headers=_bearer(others[scope]))
            with_it = await unkeyed.request(method, path, json={}, headers=_bearer(keys[scope]))

            assert without.status_code == 401, (method, path)
            assert without.headers["WWW-Authenticate"] == "Bearer"
            assert (with_all_others.status_code, scope in with_all_others.text) == (403, True), (method, path)
            assert with_it.status_code not in (401, 403), (method, path)


def test_the_document_names_the_scheme_and_no_scope_is_without_an_operation() -> None:
    scheme = DOCUMENT["components"]["securitySchemes"]["apiKey"]
    assert (scheme["type"], scheme["scheme"]) == ("http", "bearer")
    assert {scope for _, _, scope in OPERATIONS} == set(Scope) - {Scope.NOTIFICATIONS_URGENT}
    for path, operations in DOCUMENT["paths"].items():
        if path.startswith("/api/v1"):
            assert all({"401", "403", "429"} <= set(operation["responses"]) for operation in operations.values())


def test_reading_wants_a_scope_for_reading_and_changing_one_for_writing() -> None:
    of_searches = ("/saved-searches", "/users/1/listings", "/approvals")
    for method, path, scope in OPERATIONS:
        part, kind = path.split("/")[3], _KIND.get(method, "write")
        part = "searches" if any(one in path for one in of_searches) else part
        expected = "admin" if part in FOR_ADMINISTRATORS else f"{SLICE_OF.get(part, part)}:{kind}"
        if part == "categories":  # whoever reads preferences meets their names; administrators define them
            expected = "preferences:read" if kind == "read" else "admin"

        assert scope == expected, (method, path)


async def test_a_notification_of_a_test_key_is_a_test(store_url: str) -> None:
    async with a_guarded_client(store_url, Scope.PREFERENCES_WRITE) as client, _key_service(store_url) as key_service:
        await client.put("/api/v1/preferences/1", json=PREFERENCES)
        answers = {}
        for test in (True, False):
            key = await key_service.create("crm", [Scope.NOTIFICATIONS_WRITE], test=test)
            body = NOTIFICATION | {"user_email": "ada@example.com", "user_phone_number": "+14155552671"}
            answers[test] = (await client.post("/api/v1/notifications/", json=body, headers=_bearer(key))).json()["id"]
        deliveries = table_of(Delivery)
        async with key_service.database.reading() as connection:
            stored = (await connection.execute(select(deliveries.c.notification_id, deliveries.c.test))).all()

    assert sorted((str(notification), test) for notification, test in stored) == sorted(
        (notification, test) for test, notification in answers.items() for _ in range(2)
    )


async def test_paths_that_the_document_leaves_out_want_a_key_too(migrated_sqlite_url: str) -> None:
    async with a_guarded_client(migrated_sqlite_url) as unkeyed:
        for method, path in ((method, path) for method, path, _ in OPERATIONS):
            other = path.removesuffix("/") if path.endswith("/") else f"{path}/"
            answer = await unkeyed.request(method, other, json={}, headers={"Authorization": ""})

            assert answer.status_code == 401, (method, other)


@pytest.mark.parametrize("path", OPEN_TO_ALL)
async def test_calls_without_personal_data_need_no_key(migrated_sqlite_url: str, path: str) -> None:
    async with a_guarded_client(migrated_sqlite_url) as unkeyed:
        answer = await unkeyed.get(path, headers={"Authorization": ""})

    assert answer.status_code == 200


async def test_a_401_has_the_command_that_creates_a_key_or_reports_an_invalid_key(store_url: str) -> None:
    async with a_guarded_client(store_url) as client:
        without = await client.get("/api/v1/preferences/1", headers={"Authorization": ""})
        wrong = await client.get("/api/v1/preferences/1", headers=_bearer("pa_live_made_up"))

    assert "property-alerts keys create --name crm --scope notifications:write" in without.json()["detail"]
    assert wrong.json()["detail"] == "This API key is unknown, has expired or was revoked."
    assert {answer.headers["content-type"] for answer in (without, wrong)} == {"application/problem+json"}


async def test_a_local_service_needs_no_key_and_honours_one(migrated_sqlite_url: str) -> None:
    async with a_client(database_url=migrated_sqlite_url) as client:
        keys = await _a_key_per_scope(migrated_sqlite_url)
        answers = [
            await client.get("/api/v1/audit"),
            await client.get("/api/v1/audit", headers=_bearer(keys[Scope.ADMIN])),
            await client.get("/api/v1/audit", headers=_bearer(keys[Scope.NOTIFICATIONS_READ])),
            await client.get("/api/v1/audit", headers=_bearer("made-up")),
        ]

    assert [answer.status_code for answer in answers] == [200, 200, 403, 401]


async def test_a_rate_is_shown_and_kept(store_url: str) -> None:
    async with a_guarded_client(store_url) as client, _key_service(store_url) as key_service:
        key = await key_service.create("crm", [Scope.PREFERENCES_READ, Scope.PREFERENCES_WRITE], rate=Rate(3, 86_400))
        await key_service.create("patient", [Scope.PREFERENCES_READ])
        preferences = {"email_enabled": True, "sms_enabled": True}
        put = await client.put("/api/v1/preferences/1", json=preferences, headers=_bearer(key))
        read = await client.get("/api/v1/preferences/1", headers=_bearer(key))
        deleted = await client.delete("/api/v1/preferences/1", headers=_bearer(key))
        refused = await client.get("/api/v1/preferences/1", headers=_bearer(key))

    described = [
        (answer.status_code, answer.headers["RateLimit-Remaining"]) for answer in (put, read, deleted, refused)
    ]
    assert described == [(200, "2"), (200, "1"), (204, "0"), (429, "0")]
    assert {answer.headers["RateLimit-Limit"] for answer in (put, read, deleted, refused)} == {"3"}
    assert int(refused.headers["Retry-After"]) == int(refused.headers["RateLimit-Reset"]) > 0
    assert (refused.json()["title"], "3/day" in refused.json()["detail"]) == ("Too many requests", True)


@pytest.mark.parametrize(
    ("path", "created"),
    [
        (PATH + "/", NOTIFICATION | {"user_phone_number": None, "send_at": "2035-01-01T00:00:00Z"}),
        (
            "/api/v1/schedules",
            NOTIFICATION
            | {
                "user_phone_number": None,
                "rrule": "FREQ=DAILY",
                "start": "2035-01-01T00:00",
                "time_zone": "America/New_York",
            },
        ),
    ],
)
async def test_every_answer_about_what_was_created_shows_the_rate(
    store_url: str, path: str, created: dict[str, Any]
) -> None:
    scopes = [Scope.NOTIFICATIONS_READ, Scope.NOTIFICATIONS_WRITE]
    async with (
        a_guarded_client(store_url, Scope.PREFERENCES_WRITE) as client,
        _key_service(store_url) as key_service,
    ):
        await client.put("/api/v1/preferences/1", json=PREFERENCES)
        headers = _bearer(await key_service.create("crm", scopes, rate=Rate(10, 86_400)))
        answers = [await client.post(path, json=created, headers=headers)]
        assert answers[0].is_success, answers[0].text
        one = f"{path.rstrip('/')}/{answers[0].json()['id']}"
        answers.append(await client.get(path.rstrip("/"), headers=headers))
        answers.append(await client.get(one, headers=headers))
        answers.append(await client.patch(one, json={"title": "another"}, headers=headers))

    assert all(answer.is_success for answer in answers), [answer.text for answer in answers]
    assert [answer.headers.get("RateLimit-Remaining") for answer in answers] == ["9", "8", "7", "6"]


async def test_an_answer_in_pieces_shows_the_rate(store_url: str) -> None:
    async with a_guarded_client(store_url, Scope.ADMIN) as client, _key_service(store_url) as key_service:
        headers = _bearer(await key_service.create("crm", [Scope.USERS_READ], rate=Rate(10, 86_400)))
        answer = await client.get("/api/v1/suppressions/export", headers=headers)

    assert (answer.status_code, answer.headers.get("RateLimit-Remaining")) == (200, "9")


@pytest.mark.parametrize("path", ["notifications", "preferences"])
async def test_a_batch_costs_its_items(store_url: str, path: str) -> None:
    scopes = [Scope.PREFERENCES_WRITE, Scope.NOTIFICATIONS_WRITE]
    async with a_guarded_client(store_url, *scopes) as client, _key_service(store_url) as key_service:
        key = _bearer(await key_service.create("crm", scopes, rate=Rate(5, 86_400)))
        notification = NOTIFICATION | {"user_email": "ada@example.com", "user_phone_number": None}

        async def submit(count: int) -> httpx2.Response:
            items = [
                PREFERENCES | {"user_id": number} if path == "preferences" else notification for number in range(count)
            ]
            return await client.post(f"/api/v1/{path}/batch", json={path: items}, headers=key)

        at_once, taken, left, refused = [await submit(count) for count in (6, 3, 1, 1)]
        # The first call was let in, and counted, before it was known how many items it brought.

    assert (at_once.status_code, at_once.json()["detail"][0]["loc"]) == (422, ["body", path])
    assert (taken.status_code, taken.headers["RateLimit-Remaining"]) == (200, "1")
    assert (left.status_code, left.headers["RateLimit-Remaining"]) == (200, "0")
    assert refused.status_code == 429


async def test_the_record_of_changes_is_read_page_by_page(store_url: str) -> None:
    async with a_guarded_client(store_url, Scope.ADMIN) as client, _key_service(store_url) as key_service:
        for name in ("a", "b", "c"):
            await key_service.create(name, [Scope.ADMIN], lifetime=timedelta(days=1))
        await key_service.revoke_all("b")

        pages: list[dict[str, Any]] = [(await client.get("/api/v1/audit?limit=2")).json()]
        await key_service.create("d", [Scope.ADMIN])
        while pages[-1]["next"]:
            pages.append((await client.get(f"/api/v1/audit?limit=2&before={pages[-1]['next']}")).json())
        wrong = [(await client.get(f"/api/v1/audit?{query}")).status_code for query in ("limit=0", "limit=101")]

    items = [item for page in pages for item in page["items"]]
    assert [(one["actor"], one["action"], one["subject"]) for one in items] == [
        ("cli:ada", "key.revoked", "b"),
        ("cli:ada", "key.created", "c"),
        ("cli:ada", "key.created", "b"),
        ("cli:ada", "key.created", "a"),
        ("test", "key.created", "caller"),
    ]
    assert items[1]["details"]["scopes"] == ["admin"]
    assert wrong == [422, 422]


async def test_urgent_wants_a_scope_of_its_own(store_url: str) -> None:
    async with a_guarded_client(store_url, Scope.PREFERENCES_WRITE) as client, _key_service(store_url) as key_service:
        await client.put("/api/v1/preferences/1", json=PREFERENCES)
        body = NOTIFICATION | {"user_email": "ada@example.com", "user_phone_number": "+14155552671"}
        urgent = body | {"urgent": True}
        without = _bearer(await key_service.create("crm", [Scope.NOTIFICATIONS_WRITE]))
        with_it = _bearer(await key_service.create("news", [Scope.NOTIFICATIONS_WRITE, Scope.NOTIFICATIONS_URGENT]))

        refused = await client.post("/api/v1/notifications/", json=urgent, headers=without)
        batch = {"notifications": [body, urgent]}
        partly = await client.post("/api/v1/notifications/batch", json=batch, headers=without)
        taken = await client.post("/api/v1/notifications/", json=urgent, headers=with_it)

    assert (refused.status_code, "notifications:urgent" in refused.json()["detail"]) == (403, True)
    assert [one.get("error", {}).get("status") for one in partly.json()["results"]] == [None, 403]
    assert taken.status_code == 200


async def test_a_key_that_may_only_write_is_shown_no_content_and_no_address(store_url: str) -> None:
    async with a_guarded_client(store_url, Scope.PREFERENCES_WRITE) as client, _key_service(store_url) as key_service:
        await client.put("/api/v1/preferences/1", json=PREFERENCES)
        writer = _bearer(await key_service.create("crm", [Scope.NOTIFICATIONS_WRITE]))
        reader = _bearer(await key_service.create("crm", [Scope.NOTIFICATIONS_WRITE, Scope.NOTIFICATIONS_READ]))
        body = NOTIFICATION | {"user_email": "ada@example.com", "user_phone_number": "+14155552671"}
        path = f"{PATH}/{(await client.post(PATH, json=body, headers=writer)).json()['id']}"
        key = {"Idempotency-Key": "take-back"}
        changed = await client.patch(path, json={"title": "changed"}, headers=writer)
        cancelled = await client.post(f"{path}/cancel", headers=writer | key)
        repeated = await client.post(f"{path}/cancel", headers=writer | key)
        again = await client.post(f"{path}/cancel", headers=reader | key)

    for answer in (changed, cancelled, repeated):
        assert answer.status_code == 200
        assert not any(text in answer.text for text in ("ada@", "5552671", 'changed"', "message", "title"))
    assert cancelled.json() == repeated.json()
    assert (again.headers["Idempotency-Replayed"], again.json()["title"]) == ("true", "changed")
    assert "ada@example.com" in again.text


async def test_a_change_and_a_cancel_by_another_caller_name_it(store_url: str) -> None:
    async with a_guarded_client(store_url, Scope.PREFERENCES_WRITE) as client, _key_service(store_url) as key_service:
        await client.put("/api/v1/preferences/1", json=PREFERENCES)
        body = NOTIFICATION | {"user_email": "ada@example.com", "user_phone_number": None}
        crm, ops = [await key_service.create(name, set(Scope)) for name in ("crm", "ops")]
        id_ = (await client.post(PATH, json=body, headers=_bearer(crm))).json()["id"]

        for _ in range(2):  # the second time nothing is changed
            await client.patch(f"{PATH}/{id_}", json={"title": "a", "message": "b"}, headers=_bearer(ops))
        await client.patch(f"{PATH}/{id_}", json={"send_at": "2199-01-01T00:00:00Z"}, headers=_bearer(crm))
        await client.patch(f"{PATH}/{id_}", json={"send_at": None}, headers=_bearer(crm))
        detail = (await client.post(f"{PATH}/{id_}/cancel", headers=_bearer(ops))).json()

    described = [one["what"] for one in detail["timeline"]]
    assert described.count(f"changed by ops (live key {ops[:16]}): title, message") == 1
    assert described.count(f"changed by its caller, crm (live key {crm[:16]}): send_at") == 2
    assert described[-1] == f"cancelled by ops (live key {ops[:16]})"
    assert detail["deliveries"][0]["reason"] == f"ops (live key {ops[:16]}) cancelled it"


async def test_no_answer_is_kept_with_content_or_address(store_url: str) -> None:
    """A key lives longer than a notification may; so does what is kept under it."""
    async with a_guarded_client(store_url, *Scope) as client, _key_service(store_url) as key_service:
        mark = {"title": "MARK", "message": "MARK", "user_email": "MARK@example.com", "user_phone_number": None}
        key = iter({"Idempotency-Key": f"key-{number}"} for number in range(100))
        await client.post("/api/v1/preferences/1", json=PREFERENCES, headers=next(key))
        await client.post(
            "/api/v1/preferences/batch", json={"preferences": [{"user_id": 2, **PREFERENCES}]}, headers=next(key)
        )
        one = NOTIFICATION | mark
        ids = [(await client.post(PATH, json=one, headers=next(key))).json()["id"]]
        items = [one, one | {"MARK": 1}, one | {"channels": ["MARK"]}, one | {"user_email": "MARK"}]
        batch = await client.post(f"{PATH}/batch", json={"notifications": items}, headers=next(key))
        ids.append(batch.json()["results"][0]["id"])
        taken_back = {"Idempotency-Key": "taken-back"}
        first = await client.post(f"{PATH}/{ids[0]}/cancel", headers=taken_back)
        replayed = await client.post(f"{PATH}/{ids[0]}/cancel", headers=taken_back)
        async with key_service.database.transaction() as connection:
            kept = (await connection.execute(select(table_of(IdempotencyKey).c.answer))).scalars().all()
            await connection.execute(delete(table_of(Notification)))
        after = await client.post(f"{PATH}/{ids[0]}/cancel", headers=taken_back)

    assert len(kept) == 5
    assert not any("MARK" in answer for answer in kept)
    assert "MARK@example.com" in first.text
    assert replayed.json() == first.json()
    assert (after.status_code, "MARK" in after.text) == (200, False)
    assert after.json()["cancelled_at"] == first.json()["cancelled_at"]


async def _a_key_per_scope(store_url: str) -> dict[Scope, str]:
    async with _key_service(store_url) as key_service:
        return {scope: await key_service.create(scope.replace(":", "-"), [scope]) for scope in Scope}


@asynccontextmanager
async def _key_service(store_url: str) -> AsyncIterator[KeyService]:
    database = Database(Settings(database_url=store_url).database_url, wait=30)
    yield KeyService(database, SameDay(), actor="cli:ada")
    await database.close()


def _bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}
