"""The notifications API: what is taken, what is refused, and in which words."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import httpx2
import pytest

from property_alert_notification.base.vocabulary import Scope
from tests.api.conftest import NOTIFICATION, PREFERENCES, a_guarded_client


@pytest.fixture
async def caller(client: httpx2.AsyncClient) -> httpx2.AsyncClient:
    """A caller whose user 1 wants everything."""
    await client.put("/api/v1/preferences/1", json=PREFERENCES)
    return client


async def test_a_notification_is_echoed_with_its_id_and_status(caller: httpx2.AsyncClient) -> None:
    answer = await caller.post("/api/v1/notifications/", json=NOTIFICATION)

    assert answer.status_code == 200
    body = answer.json()
    notification_id, status = body.pop("id"), body.pop("status")
    assert (body, status) == (NOTIFICATION, "pending")
    detail = (await caller.get(f"/api/v1/notifications/{notification_id}")).json()
    assert [(one["channel"], one["address"], one["state"]) for one in detail["deliveries"]] == [
        ("email", "user@test.com", "queued"),
        ("sms", "1231233", "queued"),
    ]
    assert detail["deliveries"][0]["reason"] == "the user wants email"


async def test_the_echo_is_what_was_sent_and_the_store_holds_what_was_normalised(caller: httpx2.AsyncClient) -> None:
    sent = NOTIFICATION | {"user_email": "User@TEST.com", "user_phone_number": "+1 415 555 2671", "reference": "r-1"}

    echo = (await caller.post("/api/v1/notifications/", json=sent)).json()

    assert {name: echo[name] for name in sent} == sent
    detail = (await caller.get(f"/api/v1/notifications/{echo['id']}")).json()
    assert [one["address"] for one in detail["deliveries"]] == ["User@test.com", "+14155552671"]


async def test_a_channel_without_an_address_is_listed_and_has_no_delivery(caller: httpx2.AsyncClient) -> None:
    id_ = (await caller.post("/api/v1/notifications/", json=NOTIFICATION | {"user_phone_number": None})).json()["id"]
    later = await caller.post(
        "/api/v1/notifications/", json=NOTIFICATION | {"user_email": None, "send_at": "2199-01-01T00:00:00Z"}
    )

    detail = (await caller.get(f"/api/v1/notifications/{id_}")).json()
    waiting = (await caller.get(f"/api/v1/notifications/{later.json()['id']}")).json()

    assert [one["channel"] for one in detail["deliveries"]] == ["email"]
    assert (detail["without_address"], waiting["without_address"]) == (["sms"], ["email"])
    assert "sms: not used, the caller gave no address for it" in [one["what"] for one in detail["timeline"]]
    assert "email: not used, the caller gave no address for it" in [one["what"] for one in waiting["timeline"]]


PAST, SOON, LATER = "2020-01-01T00:00:00Z", "2198-01-01T00:00:00Z", "2199-01-01T00:00:00Z"


async def test_a_time_in_the_past_means_at_once(caller: httpx2.AsyncClient) -> None:
    answer = await caller.post("/api/v1/notifications/", json=NOTIFICATION | {"send_at": PAST, "expires_at": LATER})

    assert (answer.status_code, answer.json()["status"], answer.json()["send_at"]) == (200, "pending", PAST)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"expires_at": PAST}, "expires_at"),
        ({"send_at": PAST, "expires_at": PAST}, "expires_at"),
        ({"send_at": LATER, "expires_at": SOON}, "expires_at"),
        ({"send_at": LATER, "expires_at": LATER}, "expires_at"),
        ({"user_email": None, "user_phone_number": None}, "user_email"),
        ({"user_phone_number": None, "channels": ["sms"]}, "user_phone_number"),
        ({"user_email": None, "channels": ["email"]}, "user_email"),
        ({"user_phone_number": "+1 415 CALL NOW"}, "user_phone_number"),
        ({"user_phone_number": "+14155552671 ext 9"}, "user_phone_number"),
        ({"user_email": "x" * 65 + "@example.com"}, "user_email"),
    ],
)
@pytest.mark.parametrize("key", [{}, {"Idempotency-Key": "k"}])
async def test_a_notification_that_could_only_fail_is_refused_alone_and_in_a_batch(
    lite: httpx2.AsyncClient, fields: dict[str, Any], field: str, key: dict[str, str]
) -> None:
    alone = await lite.post("/api/v1/notifications/", json=NOTIFICATION | fields, headers=key)
    batch = await lite.post(
        "/api/v1/notifications/batch", json={"notifications": [NOTIFICATION | fields, NOTIFICATION]}, headers=key
    )

    assert alone.status_code == 422
    assert [problem["loc"] for problem in alone.json()["detail"]] == [["body", field]]
    refused, accepted = batch.json()["results"]
    assert refused["error"] == alone.json()
    assert accepted["status"] == "pending"


async def test_a_user_without_preferences_is_not_found(client: httpx2.AsyncClient) -> None:
    answer = await client.post("/api/v1/notifications/", json=NOTIFICATION)

    assert answer.status_code == 404
    assert answer.json() == {
        "type": "about:blank",
        "title": "Not found",
        "status": 404,
        "detail": "Preferences not found for user",
        "hint": answer.json()["hint"],
    }
    assert "PUT /api/v1/preferences/1" in answer.json()["hint"]
    assert answer.headers["content-type"] == "application/problem+json"


async def test_an_unknown_notification_is_not_found(client: httpx2.AsyncClient) -> None:
    answer = await client.get(f"/api/v1/notifications/{uuid4()}")

    assert (answer.status_code, answer.json()["detail"]) == (404, "Notification not found")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", ""),
        ("title", "x" * 256),
        ("title", "two\nlines"),
        ("title", "nul\x00"),
        ("message", ""),
        ("message", "x" * 20_001),
        ("message", "\x1b[31m"),
        ("user_id", -1),
        ("user_id", 2**63),
        ("user_id", "one"),
        ("user_id", None),
        ("user_email", "a@b.com\r\nBcc: c@d.com"),
        ("user_email", "x" * 321),
        ("user_email", 7),
        ("user_phone_number", "1" * 33),
        ("category", "Not A Slug"),
        ("reference", "x" * 256),
        ("expires_at", "2026-01-01T00:00:00"),
        ("expires_at", "tomorrow"),
        ("expires_at", "9999-12-31T23:59:59-14:00"),
        ("expires_at", "9999-12-31T23:59:59.999999Z"),
        ("send_at", "0001-01-01T00:00:00Z"),
        ("expires_at", "0001-01-01T00:00:00+14:00"),
        ("channels", []),
        ("channels", ["pigeon"]),
        ("email_enabled", 1),
    ],
)
async def test_a_wrong_field_is_named_and_its_value_is_not_repeated(
    lite: httpx2.AsyncClient, field: str, value: Any
) -> None:
    answer = await lite.post("/api/v1/notifications/", json=NOTIFICATION | {field: value})

    assert answer.status_code == 422
    (problem,) = answer.json()["detail"]
    assert problem["loc"][:2] == ["body", field]
    assert problem.keys() <= {"type", "loc", "msg"}


@pytest.mark.parametrize("field", NOTIFICATION)
async def test_a_missing_field_is_named(lite: httpx2.AsyncClient, field: str) -> None:
    body = {name: value for name, value in NOTIFICATION.items() if name != field}

    answer = await lite.post("/api/v1/notifications/", json=body)

    assert answer.status_code == 422
    assert [(one["type"], one["loc"]) for one in answer.json()["detail"]] == [("missing", ["body", field])]


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"null", b'"text"', b'{"title": "\\ud800"}', b'{"user_id": NaN}'],
)
async def test_a_body_that_is_no_notification_is_answered_422(lite: httpx2.AsyncClient, content: bytes) -> None:
    answer = await lite.post("/api/v1/notifications/", content=content, headers={"Content-Type": "application/json"})

    assert answer.status_code == 422


async def test_a_body_that_is_no_utf_8_is_answered_400(lite: httpx2.AsyncClient) -> None:
    headers = {"Content-Type": "application/json"}

    answer = await lite.post("/api/v1/notifications/", content=b"\x80\x81", headers=headers)

    assert answer.status_code == 400


@pytest.mark.parametrize("kind", ["text/plain", "multipart/form-data", "application/x-www-form-urlencoded"])
@pytest.mark.parametrize("path", ["/api/v1/notifications/", "/api/v1/preferences/2"])
async def test_bytes_that_are_no_text_are_answered_415(lite: httpx2.AsyncClient, path: str, kind: str) -> None:
    answer = await lite.post(path, content=b"\x80\x81\x82", headers={"Content-Type": kind})

    assert answer.status_code == 415


async def test_a_body_that_is_nested_too_deep_is_refused(lite: httpx2.AsyncClient) -> None:
    deep = {"content": b"[" * 100_000, "headers": {"Content-Type": "application/json"}}

    answer = await lite.post("/api/v1/notifications/", **deep)

    assert answer.status_code == 400


async def test_a_lone_surrogate_is_refused(lite: httpx2.AsyncClient) -> None:
    body = b'{"title":"x","message":"\\ud800","user_id":1,"user_email":"user@test.com","user_phone_number":"1231233"}'

    answer = await lite.post("/api/v1/notifications/", content=body, headers={"Content-Type": "application/json"})

    assert (answer.status_code, answer.json()["detail"][0]["loc"]) == (422, ["body", "message"])


async def test_a_body_over_the_limit_is_answered_413(lite: httpx2.AsyncClient) -> None:
    async def in_pieces() -> AsyncIterator[bytes]:
        for _ in range(30):
            yield b"x" * 10_000

    declared = await lite.post("/api/v1/notifications/", json=NOTIFICATION | {"message": "x" * 300_000})
    streamed = await lite.post("/api/v1/notifications/", content=in_pieces())

    for answer in (declared, streamed):
        assert (answer.status_code, answer.json()["status"]) == (413, 413)
        assert answer.headers["X-Request-ID"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/api/v1/notifications", 200),
        ("POST", "/api/v1/notifications/", 200),
        ("GET", "/api/v1/preferences/1", 200),
        ("GET", "/api/v1/preferences/1/", 200),
    ],
)
async def test_paths_answer_with_and_without_the_trailing_slash(
    lite: httpx2.AsyncClient, method: str, path: str, status: int
) -> None:
    answer = await lite.request(method, path, json=NOTIFICATION if method == "POST" else None)

    assert answer.status_code == status


async def test_outside_local_impossible_addresses_name_their_field(store_url: str) -> None:
    scopes = (Scope.NOTIFICATIONS_WRITE, Scope.PREFERENCES_WRITE)
    async with a_guarded_client(store_url, *scopes, environment="staging") as staging:
        await staging.put("/api/v1/preferences/1", json=PREFERENCES)
        answers = {
            field: await staging.post("/api/v1/notifications/", json=_possible() | {field: value})
            for field, value in (("user_email", "nobody"), ("user_phone_number", "1231233"))
        }
        possible = await staging.post("/api/v1/notifications/", json=_possible())

    assert possible.status_code == 200
    for field, answer in answers.items():
        assert answer.status_code == 422
        (problem,) = answer.json()["detail"]
        assert problem["loc"] == ["body", field]
        assert "nobody" not in answer.text
        assert "1231233" not in answer.text


def _possible() -> dict[str, Any]:
    return NOTIFICATION | {"user_email": "ada@example.com", "user_phone_number": "+14155552671"}


@pytest.mark.parametrize("addresses", [{}, {"email": "ada@example.com"}, {"pigeon": "roof-7"}, None])
async def test_addresses_that_no_channel_needs_are_refused(
    lite: httpx2.AsyncClient, addresses: dict[str, str] | None
) -> None:
    answer = await lite.post("/api/v1/notifications/", json=NOTIFICATION | {"addresses": addresses})

    assert answer.status_code == 422
    assert {tuple(one["loc"][:2]) for one in answer.json()["detail"]} == {("body", "addresses")}
