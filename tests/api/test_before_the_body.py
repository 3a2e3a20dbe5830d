"""The key is asked for before anything of a body is read; what is in no order at all is refused before that."""

import asyncio
import gzip
import json
from typing import Any

import httpx2
import pytest

from property_alert_notification.base.vocabulary import Scope
from tests.api.conftest import NOTIFICATION, a_guarded_client
from tests.api.test_access import OPERATIONS

FOUR_MEGABYTES = 4 * 1024 * 1024
Answer = tuple[int, dict[str, str], Any]


async def _begin(client: httpx2.AsyncClient, method: str, path: str, headers: str, sent: bytes = b"") -> Answer:
    """Send the head of a call and this much of its body; what is answered before the rest has come."""
    reader, writer = await asyncio.open_connection("127.0.0.1", client.base_url.port)
    writer.write(f"{method} {path} HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n".encode() + sent)
    head = await reader.readuntil(b"\r\n\r\n")
    lines = head.decode().splitlines()
    shown = dict(line.lower().split(": ", 1) for line in lines[1:] if line)
    body = await reader.readexactly(int(shown.get("content-length", "0")))
    writer.close()
    return int(lines[0].split()[1]), shown, json.loads(body) if body else None


ALL_PATHS = [(method, path) for method, path, _ in OPERATIONS] + [
    ("POST", "/api/v1/notifications"),
    ("POST", "/api/v1/notifications/batch/"),
]


async def test_without_a_key_no_body_is_waited_for(store_url: str) -> None:
    async with a_guarded_client(store_url, Scope.PREFERENCES_READ) as client:
        wrong = f"Authorization: {client.headers['Authorization']}\r\n"
        for method, path in ALL_PATHS:
            large = FOUR_MEGABYTES if "notifications/batch" in path else 200_000
            for length in (f"Content-Length: {large}\r\n", "Transfer-Encoding: chunked\r\n"):
                for kind in ("", "Content-Type: application/json\r\n"):
                    status, headers, _ = await _begin(client, method, path, f"{length}{kind}")
                    assert (status, headers["connection"]) == (401, "close"), (method, path)
                if method != "GET" or not path.startswith(("/api/v1/preferences", "/api/v1/categories")):
                    status, headers, _ = await _begin(client, method, path, f"{length}{wrong}")
                    assert (status, headers["connection"]) == (403, "close"), (method, path)


@pytest.mark.parametrize(("method", "path", "status"), [("POST", "/api/v1/nothing", 404), ("PUT", "/health/live", 405)])
async def test_what_is_not_there_reads_no_body_either(
    lite: httpx2.AsyncClient, method: str, path: str, status: int
) -> None:
    answered, headers, _ = await _begin(lite, method, path, f"Content-Length: {FOUR_MEGABYTES // 20}\r\n", b"[")

    assert (answered, headers["connection"]) == (status, "close")


async def test_a_caller_who_keeps_sending_a_refused_body_reads_the_answer(store_url: str) -> None:
    async with a_guarded_client(store_url) as client:
        for _ in range(5):
            answer = await client.post(
                "/api/v1/notifications/batch", content=b" " * FOUR_MEGABYTES, headers={"Authorization": ""}
            )
            assert (answer.status_code, answer.headers["connection"]) == (401, "close")


async def test_an_answer_without_a_body_to_read_keeps_the_connection(store_url: str) -> None:
    async with a_guarded_client(store_url) as client:
        answers = [
            await client.get("/api/v1/preferences/1", headers={"Authorization": ""}),
            await client.post("/api/v1/notifications/", content=b"", headers={"Authorization": ""}),
        ]

    assert all("connection" not in answer.headers for answer in answers)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"])
async def test_json_is_utf_8(lite: httpx2.AsyncClient, encoding: str) -> None:
    body = json.dumps(NOTIFICATION).encode(encoding)
    headers = {"Content-Type": "application/json"}
    paths = [("POST", "/api/v1/notifications/"), ("POST", "/api/v1/notifications/batch")]
    paths += [("PUT", "/api/v1/preferences/1"), ("PUT", "/api/v1/pauses/viewing"), ("DELETE", "/api/v1/preferences/7")]
    for method, path in paths:
        answer = await lite.request(method, path, content=body, headers=headers)
        assert (answer.status_code, "UTF-8" in answer.json()["detail"]) == (400, True), path


TAKING = [
    ("POST", "/api/v1/notifications/"),
    ("POST", "/api/v1/notifications/batch"),
    ("PUT", "/api/v1/preferences/1"),
    ("POST", "/api/v1/users/1/saved-searches"),
    ("POST", "/api/v1/listing-events"),
    ("POST", "/api/v1/reso/entity-events"),
]


async def test_a_body_in_another_encoding_is_refused_with_the_place(lite: httpx2.AsyncClient) -> None:
    for method, path in TAKING:
        body = '{"a": "é"}'.encode("latin-1")
        answer = await lite.request(method, path, content=body, headers={"Content-Type": "application/json"})

        assert answer.status_code == 400, path
        assert (
            answer.json()["detail"] == "The body is not in UTF-8, which JSON has to be in: see the byte at position 7."
        )


async def test_a_body_that_is_no_json_is_refused_with_the_place(lite: httpx2.AsyncClient) -> None:
    for method, path in TAKING:
        answer = await lite.request(method, path, content='{"a":\n 1 x}', headers={"Content-Type": "application/json"})

        [error] = answer.json()["detail"]
        assert (answer.status_code, error["type"], error["loc"]) == (422, "json_invalid", ["body", 9]), path
        assert error["msg"].startswith("is not JSON: ")
        assert error["msg"].endswith(": line 2, column 4")


async def test_a_compressed_body_is_answered_415_with_what_is_read(lite: httpx2.AsyncClient) -> None:
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    for method, path in [*TAKING, ("POST", "/callbacks/sms/twilio"), ("POST", "/u/token")]:
        answer = await lite.request(method, path, content=gzip.compress(b"{}"), headers=headers)

        assert (answer.status_code, answer.headers["accept-encoding"]) == (415, "identity"), path
        assert "gzip" in answer.json()["detail"]
    plain = {"Content-Type": "application/json", "Content-Encoding": "identity"}
    assert (await lite.post("/api/v1/notifications/", content=json.dumps(NOTIFICATION), headers=plain)).status_code in (
        200,
        404,
    )
    assert (await lite.get("/api/v1/notifications", headers={"Content-Encoding": "gzip"})).status_code == 200


@pytest.mark.parametrize("apart", ["", " "])
async def test_a_field_with_two_values_is_refused_and_named(lite: httpx2.AsyncClient, apart: str) -> None:
    body = json.dumps(NOTIFICATION)[:-1]
    for path, given, loc in [
        ("/api/v1/notifications/", body + f', "title"{apart}: "another"}}', ["body", "title"]),
        ("/api/v1/notifications/", body + f', "ada@example.com"{apart}: 1, "ada@example.com": 2}}', ["body"]),
        ("/api/v1/preferences/2", '{"email_enabled": false, "sms_enabled": true, "email_enabled": true}', None),
        ("/api/v1/users/1/saved-searches", '{"Criteria": {"BedroomsTotal": 1, "BedroomsTotal": 2}}', ["body"]),
    ]:
        answer = await lite.post(path, content=given, headers={"Content-Type": "application/json"})

        [error] = answer.json()["detail"]
        assert (answer.status_code, error["loc"]) == (422, loc or ["body", "email_enabled"]), path
        assert error["msg"].endswith("is there more than once with different values: send it once")
    same = body + f', "title"{apart}: {json.dumps(NOTIFICATION["title"])}}}'
    await lite.put("/api/v1/preferences/1", json={"email_enabled": True, "sms_enabled": True})
    taken = await lite.post("/api/v1/notifications/", content=same, headers={"Content-Type": "application/json"})
    assert taken.status_code == 200, taken.text


async def test_a_field_with_two_values_spoils_no_other_item_of_a_batch(lite: httpx2.AsyncClient) -> None:
    await lite.put("/api/v1/preferences/1", json={"email_enabled": True, "sms_enabled": True})
    good = json.dumps(NOTIFICATION)
    bad = f'{good[:-1]}, "user_id": 2}}'

    answer = await lite.post(
        "/api/v1/notifications/batch",
        content=f'{{"notifications": [{good}, {bad}, {good[:-1]}, "user_id": {"9" * 5_000}}}, {good}]}}',
        headers={"Content-Type": "application/json"},
    )

    first, second, third, last = answer.json()["results"]
    assert "id" in first
    assert "id" in last
    assert [one["error"]["detail"][0]["loc"] for one in (second, third)] == [["body", "user_id"]] * 2


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("hidden", ["%2F", "%2f", "%5C", "%00", "%0a"])
async def test_no_path_hides_a_slash(lite: httpx2.AsyncClient, method: str, hidden: str) -> None:
    answer = await lite.request(method, f"/api/v1/preferences{hidden}1")

    assert (answer.status_code, answer.json()["title"]) == (400, "Bad Request")


async def test_an_answer_in_json_is_not_cached_and_its_type_not_guessed(lite: httpx2.AsyncClient) -> None:
    answers = [
        await lite.post("/api/v1/notifications/", json=NOTIFICATION),
        await lite.post("/api/v1/notifications/", json={}),
        await lite.get("/api/v1/notifications"),
        await lite.get("/api/v1/nothing"),
        await lite.get("/health/ready"),
        await lite.get("/openapi.json"),
    ]

    for answer in answers:
        assert "json" in answer.headers["content-type"]
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("origin", ["null", "file://", "https://example.com", "http://localhost.example.com"])
async def test_a_page_without_an_origin_is_foreign(lite: httpx2.AsyncClient, origin: str) -> None:
    assert (await lite.get("/api/v1/notifications", headers={"Origin": origin})).status_code == 403


async def test_no_answer_repeats_the_name_of_an_unknown_field(lite: httpx2.AsyncClient) -> None:
    for method, path, _ in OPERATIONS:
        body = {
            "MARK": "MARK",
            "notifications": [NOTIFICATION | {"MARK": "MARK"}],
            "preferences": [{"MARK": {"MARK": 1}}],
        }
        for sent in (body, {"email_enabled": {"MARK": 1}}, {"sms_enabled": True, "MARK": True}, [{"MARK": 1}]):
            answer = await lite.request(method, path, json=sent, params={"MARK": "1"})
            assert "MARK" not in answer.text, (method, path, answer.text)

    one = await lite.post("/api/v1/notifications/", json=NOTIFICATION | {"user_emial": "ada@example.com"})
    assert [(error["loc"], error["msg"]) for error in one.json()["detail"]] == [
        (["body"], "has an unknown field: did you mean user_email?")
    ]
