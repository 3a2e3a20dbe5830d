"""Requests that are broken below HTTP's meaning: lengths that disagree, bodies in pieces, bytes where none belong."""

import gzip
import json
from typing import Any

import pytest

from tests.api.conftest import NOTIFICATION, PREFERENCES
from tests.cli.command import until_ready
from tests.fuzz.conftest import Target
from tests.fuzz.wire import Answer, Connection

LATER = json.dumps(NOTIFICATION | {"send_at": "2090-01-01T00:00:00Z", "reference": "wire"}).encode()
PATH = b"/api/v1/notifications/"


def post(
    *headers: bytes, body: bytes = LATER, path: bytes = PATH, length: bool = True, kind: bytes = b"application/json"
) -> bytes:
    kinds = [b"Content-Type: " + kind] if kind else []
    lengths = [b"Content-Length: %d" % len(body)] if length else []
    lines = [b"POST %b HTTP/1.1" % path, b"Host: 127.0.0.1", *kinds, *headers, *lengths, b"", body]
    return b"\r\n".join(lines)


def in_chunks(body: bytes, size: int) -> bytes:
    parts = [body[start : start + size] for start in range(0, len(body), size)]
    return b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"


def chunked(body: bytes, *headers: bytes) -> bytes:
    return post(b"Transfer-Encoding: chunked", *headers, body=body, length=False)


BIG = b" " * 300_000
SECOND = post(body=b"{}")

TAKEN = {
    "in one piece": post(),
    "in chunks": chunked(in_chunks(LATER, 7)),
    "a content type with parameters": post(kind=b"application/json; charset=utf-8"),
    "a kind of json": post(kind=b"application/vnd.alerts+json"),
}
REFUSED: dict[str, tuple[bytes, tuple[int, ...]]] = {
    "gzip": (post(b"Content-Encoding: gzip", body=gzip.compress(LATER)), (415,)),
    "a gzip bomb": (post(b"Content-Encoding: gzip", body=gzip.compress(b" " * 5_000_000)), (415,)),
    "no content type": (post(kind=b""), (415,)),
    "plain text": (post(kind=b"text/plain"), (415,)),
    "a form": (post(kind=b"application/x-www-form-urlencoded", body=b"title=x"), (415,)),
    "multipart": (post(kind=b"multipart/form-data; boundary=x", body=b"--x--\r\n"), (415,)),
    "no content type's form": (post(kind=b"\xff/\xfe;;;=\x80"), (400, 415)),
    "utf-16, as JSON once allowed": (post(body=LATER.decode().encode("utf-16")), (400,)),
    "nothing": (post(body=b""), (422,)),
    "too much": (post(body=BIG), (413,)),
    "too much in chunks": (chunked(in_chunks(BIG, 50_000)), (413,)),
    "too much in one byte after the other": (chunked(in_chunks(BIG[:262_145], 1)), (413,)),
    "too much of a batch": (post(body=b" " * 4_200_000, path=b"/api/v1/notifications/batch"), (413,)),
    "a length of 10 to the 30": (post(b"Content-Length: 1" + b"0" * 30, body=b"", length=False), (400, 413)),
    "a negative length": (post(b"Content-Length: -1", length=False), (400,)),
    "a length in words": (post(b"Content-Length: ten", length=False), (400,)),
    "a length in other digits": (post("Content-Length: \u0661\u0660".encode(), length=False), (400,)),
    "two lengths that differ": (post(b"Content-Length: 2"), (400,)),
    "two lengths in one line": (post(b"Content-Length: 2, 2", length=False), (400,)),
    "a length beside chunks": (post(b"Transfer-Encoding: chunked", body=in_chunks(LATER, 50)), (400,)),
    "a chunk without a size": (chunked(b"zz\r\n{}\r\n0\r\n\r\n"), (400,)),
    "a chunk of a huge size": (chunked(b"f" * 40 + b"\r\n{}"), (400,)),
    "a gzip in chunks": (
        post(b"Transfer-Encoding: gzip, chunked", body=in_chunks(gzip.compress(LATER), 50), length=False),
        (400,),
    ),
    "a NUL in a header": (post(b"X-Request-ID: a\x00b"), (400,)),
    "a lone CR in a header": (post(b"X-Request-ID: a\rSet-Cookie: b=c"), (400,)),
    "a header without a name": (post(b": nothing"), (400,)),
    "a blank in a header's name": (post(b"Idempotency-Key : a"), (400,)),
    "a folded header": (post(b"Idempotency-Key: a\r\n b"), (400, 422)),
    "no method": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", (400,)),
    "another version": (b"GET / HTTP/9.9\r\n\r\n", (400, 505)),
}


def usable(connection: Connection) -> Answer:
    connection.close()
    return connection.ask("GET", "/health/live")


def count(target: Target) -> int:
    page = target.caller.get("/api/v1/notifications", params={"reference": "wire", "limit": 100}).json()
    return len(page["items"])


@pytest.fixture(scope="module", autouse=True)
def _user_1_wants_everything(target: Target) -> None:
    target.caller.put("/api/v1/preferences/1", json=PREFERENCES).raise_for_status()


@pytest.mark.parametrize("octets", TAKEN.values(), ids=list(TAKEN))
def test_it_is_taken_in_any_proper_form(target: Target, octets: bytes) -> None:
    before = count(target)
    with Connection(target.service.port) as connection:
        answer = connection.send(octets)

    assert (answer.status, json.loads(answer.body)["status"]) == (200, "scheduled")
    assert count(target) == before + 1


@pytest.mark.parametrize(("octets", "statuses"), REFUSED.values(), ids=list(REFUSED))
def test_it_is_refused_and_nothing_is_stored(target: Target, octets: bytes, statuses: Any) -> None:
    before = count(target)
    with Connection(target.service.port) as connection:
        answer = connection.send(octets)

        assert answer.status in statuses, answer
        assert usable(connection).status == 200
    assert "set-cookie" not in dict(answer.headers)
    assert count(target) == before


@pytest.mark.parametrize("header", [b"Idempotency-Key", b"X-Request-ID", b"Authorization"])
@pytest.mark.parametrize("octet", [b"\x00", b"\x01", b"\x0b", b"\x1f", b"\x7f", b"\n", b"\r"])
def test_no_octet_of_a_header_begins_another_line(target: Target, header: bytes, octet: bytes) -> None:
    injected = header + b": a" + octet + b"Set-Cookie: evil=1"
    with Connection(target.service.port) as connection:
        answer = connection.send(post(injected))

        assert answer.status in (200, 400, 401, 422)
        assert "set-cookie" not in dict(answer.headers)
        assert b"evil" not in answer.body
        assert usable(connection).status == 200


def test_a_caller_who_hangs_up_within_a_body_leaves_nothing_behind(target: Target) -> None:
    before = count(target)
    for _ in range(20):
        connection = Connection(target.service.port)
        connection.hang_up_after(post()[:-10])

    until_ready(target.service.url)
    assert count(target) == before
    assert target.faults() == []
