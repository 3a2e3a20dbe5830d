"""What a server bears: half a request, a request without an end, a thousand of them; and what it says to each."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
import uvicorn

from property_alert_notification.api import request_body
from property_alert_notification.app import create_app
from property_alert_notification.base.settings import Settings
from property_alert_notification.cli.connections import LARGEST_HEAD, MOST_HEADERS, Connections, Limits
from tests.api.conftest import NOTIFICATION, PREFERENCES
from tests.pipeline.world import eventually
from tests.services.callers import a_caller

HEAD = b"POST /api/v1/notifications/batch HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"


@asynccontextmanager
async def a_server(
    store_url: str, *, most: int = 50, header: float = 60, body: float = 60
) -> AsyncIterator[Connections]:
    """A local service within these limits; its port is `connections.port`."""
    connections = Connections(Limits(most, header, body))
    app = create_app(Settings(database_url=store_url, store_timeout=30), with_worker=False)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        config = uvicorn.Config(app, http=connections.protocol(), ws="none", log_config=None, access_log=False)
        server = uvicorn.Server(config)
        task = asyncio.create_task(server.serve(sockets=[listener]))
        await _until(lambda: server.started)
        watch = app.state.parts.supervisor.start("connections", connections.watch)
        connections.port = listener.getsockname()[1]  # type: ignore[attr-defined]
        yield connections
        watch.cancel()
        server.should_exit = True
        await task


async def _until(question: Callable[[], bool]) -> None:
    async def ask() -> bool:
        return question()

    await eventually(ask)


async def _open(connections: Connections) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.open_connection("127.0.0.1", connections.port)  # type: ignore[attr-defined]


async def _ask(connections: Connections, *sent: bytes) -> tuple[int, dict[str, object]]:
    """Send these parts; returns the status and the problem document that come back."""
    reader, writer = await _open(connections)
    for part in sent:
        writer.write(part)
        await asyncio.sleep(0)
    answer = await reader.read()
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"connection: close" in head.lower()
    assert b"application/problem+json" in head
    writer.close()
    return int(head.split()[1]), json.loads(body)


async def _is_well(connections: Connections) -> None:
    async with a_caller(f"http://127.0.0.1:{connections.port}") as caller:  # type: ignore[attr-defined]
        assert (await caller.get("/health/live")).status_code == 200
        assert (await caller.put("/api/v1/preferences/1", json=PREFERENCES)).status_code == 200
        assert (await caller.post("/api/v1/notifications/", json=NOTIFICATION)).status_code == 200


@pytest.mark.parametrize(
    ("status", "sent"),
    [
        (431, [b"GET / HTTP/1.1\r\nHost: localhost\r\nX: ", *[b"x" * 1024] * (LARGEST_HEAD // 1024 + 1)]),
        (431, [b"GET /", *[b"x" * 1024] * (LARGEST_HEAD // 1024 + 1)]),
        (431, [b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * (LARGEST_HEAD + 1) + b"\r\n\r\n"]),
        (431, [b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"X: x\r\n" * MOST_HEADERS + b"\r\n"]),
        (400, [b"no request\r\n\r\n"]),
        (400, [b"GET / HTTP/1.1\r\n\r\n"]),
        (400, [b"GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n"]),
        (400, [b"GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n"]),
        (400, [b"GET / HTTP/1.1\r\nHost: a b\r\n\r\n"]),
        (400, [b"GET /api/v1/preferences%2F1 HTTP/1.1\r\nHost: localhost\r\n\r\n"]),
    ],
)
async def test_what_is_no_request_of_ours_is_refused(migrated_sqlite_url: str, status: int, sent: list[bytes]) -> None:
    if status == 400:
        sent = [part.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n") for part in sent]
    async with a_server(migrated_sqlite_url) as connections:
        answered, document = await _ask(connections, *sent)
        await _is_well(connections)

    assert (answered, document["status"]) == (status, status)


async def test_who_does_not_come_to_an_end_is_answered_408(migrated_sqlite_url: str) -> None:
    async with a_server(migrated_sqlite_url, header=1, body=1) as connections:
        in_head = await _ask(connections, b"GET / HTTP/1.1\r\nHost: local")
        in_body = await _ask(connections, HEAD + b"Content-Length: 1000\r\n\r\n{")
        in_chunks = await _ask(connections, HEAD + b"Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n")
        silent, writer = await _open(connections)
        await silent.read()
        writer.close()
        await _is_well(connections)
        await _until(lambda: not connections.in_head and not connections.in_body)

    assert [answer[0] for answer in (in_head, in_body, in_chunks)] == [408] * 3


async def test_a_connection_that_waits_makes_room_for_another(migrated_sqlite_url: str) -> None:
    async with a_server(migrated_sqlite_url, most=50) as connections:
        waiting = []
        for part in (b"", b"GET /", b"GET / HTTP/1.1\r\nHost: localhost\r\n"):
            for _ in range(60):
                reader, writer = await _open(connections)
                writer.write(part)
                waiting.append((reader, writer))
        await _is_well(connections)
        assert len(connections.all) <= 50
        for _, writer in waiting:
            writer.close()


async def test_all_connections_at_work_leave_none_for_another(migrated_sqlite_url: str) -> None:
    async with a_server(migrated_sqlite_url, most=10) as connections:
        at_work = [await _open(connections) for _ in range(10)]
        for _, writer in at_work:
            writer.write(HEAD + b"Content-Length: 1000\r\n\r\n{")
        await _until(lambda: len(connections.in_body) == 10)

        status, document = await _ask(connections)

        for _, writer in at_work:
            writer.close()
    assert (status, document["detail"]) == (503, "All connections are in use. Try again.")


async def test_unfinished_large_bodies_make_room_for_a_new_one(
    migrated_sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(request_body, "STALLED", 0.1)
    async with a_server(migrated_sqlite_url) as connections:
        stuck = [await _open(connections) for _ in range(20)]
        for _, writer in stuck:
            writer.write(HEAD + b"Content-Length: 4000000\r\n\r\n" + b" " * 100_000)
            await writer.drain()
        await _is_well(connections)

        item = NOTIFICATION | {"message": "x" * 15_000}
        async with a_caller(f"http://127.0.0.1:{connections.port}") as caller:  # type: ignore[attr-defined]
            batch = await caller.post("/api/v1/notifications/batch", json={"notifications": [item] * 200})
        first = (await stuck[0][0].read()).split(b" ")[1]

        for _, writer in stuck:
            writer.close()
    assert batch.status_code == 200
    assert first == b"408"
