"""Many at once: one result each, in order, and one that is wrong spoils no other."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx2

from tests.api.conftest import NOTIFICATION, PREFERENCES, a_client
from tests.api.test_idempotency import how_many, keyed
from tests.services.clock import SameDay

PATH = "/api/v1/notifications/batch"


async def post(client: httpx2.AsyncClient, items: list[Any], **headers: str) -> httpx2.Response:
    return await client.post(PATH, json={"notifications": items}, headers=headers)


async def test_each_gets_its_result_in_order(caller: httpx2.AsyncClient) -> None:
    items = [
        NOTIFICATION | {"reference": "good"},
        NOTIFICATION | {"title": ""},
        NOTIFICATION | {"user_id": 99},
        "nonsense",
        NOTIFICATION | {"reference": "good too"},
    ]

    answer = await post(caller, items)

    results = answer.json()["results"]
    assert answer.status_code == 200
    assert [result.get("status") or result["error"]["status"] for result in results] == [
        "pending",
        422,
        404,
        422,
        "pending",
    ]
    assert results[1]["error"]["detail"][0]["loc"] == ["body", "title"]
    assert "input" not in results[1]["error"]["detail"][0]
    stored = [(await caller.get(f"/api/v1/notifications/{results[n]['id']}")).json()["reference"] for n in (0, 4)]
    assert stored == ["good", "good too"]


async def test_a_thousand_are_taken_and_one_more_is_not(caller: httpx2.AsyncClient) -> None:
    items = [NOTIFICATION | {"reference": str(n)} for n in range(1_000)]

    answer = await post(caller, items)

    assert len({result["id"] for result in answer.json()["results"]}) == 1_000
    assert (await post(caller, [*items, NOTIFICATION])).status_code == 422
    assert (await post(caller, [])).status_code == 422


async def test_a_whole_batch_may_be_repeated(caller: httpx2.AsyncClient) -> None:
    items = [NOTIFICATION, NOTIFICATION | {"user_id": 99}]

    answers = [await post(caller, items, **keyed("batch")) for _ in range(2)]
    another = await post(caller, items[:1], **keyed("batch"))

    assert answers[0].content == answers[1].content
    assert answers[1].headers["Idempotency-Replayed"] == "true"
    assert another.status_code == 422
    assert await how_many(caller) == 1


async def test_racing_batches_under_one_key_are_one(caller: httpx2.AsyncClient) -> None:
    items = [NOTIFICATION | {"reference": str(n)} for n in range(10)]

    answers = await asyncio.gather(*(post(caller, items, **keyed("batch")) for _ in range(8)))

    assert len({answer.content for answer in answers}) == 1
    assert await how_many(caller) == 10


async def test_an_item_is_the_same_call_as_if_it_came_alone(caller: httpx2.AsyncClient) -> None:
    alone = await caller.post("/api/v1/notifications/", json=NOTIFICATION, headers=keyed("item"))
    item = NOTIFICATION | {"idempotency_key": "item"}

    results = (await post(caller, [item, item, item | {"title": "another"}])).json()["results"]

    assert [result.get("id") for result in results] == [alone.json()["id"], alone.json()["id"], None]
    assert results[2]["error"]["detail"][0]["loc"] == ["header", "Idempotency-Key"]
    assert await how_many(caller) == 1


async def test_a_key_twice_in_one_batch_is_one_notification(caller: httpx2.AsyncClient) -> None:
    item = NOTIFICATION | {"idempotency_key": "twice"}

    results = (await post(caller, [item, item])).json()["results"]

    assert results[0] == results[1]
    assert await how_many(caller) == 1


async def test_a_batch_may_be_larger_than_a_single_one_but_not_without_end(lite: httpx2.AsyncClient) -> None:
    large = NOTIFICATION | {"message": "x" * 20_000}

    assert (await post(lite, [large] * 100)).status_code == 200
    refused = await post(lite, [large] * 250)

    assert (refused.status_code, "4096 kB" in refused.json()["detail"]) == (413, True)


async def test_too_much_waiting_is_answered_503_and_urgent_ones_are_taken(store_url: str) -> None:
    async with a_client(database_url=store_url, max_backlog=3) as client:
        await client.put("/api/v1/preferences/1", json=PREFERENCES)
        first = await post(client, [NOTIFICATION] * 3)
        refused = [await client.post("/api/v1/notifications/", json=NOTIFICATION), await post(client, [NOTIFICATION])]
        urgent = await client.post("/api/v1/notifications/", json=NOTIFICATION | {"urgent": True})

    assert (first.status_code, urgent.status_code) == (200, 200)
    assert [(answer.status_code, answer.headers["Retry-After"]) for answer in refused] == [(503, "5")] * 2


async def test_a_full_backlog_still_accepts_repeated_calls_and_later_notifications(
    store_url: str,
) -> None:
    async with a_client(database_url=store_url, max_backlog=3) as client:
        await client.put("/api/v1/preferences/1", json=PREFERENCES)
        full = await post(client, [NOTIFICATION | {"idempotency_key": "item"}] * 2, **keyed("batch"))
        first = await client.post("/api/v1/notifications/", json=NOTIFICATION, headers=keyed("one"))
        again = [
            await client.post("/api/v1/notifications/", json=NOTIFICATION, headers=keyed("one")),
            await client.post("/api/v1/notifications/", json=NOTIFICATION, headers=keyed("item")),
            await post(client, [NOTIFICATION | {"idempotency_key": "item"}] * 2, **keyed("batch")),
            await post(client, [NOTIFICATION | {"idempotency_key": name} for name in ("item", "one")]),
        ]
        in_hours, soon = [(SameDay().now() + timedelta(minutes=m)).isoformat() for m in (60, 5)]
        later = [
            await client.post("/api/v1/notifications/", json=NOTIFICATION | {"send_at": in_hours}),
            await post(client, [NOTIFICATION | {"send_at": in_hours}], **keyed("later")),
        ]
        refused = [
            await client.post("/api/v1/notifications/", json=NOTIFICATION, headers=keyed("new")),
            await client.post("/api/v1/notifications/", json=NOTIFICATION | {"send_at": soon}),
            await post(client, [NOTIFICATION | {"idempotency_key": name} for name in ("item", "new")]),
            await post(client, [NOTIFICATION | {"send_at": in_hours}, NOTIFICATION], **keyed("new")),
            # Nothing of this call is kept, although the first could be.
            await post(client, [NOTIFICATION | {"send_at": in_hours}, NOTIFICATION | {"idempotency_key": "new"}]),
        ]
        kept = (await client.get("/api/v1/notifications/")).json()["items"]

    assert [answer.status_code for answer in (full, first, *again, *later)] == [200] * 8
    assert again[0].content == first.content
    assert again[2].content == full.content
    assert [one["id"] for one in again[3].json()["results"]] == [again[1].json()["id"], first.json()["id"]]
    assert [answer.status_code for answer in refused] == [503] * 5
    assert len(kept) == 4


async def test_in_a_burst_each_process_takes_no_more_than_the_limit_and_its_last_call(migrated_sqlite_url: str) -> None:
    shared = {"database_url": migrated_sqlite_url, "max_backlog": 20}
    async with a_client(**shared) as one, a_client(**shared) as other:
        await one.put("/api/v1/preferences/1", json=PREFERENCES)

        answers = await asyncio.gather(
            *(caller.post("/api/v1/notifications/", json=NOTIFICATION) for _ in range(60) for caller in (one, other))
        )

    # Each notification is two deliveries.
    accepted = 2 * [answer.status_code for answer in answers].count(200)
    assert 20 <= accepted <= 2 * (20 + 1)
    assert {answer.status_code for answer in answers} == {200, 503}


async def test_preferences_of_many_users_are_created_at_once(client: httpx2.AsyncClient) -> None:
    await client.post("/api/v1/preferences/2", json=PREFERENCES)
    body = {
        "preferences": [
            {"user_id": user, "email_enabled": True, "sms_enabled": wants_sms}
            for user, wants_sms in ((1, True), (2, False), (3, False), (1, False))
        ]
    }

    answers = [await client.post("/api/v1/preferences/batch", json=body, headers=keyed("p")) for _ in range(2)]

    results = answers[0].json()["results"]
    assert [result.get("status") or result["error"]["status"] for result in results] == ["created", 400, "created", 400]
    assert answers[0].content == answers[1].content
    assert (await client.get("/api/v1/preferences/1")).json() == {"email_enabled": True, "sms_enabled": True}
    assert (await client.get("/api/v1/preferences/3")).json() == {"email_enabled": True, "sms_enabled": False}


async def test_default_preferences_apply_to_users_who_never_had_preferences(store_url: str) -> None:
    async with a_client(database_url=store_url, default_preferences="email") as client:
        accepted = await client.post("/api/v1/notifications/", json=NOTIFICATION)
        await client.put("/api/v1/preferences/1", json=PREFERENCES)
        await client.delete("/api/v1/preferences/1")
        withdrawn = await client.post("/api/v1/notifications/", json=NOTIFICATION)
        detail = (await client.get(f"/api/v1/notifications/{accepted.json()['id']}")).json()

        assert (await client.get("/api/v1/preferences/1")).status_code == 404
        assert (await client.patch("/api/v1/preferences/1", json={"sms_enabled": True})).status_code == 404
        assert (await client.delete("/api/v1/preferences/1")).status_code == 404
        assert (await client.post("/api/v1/preferences/1", json=PREFERENCES)).status_code == 201

    assert (accepted.status_code, withdrawn.status_code) == (200, 404)
    assert {one["channel"]: one["state"] for one in detail["deliveries"]} == {"email": "queued", "sms": "suppressed"}


async def test_true_is_no_user(lite: httpx2.AsyncClient) -> None:
    body = {"preferences": [{"user_id": True, "email_enabled": True, "sms_enabled": True}]}

    answer = await lite.post("/api/v1/preferences/batch", json=body)

    assert (answer.status_code, answer.json()["detail"][0]["loc"]) == (422, ["body", "preferences", 0, "user_id"])
