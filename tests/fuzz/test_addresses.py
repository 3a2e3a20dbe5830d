"""Hostile paths, queries and headers: answered in order, and nothing of them ends up where it must not."""

import json
import re
from collections.abc import Iterator
from uuid import uuid4

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.api.conftest import NOTIFICATION, PREFERENCES
from tests.fuzz.budget import budget
from tests.fuzz.conftest import Target
from tests.fuzz.hostile import texts, url_parts
from tests.fuzz.wire import Answer, Connection

LATER = NOTIFICATION | {"send_at": "2090-01-01T00:00:00Z"}
FILTERS = ("user_id", "status", "category", "reference", "channel", "accepted_after", "accepted_before")
QUERIES = (
    *(("/api/v1/notifications", name) for name in (*FILTERS, "limit", "cursor", "unknown")),
    *(("/api/mailbox/messages", name) for name in ("channel", "to", "search", "before", "limit")),
    *(("/api/v1/audit", name) for name in ("limit", "before")),
)
PATHS = (
    ("GET", "/api/v1/notifications/{}"),
    ("POST", "/api/v1/notifications/{}/cancel"),
    ("GET", "/api/v1/preferences/{}"),
    ("DELETE", "/api/v1/preferences/{}"),
    ("GET", "/api/mailbox/messages/{}"),
    ("GET", "/mailbox/messages/{}/html"),
    ("GET", "/static/{}"),
    ("GET", "/{}"),
)

# As latin-1 has it, without control characters: no server reads further than to those, see test_wire.py.
header_values = st.text(st.characters(max_codepoint=255, exclude_categories=["Cc"]), max_size=300)


@pytest.fixture
def connection(target: Target) -> Iterator[Connection]:
    with Connection(target.service.port) as connection:
        yield connection


@pytest.fixture(autouse=True)
def _user_1_wants_everything(target: Target) -> None:
    target.caller.put("/api/v1/preferences/1", json=PREFERENCES).raise_for_status()


def in_order(answer: Answer, *statuses: int) -> None:
    """It has one of these statuses, and headers that are ours alone."""
    assert answer.status in statuses, (answer.status, answer.body[:300])
    names = [name for name, _ in answer.headers]
    assert len(names) == len(set(names))
    assert set(names) <= {
        *("content-length", "content-type", "date", "server", "x-request-id", "connection", "allow", "location"),
        *("www-authenticate", "idempotency-replayed", "retry-after", "content-security-policy", "referrer-policy"),
        *("x-content-type-options", "cache-control", "etag", "last-modified", "accept-ranges", "vary"),
    }
    if answer.status >= 400 and "x-request-id" in names:
        assert answer.header("content-type") == "application/problem+json"
        assert json.loads(answer.body)["status"] == answer.status


@pytest.mark.parametrize(("path", "name"), QUERIES, ids=lambda part: part.rpartition("/")[2])
def test_a_hostile_query_is_answered_in_order(connection: Connection, path: str, name: str) -> None:
    @budget()
    @given(values=st.lists(url_parts, min_size=1, max_size=2))
    def check(values: list[str]) -> None:
        query = "&".join(f"{name}={value}" for value in values)
        in_order(connection.ask("GET", f"{path}?{query}"), 200, 422)

    check()


@pytest.mark.parametrize(("method", "path"), PATHS, ids=lambda part: part.strip("/"))
def test_a_hostile_path_is_answered_in_order(connection: Connection, method: str, path: str) -> None:
    @budget()
    @given(part=url_parts)
    def check(part: str) -> None:
        in_order(connection.ask(method, path.format(part)), 200, 204, 307, 400, 404, 405, 409, 422)

    check()


@budget(share=2)
@given(reference=texts)
def test_whatever_reference_is_taken_is_found_by_it(target: Target, reference: str) -> None:
    body = json.dumps(LATER | {"reference": reference})
    answer = target.caller.post("/api/v1/notifications/", content=body, headers={"Content-Type": "application/json"})
    if answer.status_code in (413, 422):
        return
    assert answer.status_code == 200
    found = target.caller.get("/api/v1/notifications", params={"reference": reference, "limit": 1}).json()["items"]
    assert [one["id"] for one in found] == [answer.json()["id"]]


@budget(share=3)
@given(
    key=st.one_of(header_values, st.text(st.characters(codec="ascii", categories=["L", "N", "P", "Zs"]), min_size=1))
)
@example(key="k" * 255)
@example(key="k" * 256)
@example(key="")
@example(key="a\tb")
def test_an_idempotency_key_is_refused_or_makes_one_notification(target: Target, key: str) -> None:
    headers = {"Idempotency-Key": key.encode("latin-1"), "Content-Type": b"application/json"}
    # Each example is a call of its own, whatever keys came before.
    body = json.dumps(LATER | {"reference": str(uuid4())})
    with Connection(target.service.port) as connection:
        answers = [connection.ask("POST", "/api/v1/notifications/", headers, body.encode()) for _ in range(2)]
    for answer in answers:
        in_order(answer, 200, 422)
    assert answers[0].status == answers[1].status
    printable = re.fullmatch(r"[\x20-\x7e]{1,255}", key.strip(" \t"))
    if answers[0].status == 200:
        assert printable
        assert answers[0].body == answers[1].body
        assert answers[1].header("idempotency-replayed") == "true"
    elif printable:
        assert b"belongs to another call" in answers[0].body


@budget(share=3)
@given(value=header_values)
@example(value="x" * 128)
@example(value="x" * 129)
@example(value="\x85Set-Cookie: a=b")
def test_a_request_id_is_returned_only_if_it_is_valid(target: Target, value: str) -> None:
    with Connection(target.service.port) as connection:
        answer = connection.ask("GET", "/health/live", {"X-Request-ID": value.encode("latin-1")})
    in_order(answer, 200)
    given_back = answer.header("x-request-id")
    if re.fullmatch(r"[A-Za-z0-9._-]{1,128}", value.strip(" \t"), re.ASCII):
        assert given_back == value.strip(" \t")
    else:
        assert re.fullmatch(r"[0-9a-f-]{36}", given_back)


@budget(share=3)
@given(value=st.one_of(header_values, header_values.map(lambda key: f"Bearer {key}")))
@example(value="Bearer " + "k" * 8_000)
@example(value="Basic YTpi")
def test_a_hostile_api_key_is_worth_nothing(target: Target, value: str) -> None:
    with Connection(target.service.port) as connection:
        answer = connection.ask("GET", "/api/v1/notifications", {"Authorization": value.encode("latin-1")})
    in_order(answer, 401)
    assert answer.header("www-authenticate") == "Bearer"
    assert len(value) < 12 or value.encode("latin-1") not in answer.body
