"""Calls that are refused say which call was meant, and what to send."""

import re
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx2
import pytest

from tests.api.conftest import NOTIFICATION, PREFERENCES, accept
from tests.api.document import DOCUMENT

NOTIFICATIONS, PREFERENCES_PATH = "/api/v1/notifications", "/api/v1/preferences"
# The same in every worker, which all have to collect the same tests.
UNKNOWN_ID = "0193f3a4-0000-7000-8000-000000000000"
TAKE_JSON = [
    ("POST", f"{NOTIFICATIONS}/", NOTIFICATION),
    ("POST", f"{NOTIFICATIONS}/batch", {"notifications": [NOTIFICATION]}),
    ("PATCH", f"{NOTIFICATIONS}/{UNKNOWN_ID}", {"title": "new"}),
    ("POST", f"{PREFERENCES_PATH}/2", PREFERENCES),
    ("PUT", f"{PREFERENCES_PATH}/2", PREFERENCES),
    ("PATCH", f"{PREFERENCES_PATH}/2", {"sms_enabled": False}),
    ("POST", f"{PREFERENCES_PATH}/batch", {"preferences": [{"user_id": 2} | PREFERENCES]}),
]


async def _send(client: httpx2.AsyncClient, method: str, path: str, body: Any, kind: str | None) -> httpx2.Response:
    request = client.build_request(method, path, json=body)
    del request.headers["Content-Type"]
    if kind is not None:
        request.headers["Content-Type"] = kind
    return await client.send(request)


@pytest.mark.parametrize("kind", [None, "text/plain", "application/x-www-form-urlencoded", "application/jsonp"])
async def test_a_body_without_a_json_content_type_is_answered_415(lite: httpx2.AsyncClient, kind: str | None) -> None:
    for method, path, body in TAKE_JSON:
        answer = await _send(lite, method, path, body, kind)

        assert answer.status_code == 415, path
        assert "Content-Type: application/json" in answer.json()["detail"]


@pytest.mark.parametrize("kind", ["application/json", "application/json; charset=utf-8", "Application/JSON"])
async def test_a_body_with_a_json_content_type_is_accepted(lite: httpx2.AsyncClient, kind: str) -> None:
    for method, path, body in TAKE_JSON:
        assert (await _send(lite, method, path, body, kind)).status_code in (200, 201, 400, 404), path


async def test_a_call_without_a_body_needs_no_content_type(lite: httpx2.AsyncClient) -> None:
    id_ = await accept(lite)

    assert (await lite.post(f"{NOTIFICATIONS}/{id_}/cancel")).status_code == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
@pytest.mark.parametrize("value", ["yes", "true", "1", "", 1, 0, 1.0])
async def test_a_word_or_a_number_is_no_consent(lite: httpx2.AsyncClient, method: str, value: Any) -> None:
    answer = await lite.request(method, f"{PREFERENCES_PATH}/2", json={"email_enabled": True, "sms_enabled": value})
    batch = await lite.post(
        f"{PREFERENCES_PATH}/batch", json={"preferences": [{"user_id": 2, "email_enabled": value, "sms_enabled": True}]}
    )

    for refused in (answer, batch):
        assert refused.status_code == 422
        assert [problem["type"] for problem in refused.json()["detail"]] == ["bool_parsing"]
        assert "must be true or false" in refused.json()["hint"]
    assert (await lite.get(f"{PREFERENCES_PATH}/2")).status_code == 404


@pytest.mark.parametrize("value", ["true", 1, "no", 0])
async def test_urgent_is_true_or_false(lite: httpx2.AsyncClient, value: Any) -> None:
    alone = await lite.post(f"{NOTIFICATIONS}/", json=NOTIFICATION | {"urgent": value})
    batch = await lite.post(f"{NOTIFICATIONS}/batch", json={"notifications": [NOTIFICATION | {"urgent": value}]})

    assert alone.status_code == 422
    assert alone.json() == batch.json()["results"][0]["error"]
    assert [(one["type"], one["loc"]) for one in alone.json()["detail"]] == [("bool_parsing", ["body", "urgent"])]


@pytest.mark.parametrize(
    ("method", "path", "allowed", "words"),
    [
        ("DELETE", f"{NOTIFICATIONS}/{UNKNOWN_ID}", "GET, HEAD, PATCH", "cancel"),
        ("PUT", f"{NOTIFICATIONS}/", "GET, HEAD, POST", "POST (schedule notification)"),
        ("GET", f"{NOTIFICATIONS}/{UNKNOWN_ID}/cancel", "POST", "POST (cancel notification)"),
        ("POST", "/health/ready", "GET, HEAD", "GET"),
    ],
)
async def test_another_method_is_answered_with_the_allowed_ones(
    lite: httpx2.AsyncClient, method: str, path: str, allowed: str, words: str
) -> None:
    answer = await lite.request(method, path)

    assert (answer.status_code, answer.headers["Allow"]) == (405, allowed)
    assert words in answer.json()["detail"]


async def test_a_misspelt_path_is_answered_with_the_right_one(lite: httpx2.AsyncClient) -> None:
    misspelt, unknown = await lite.get("/api/v1/notification"), await lite.get("/nowhere-at-all")

    assert (misspelt.status_code, unknown.status_code) == (404, 404)
    assert f"Did you mean {NOTIFICATIONS}" in misspelt.json()["detail"]
    assert "/docs" in unknown.json()["detail"]


async def test_the_answer_about_a_user_without_preferences_has_the_call_that_sets_them(
    lite: httpx2.AsyncClient,
) -> None:
    notification = NOTIFICATION | {"user_id": 99}
    alone = (await lite.post(f"{NOTIFICATIONS}/", json=notification)).json()
    batch = (await lite.post(f"{NOTIFICATIONS}/batch", json={"notifications": [notification]})).json()

    assert alone["detail"] == "Preferences not found for user"
    assert "PUT /api/v1/preferences/99" in alone["hint"]
    assert batch["results"][0]["error"] == alone


async def test_head_is_answered_wherever_get_is_and_as_get_would_be(lite: httpx2.AsyncClient) -> None:
    id_ = await accept(lite)
    document = (await lite.get("/openapi.json")).json()
    paths = [path for path, operations in document["paths"].items() if "get" in operations]
    known = {"notification_id": id_, "user_id": "1"}
    for path in [*paths, "/", "/docs", "/openapi.json", "/mailbox", "/nowhere", f"{NOTIFICATIONS}/batch"]:
        for name, value in known.items():
            path = path.replace(f"{{{name}}}", value)
        path = path.replace("{delivery_id}", str(uuid4())).replace("{message_id}", str(uuid4()))
        get, head = await lite.get(path), await lite.head(path)

        assert (head.status_code, head.content) == (get.status_code, b""), path
        assert head.headers["Content-Type"] == get.headers["Content-Type"], path
        if path != "/metrics":
            assert head.headers.get("Content-Length") == get.headers.get("Content-Length"), path


async def test_an_answer_that_is_sent_back_names_each_field_to_leave_out(lite: httpx2.AsyncClient) -> None:
    checked = set()
    for method, path, body, answered in sent_back():
        given = dict.fromkeys(answered)
        where = re.sub(r"\{(\w+)\}", lambda found: "1" if found[1] in ("user_id", "listing_key") else UNKNOWN_ID, path)

        answer = await lite.request(method, where, json=given)

        assert answer.status_code == 422, (method, path, answer.text)
        told = {one["loc"][-1]: one["msg"] for one in answer.json()["detail"]}
        for name in answered - body:
            assert name in told, (method, path, name)
            assert re.search("leave it out|read-only|write it inside", told[name]), (method, path, told[name])
        checked.add((method, path))
    assert len(checked) >= 13


def sent_back() -> Iterator[tuple[str, str, set[str], set[str]]]:
    """The calls that take a body and answer what they store, with the fields of the body and of the answer."""
    for path, methods in DOCUMENT["paths"].items():
        for method in {"post", "put", "patch"} & methods.keys():
            call = methods[method]
            of_answer = [
                answer["content"]["application/json"]["schema"]
                for one in (call, methods.get("get", {}) if method != "post" else {})
                for status, answer in one.get("responses", {}).items()
                if status in ("200", "201") and "application/json" in answer.get("content", {})
            ]
            answered = set[str]().union(*(fields_of(schema) for schema in of_answer))
            taken = call.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
            # Calls whose answer is not what was sent have no field in common with it.
            if taken is not None and (body := fields_of(taken)) & answered and answered - body:
                yield method.upper(), path, body, answered


def fields_of(schema: dict[str, Any]) -> set[str]:
    if "$ref" in schema:
        return fields_of(DOCUMENT["components"]["schemas"][schema["$ref"].rpartition("/")[2]])
    parts = [part for kind in ("anyOf", "oneOf", "allOf") for part in schema.get(kind, ())]
    return set(schema.get("properties", ())).union(*(fields_of(part) for part in parts))


@pytest.mark.parametrize(
    ("field", "told"),
    [
        ("ActiveYN", "is read-only: a search is stopped by POST …/{key}/pause, and goes on by …/{key}/resume"),
        ("SearchQueryHumanReadable", "is read-only: leave it out"),
        ("Version", "is not a field of this call: leave it out"),
        ("BedroomsTotal", "is a condition: write it inside of Criteria"),
    ],
)
async def test_a_field_that_a_new_search_has_not_is_named(lite: httpx2.AsyncClient, field: str, told: str) -> None:
    search = {"SavedSearchName": "Near work", "Criteria": {}, field: None, "MARK": 1}

    answer = await lite.post("/api/v1/users/1/saved-searches", json=search)

    assert answer.status_code == 422, answer.text
    assert [(one["loc"], one["msg"]) for one in answer.json()["detail"]] == [
        (["body", field], told),
        (["body"], "has an unknown field, which this call does not take"),
    ]


async def test_a_misspelt_field_may_have_been_meant_for_one_that_the_call_takes(lite: httpx2.AsyncClient) -> None:
    # `active` is a field of the list of searches, and `email` one of profiles.
    for unknown, told in (
        ("Active", "which this call does not take"),
        ("Emails", "which this call does not take"),
        ("Schedule", "did you mean ScheduleType?"),
        ("criteria", "did you mean Criteria?"),
    ):
        answer = await lite.post("/api/v1/users/1/saved-searches", json={"SavedSearchName": "Near work", unknown: 1})

        assert told in answer.json()["detail"][0]["msg"], unknown
    listed = await lite.get("/api/v1/users/1/saved-searches", params={"Active": "true"})
    assert "did you mean active?" in listed.json()["detail"][0]["msg"]
