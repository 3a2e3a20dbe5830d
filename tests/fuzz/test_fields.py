"""Hostile values in every field of a body: each is refused in order, or kept as it was sent."""

import json
from typing import Any

import httpx2
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.api.conftest import NOTIFICATION, PREFERENCES
from tests.fuzz.budget import budget
from tests.fuzz.conftest import Target
from tests.fuzz.hostile import as_json, as_moment, as_number, as_truth, fragments, json_object

LATER = NOTIFICATION | {"send_at": "2090-01-01T00:00:00Z"}
JSON = {"Content-Type": "application/json"}

FIELDS = (
    *("title", "message", "user_id", "user_email", "user_phone_number", "category", "reference"),
    *("urgent", "send_at", "expires_at", "channels"),
)
CHANGEABLE = ("title", "message", "send_at", "expires_at")
MEANING = {
    "user_id": as_number,
    "urgent": as_truth,
    "email_enabled": as_truth,
    "sms_enabled": as_truth,
    "send_at": as_moment,
    "expires_at": as_moment,
}


def means(name: str, value: Any) -> Any:
    """What a value means: texts and null mean themselves."""
    meaning = MEANING.get(name)
    return value if value is None or meaning is None else meaning(value)


def check_kept(sent: bytes, kept: dict[str, Any], *names: str) -> None:
    """What was sent under these names is what is kept: the same text, number, truth or instant."""
    body = json.loads(sent)
    for name in names:
        if name in body:
            expected, found = means(name, body[name]), means(name, kept[name])
            assert found is not None or body[name] is None, f"{name}: {str(body[name])[:80]} was accepted"
            assert type(found) is type(expected)
            assert found == expected


def refused(answer: httpx2.Response) -> bool:
    """Whether it is an orderly refusal; anything but that and a success is a failure of the test."""
    if answer.status_code in (200, 201):
        return False
    assert answer.status_code in (400, 413, 422), answer.text[:300]
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == answer.status_code
    return True


@pytest.fixture(scope="module", autouse=True)
def _user_1_wants_everything(target: Target) -> None:
    target.caller.put("/api/v1/preferences/1", json=PREFERENCES).raise_for_status()


def read(target: Target, notification_id: str) -> dict[str, Any]:
    answer = target.caller.get(f"/api/v1/notifications/{notification_id}")
    assert answer.status_code == 200, answer.text[:300]
    return answer.json()


@pytest.mark.parametrize("name", FIELDS)
def test_a_notification_is_kept_as_it_was_sent_or_refused(target: Target, name: str) -> None:
    @budget(share=2)
    @given(value=fragments, twice=st.booleans())
    @example(value="true", twice=False)
    @example(value="4000000000", twice=False)
    @example(value='"4000000000"', twice=False)
    def check(value: str, twice: bool) -> None:
        # With user 1 and an hour far away, unless these are what is tried: nothing is sent before it is read back.
        fields = as_json(LATER)
        body = json_object(fields, (name, value)) if twice else json_object(fields | {name: value})
        answer = target.caller.post("/api/v1/notifications/", content=body, headers=JSON)
        if answer.status_code == 404:
            assert name == "user_id"
            return
        if refused(answer):
            return
        echo = answer.json()
        check_kept(body, echo, *FIELDS)
        detail = read(target, echo["id"])
        check_kept(body, detail, *(set(FIELDS) - {"user_email", "user_phone_number"}))

    check()


@pytest.mark.parametrize("name", CHANGEABLE)
def test_a_change_is_kept_as_it_was_sent_or_refused(target: Target, name: str) -> None:
    @budget()
    @given(value=fragments)
    @example(value="4000000000")
    def check(value: str) -> None:
        accepted = target.caller.post("/api/v1/notifications/", json=LATER).json()
        before = read(target, accepted["id"])
        body = json_object({name: value})
        answer = target.caller.patch(f"/api/v1/notifications/{accepted['id']}", content=body, headers=JSON)
        after = read(target, accepted["id"])
        if refused(answer):
            assert after == before
        else:
            check_kept(body, answer.json(), name)
            check_kept(body, after, name)

    check()


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
@pytest.mark.parametrize("name", PREFERENCES)
def test_wishes_are_kept_as_they_were_sent_or_refused(target: Target, name: str, method: str) -> None:
    path = "/api/v1/preferences/7"

    @budget()
    @given(value=fragments, before=st.booleans())
    @example(value='"no"', before=True)
    @example(value="2", before=True)
    def check(value: str, before: bool) -> None:
        if method == "POST":
            target.caller.delete(path)
        else:
            target.caller.put(path, json=dict.fromkeys(PREFERENCES, before)).raise_for_status()
        body = json_object({name: value} if method == "PATCH" else as_json(PREFERENCES) | {name: value})
        answer = target.caller.request(method, path, content=body, headers=JSON)
        after = target.caller.get(path)
        if not refused(answer):
            check_kept(body, answer.json(), name)
            assert after.json() == answer.json()
        elif method != "POST":
            assert after.json() == dict.fromkeys(PREFERENCES, before)
        else:
            assert after.status_code == 404

    check()


@pytest.mark.parametrize("name", [*FIELDS, "idempotency_key"])
def test_a_bad_item_of_a_batch_spoils_no_other(target: Target, name: str) -> None:
    @budget()
    @given(value=fragments)
    def check(value: str) -> None:
        good, tried = json_object(as_json(LATER)), json_object(as_json(LATER) | {name: value})
        body = b'{"notifications":[%b,%b,%b]}' % (good, tried, good)
        answer = target.caller.post("/api/v1/notifications/batch", content=body, headers=JSON)
        if refused(answer):
            # Such a text is no JSON to a strict reader, or is too deep or too long for any.
            assert answer.status_code in (400, 413) or answer.json()["detail"][0]["type"] == "json_invalid"
            return
        first, middle, last = answer.json()["results"]
        assert first["status"] == last["status"] == "scheduled"
        if "error" in middle:
            assert middle["error"]["status"] in (404, 422)
        else:
            detail = read(target, middle["id"])
            check_kept(tried, detail, *(set(FIELDS) - {"user_email", "user_phone_number"}))

    check()


@pytest.mark.parametrize("name", ["user_id", *PREFERENCES])
def test_a_batch_of_wishes_is_kept_or_refused_as_a_whole(target: Target, name: str) -> None:
    @budget()
    @given(value=fragments)
    def check(value: str) -> None:
        target.caller.delete("/api/v1/preferences/8")
        tried = json_object(as_json({"user_id": 8} | PREFERENCES) | {name: value})
        body = b'{"preferences":[%b]}' % tried
        answer = target.caller.post("/api/v1/preferences/batch", content=body, headers=JSON)
        if refused(answer):
            assert target.caller.get("/api/v1/preferences/8").status_code == 404
            return
        [result] = answer.json()["results"]
        if "error" not in result:
            kept = target.caller.get(f"/api/v1/preferences/{result['user_id']}").json()
            check_kept(tried, kept, *PREFERENCES)

    check()


@given(body=st.one_of(st.binary(max_size=200), fragments.map(lambda text: text.encode("utf-8", "surrogatepass"))))
@example(body=b"\xff\xfe{")
@example(body=b'{"title":"\xed\xa0\x80"}')
@example(body=b"\xef\xbb\xbf{}")
@example(body="{}".encode("utf-16"))
@budget(share=3)
def test_a_body_that_is_no_object_is_refused(target: Target, body: bytes) -> None:
    for method, path in (
        ("POST", "/api/v1/notifications/"),
        ("POST", "/api/v1/notifications/batch"),
        ("POST", "/api/v1/preferences/batch"),
        ("PUT", "/api/v1/preferences/7"),
    ):
        assert refused(target.caller.request(method, path, content=body, headers=JSON))


def test_the_service_found_no_fault_of_its_own(target: Target) -> None:
    assert target.faults() == []
