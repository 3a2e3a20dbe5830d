"""The contract with those who knew the seed, this service's first version: its commands, calls and answers, frozen.

Whoever changes an expected value here changes what other people's scripts rely on.
"""

import re
import shutil
import signal
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.cli.command import running
from tests.pipeline.world import eventually
from tests.services.callers import a_blocking_caller, a_caller
from tests.services.process import free_port
from tests.services.program import BIN, ROOT, Program, started

FASTAPI_DEV = [str(BIN / "fastapi"), "dev", str(ROOT / "src/property_alert_notification/main.py")]
"""How the seed is started: one process watches the sources and starts the other; with `--no-reload` it is one alone."""
WORKER = str(ROOT / "src/property_alert_notification/notification_worker/worker.py")

PREFERENCES = {"email_enabled": True, "sms_enabled": True}
NOTIFICATION = {
    "title": "notification title",
    "message": "notification message",
    "user_id": 1,
    "user_email": "user@test.com",
    "user_phone_number": "1231233",
}
CONSOLE = ["Email Hander executed with user@test.com", "SMS Hander executed with 1231233"]


@pytest.fixture(params=["embedded", "rabbitmq"])
def broker(request: pytest.FixtureRequest) -> str:
    """A broker."""
    return "embedded://" if request.param == "embedded" else request.getfixturevalue("rabbitmq_url")


@pytest.fixture
def store(request: pytest.FixtureRequest, tmp_path: Path, broker: str) -> str:
    """The empty store that goes with the broker. The pipeline's tests pair each store with each broker."""
    in_a_file = broker == "embedded://"
    return f"sqlite+aiosqlite:///{tmp_path}/app.db" if in_a_file else request.getfixturevalue("postgres_url")


@pytest.fixture
def dotenv(tmp_path: Path, store: str, broker: str) -> Path:
    """A folder with the seed's `.env`, its store and broker being those of the test."""
    text = (ROOT / ".env-sample").read_text()
    text = re.sub(r"^DATABASE_URL=.*$", f'DATABASE_URL="{store}"', text, flags=re.MULTILINE)
    text = re.sub(r"^QUEUE_BROKER_URL=.*$", f'QUEUE_BROKER_URL="{broker}"', text, flags=re.MULTILINE)
    text = re.sub(r"^QUEUE_ROUTING_KEY=.*$", f'QUEUE_ROUTING_KEY="{tmp_path.name}"', text, flags=re.MULTILINE)
    (tmp_path / ".env").write_text(text)
    return tmp_path


@pytest.fixture
def service(dotenv: Path, broker: str) -> Iterator[tuple[str, Program]]:
    """`fastapi dev src/property_alert_notification/main.py`, on a port of its own; with RabbitMQ as one process."""
    port = str(free_port())
    options = [] if broker == "embedded://" else ["--no-reload"]
    with started([*FASTAPI_DEV, *options, "--port", port], dotenv, ready=_answers(port)) as program:
        yield f"http://127.0.0.1:{port}", program


async def test_the_seeds_walkthrough(service: tuple[str, Program]) -> None:
    url, program = service
    async with a_caller(url, headers={"accept": "application/json"}) as client:
        created = await client.post("/api/v1/preferences/1", json=PREFERENCES)
        assert (created.status_code, created.json()) == (201, PREFERENCES)

        again = await client.post("/api/v1/preferences/1", json=PREFERENCES)
        assert (again.status_code, again.json()["detail"]) == (400, "Preferences already exist for user_id=1")

        read = await client.get("/api/v1/preferences/1")
        assert (read.status_code, read.json()) == (200, PREFERENCES)

        missing = await client.get("/api/v1/preferences/2")
        assert (missing.status_code, missing.json()["detail"]) == (404, "Preference not found")

        scheduled = await client.post("/api/v1/notifications/", json=NOTIFICATION)
        assert scheduled.status_code == 200
        assert scheduled.json() == NOTIFICATION | {"id": scheduled.json()["id"], "status": "pending"}
        await _until_printed(program, *CONSOLE)

        # "Repeat the previous steps using different preferences for a different user."
        await client.post("/api/v1/preferences/2", json={"email_enabled": False, "sms_enabled": True})
        second = await client.post(
            "/api/v1/notifications/", json=NOTIFICATION | {"user_id": 2, "user_phone_number": "4564566"}
        )
        await _until_printed(program, "SMS Hander executed with 4564566")
        await _until_sent(client, second.json()["id"])
        assert program.output().count("Email Hander") == 1

        stranger = await client.post("/api/v1/notifications/", json=NOTIFICATION | {"user_id": 3})
        assert (stranger.status_code, stranger.json()["detail"]) == (404, "Preferences not found for user")

        docs, schema = await client.get("/docs"), await client.get("/openapi.json")
        assert (docs.status_code, schema.json()["info"]["title"]) == (200, "property-alert-notification")


async def test_without_any_settings_the_store_is_a_file_and_the_broker_is_built_in(tmp_path: Path) -> None:
    port = str(free_port())
    with started([*FASTAPI_DEV, "--no-reload", "--port", port], tmp_path, ready=_answers(port)) as program:
        async with a_caller(f"http://127.0.0.1:{port}") as client:
            await client.post("/api/v1/preferences/1", json=PREFERENCES)
            await client.post("/api/v1/notifications/", json=NOTIFICATION)
            await _until_printed(program, *CONSOLE)

    assert (tmp_path / "app.db").exists()


async def test_the_worker_script_delivers_what_another_process_accepted(dotenv: Path) -> None:
    port = str(free_port())
    # Only `fastapi dev` and `dev` migrate and run a worker by themselves; a local API migrates as well.
    with (
        running(dotenv, "api", "--port", port, ready="answers at") as serving,
        started([sys.executable, WORKER], dotenv, ready=lambda it: "worker.started" in it.errors()) as worker,
    ):
        async with a_caller(f"http://127.0.0.1:{port}") as client:
            await client.post("/api/v1/preferences/1", json=PREFERENCES)
            await client.post("/api/v1/notifications/", json=NOTIFICATION)
            await _until_printed(worker, *CONSOLE)

        assert worker.stop() == 0
        assert "Hander" not in serving.output()
        assert serving.stop(signal.SIGTERM) == 0


async def test_neither_logs_nor_figures_show_what_was_sent_to_whom(
    tmp_path: Path, smtp_server: Any, broker: str
) -> None:
    canaries = ["canary.address@example.com", "canary.address", "Canary title", "canary message"]
    # The refusal comes last: it suppresses the address, and what is claimed after it is not tried.
    answers = iter(["250 ok", f"451 4.0.0 {canaries[0]} must wait", f"550 5.1.1 <{canaries[0]}> is unknown"])
    smtp_server.answer = lambda _mail: next(answers, "250 ok")
    port = str(free_port())
    settings = {
        "EMAIL_PROVIDER": "smtp",
        "SMTP_HOST": smtp_server.host,
        "SMTP_PORT": str(smtp_server.port),
        "SMTP_STARTTLS": "off",
        "EMAIL_FROM": "alerts@example.com",
        "LOG_LEVEL": "debug",
        "QUEUE_BROKER_URL": broker,
        "QUEUE_ROUTING_KEY": tmp_path.name,
    }
    with started([*FASTAPI_DEV, "--no-reload", "--port", port], tmp_path, ready=_answers(port), **settings) as program:
        async with a_caller(f"http://127.0.0.1:{port}") as client:
            await client.post("/api/v1/preferences/1", json=PREFERENCES)
            body = NOTIFICATION | {"title": "Canary title", "message": "canary message", "user_email": canaries[0]}
            for _ in range(3):
                await client.post("/api/v1/notifications/", json=body | {"channels": ["email"]})
            for field in NOTIFICATION:
                await client.post("/api/v1/notifications/", json=body | {field: [canaries[0]]})
            await _until_logged(program, "state=sent", "state=failed", "state=retry_wait")
            figures = (await client.get("/metrics")).text

    printed = program.output() + program.errors() + figures
    assert [canary for canary in canaries if canary in printed] == []


async def test_the_architecture_picture_is_where_the_seed_had_it() -> None:
    assert (ROOT / "docs/alert-notification.drawio.png").read_bytes().startswith(b"\x89PNG")
    assert "docs/architecture.svg" in (ROOT / "README.md").read_text()


async def test_the_seeds_extras_and_files_are_there() -> None:
    assert shutil.which("pytest", path=str(BIN)) is not None
    for file in (".env-sample", "compose.yml", "docs/openapi.json", "pyproject.toml"):
        assert (ROOT / file).is_file(), file


def _answers(port: str) -> Any:
    def ready(_program: Program) -> bool:
        with suppress(httpx2.HTTPError), a_blocking_caller(f"http://127.0.0.1:{port}") as caller:
            return caller.get("/health/live").status_code == 200
        return False

    return ready


async def _until_printed(program: Program, *lines: str) -> None:
    async def printed() -> bool:
        return set(lines) <= set(program.output().splitlines())

    await eventually(printed)


async def _until_logged(program: Program, *words: str) -> None:
    async def logged() -> bool:
        text = program.output() + program.errors()
        return all(word in text for word in words)

    await eventually(logged)


async def _until_sent(client: httpx2.AsyncClient, notification: str) -> None:
    async def sent() -> bool:
        status: str = (await client.get(f"/api/v1/notifications/{notification}")).json()["status"]
        return status == "sent"

    await eventually(sent)
