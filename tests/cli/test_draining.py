"""An API that stops lets its callers go first, alone and behind nginx."""

import json
import os
import signal
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from http.client import HTTPConnection
from pathlib import Path

import pytest

from tests.cli.command import Running, running
from tests.cli.test_processes import PRODUCTION
from tests.services.nginx import nginx
from tests.services.process import PATIENCE, free_port, wait_until

JSON = {"Content-Type": "application/json"}
NOTIFICATIONS = "/api/v1/notifications/"
IDLE = 20
CALLERS = 6
PATHS = ("/", "/docs", "/mailbox", "/static/base.css", "/static/mailbox.js", "/docs/assets/swagger-ui.css")


@contextmanager
def an_api(folder: Path, store_url: str, **settings: str) -> Iterator[Running]:
    folder.mkdir()
    port = free_port()
    given = PRODUCTION | {"DATABASE_URL": store_url} | settings
    with running(folder, "api", "--port", str(port), ready="answers at", port=port, settings=given) as api:
        yield api


def ask(
    connection: HTTPConnection, path: str = "/health/live", *, method: str = "GET"
) -> tuple[int, str | None, bytes]:
    connection.request(method, path, body=None if method == "GET" else b"{}", headers=JSON)
    answer = connection.getresponse()
    return answer.status, answer.getheader("connection"), answer.read()


def test_connections_that_are_kept_open_are_ended_with_a_word(tmp_path: Path, migrated_sqlite_url: str) -> None:
    with an_api(tmp_path / "api", migrated_sqlite_url, DRAIN_SECONDS="12") as api, ExitStack() as stack:
        idle = [HTTPConnection("127.0.0.1", api.port, timeout=PATIENCE) for _ in range(IDLE)]
        for connection in idle:
            stack.callback(connection.close)
            assert ask(connection)[:2] == (200, None)

        os.kill(api.process.pid, signal.SIGTERM)
        wait_until(lambda: "api.draining" in api.errors(), process=api.process, log=api.errors)

        with closing(HTTPConnection("127.0.0.1", api.port, timeout=PATIENCE)) as fresh:
            status, closes, body = ask(fresh, "/health/ready")
        assert (status, closes, json.loads(body)["status"]) == (503, "close", "stopping")
        assert {ask(connection)[:2] for connection in idle} == {(200, "close")}
        assert api.stop(signal.SIGTERM) == 0
    with pytest.raises(ConnectionRefusedError):
        ask(HTTPConnection("127.0.0.1", api.port, timeout=PATIENCE))


def test_behind_nginx_no_caller_notices_that_an_api_stops(tmp_path: Path, migrated_sqlite_url: str) -> None:
    statuses: Counter[int] = Counter()
    enough = threading.Event()

    def call(url: str) -> None:
        while not enough.is_set():
            connection = HTTPConnection(url.removeprefix("http://"), timeout=PATIENCE)
            # nginx sends a POST that may have arrived to no other server. Without a key it is answered 401.
            statuses[ask(connection, NOTIFICATIONS, method="POST")[0]] += 1
            connection.close()

    with (
        an_api(tmp_path / "one", migrated_sqlite_url, DRAIN_SECONDS="1") as one,
        an_api(tmp_path / "two", migrated_sqlite_url) as two,
        nginx([one.port, two.port]) as url,
    ):
        callers = [threading.Thread(target=call, args=[url]) for _ in range(CALLERS)]
        for caller in callers:
            caller.start()
        wait_until(lambda: statuses[401] > 100, process=None, log=lambda: str(statuses))
        assert one.stop(signal.SIGTERM) == 0
        after = statuses[401]
        wait_until(lambda: statuses[401] > after + 100, process=None, log=lambda: str(statuses))
        enough.set()
        for caller in callers:
            caller.join()
    assert set(statuses) == {401}


@pytest.mark.usefixtures("migrated_sqlite_url")
def test_everything_works_under_the_path_of_a_proxy(tmp_path: Path) -> None:
    port = free_port()
    settings = {"ROOT_PATH": "/taken-off", "ALLOW_REMOTE": "true"}
    with (
        running(tmp_path, "dev", "--port", str(port), ready="Ctrl-C", port=port, settings=settings),
        nginx([port]) as url,
        closing(HTTPConnection(url.removeprefix("http://"), timeout=PATIENCE)) as through,
        closing(HTTPConnection(f"127.0.0.1:{port}", timeout=PATIENCE)) as direct,
    ):
        for connection, prefix in ((through, "/taken-off"), (direct, "/taken-off"), (direct, "")):
            for path in (
                "/",
                "/docs",
                "/mailbox",
                "/static/base.css",
                "/static/mailbox.js",
                "/docs/assets/swagger-ui.css",
            ):
                status, _, body = ask(connection, f"{prefix}{path}")
                assert (path, status) == (path, 200)
                if path in {"/", "/docs", "/mailbox"}:
                    assert b'="/static' not in body
                    assert b"/taken-off/static/" in body
            described = json.loads(ask(connection, f"{prefix}/openapi.json")[2])
            assert described["servers"][0] == {"url": "/taken-off"}
            status, _, body = ask(connection, f"{prefix}{NOTIFICATIONS}", method="POST")
            assert (status, b"user_id" in body) == (422, True)
