"""`dev`, `api` and `worker`: how they start, and how they stop."""

import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from property_alert_notification.cli.server import as_typed
from tests.cli.command import run, run_until, running, running_dev, until_ready
from tests.cli.conftest import Shown
from tests.services.callers import a_blocking_caller
from tests.services.process import PATIENCE, free_port
from tests.services.program import environment

PRODUCTION = {
    "ENVIRONMENT": "production",
    "SECRET_KEYS": "a-secret-of-tests-with-32-characters",
    "SIGNING_KEYS": "a-signing-key-of-tests-with-32-characters",
    "PUBLIC_URL": "https://alerts.example.com",
    "DATABASE_URL": "sqlite:///./app.db",
    "EMAIL_PROVIDER": "smtp",
    "EMAIL_FROM": "alerts@example.com",
    "SMS_PROVIDER": "http",
    "SMS_HTTP_URL": "https://sms.example.com/messages",
}


def test_dev_prints_its_addresses_and_answers_there(shown: Shown) -> None:
    with a_blocking_caller(shown.service.url) as client:
        statuses = [client.get(path).status_code for path in ("/docs", "/mailbox")]

    assert statuses == [200, 200]
    until_ready(shown.service.url)
    for path in ("/docs", "/mailbox"):
        assert f"{shown.service.url}{path}" in shown.service.output()


def test_the_demo_works_as_dev_has_it_typed(shown: Shown) -> None:
    typed = re.search(r"homes, alerts +(.+ --url \S+)", shown.service.output())

    assert typed is not None
    done = subprocess.run(
        ["/bin/sh", "-c", f"{typed[1]} --help"],
        cwd=shown.service.folder,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "property-alerts demo" in done.stdout


def test_a_program_is_shown_as_the_shell_would_find_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / ".venv/bin/property-alerts"
    program.parent.mkdir(parents=True)
    program.touch(mode=0o755)
    monkeypatch.setattr(sys, "argv", [str(program), "dev"])

    assert as_typed() == ".venv/bin/property-alerts"
    monkeypatch.setenv("PATH", str(program.parent))
    assert as_typed() == "property-alerts"
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.chdir(program.parent)
    assert as_typed() == str(program)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_dev_stops_in_order(tmp_path: Path, how: signal.Signals) -> None:
    with running_dev(tmp_path) as service:
        code = service.stop(how)

    assert code == 0
    assert "worker.stopped" in service.errors()
    assert "Traceback" not in service.errors()


def test_a_port_that_is_taken_is_named(shown: Shown, tmp_path: Path) -> None:
    done = run(tmp_path, "dev", "--port", str(shown.service.port))

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        f"error: --port: {shown.service.port} is taken on 127.0.0.1. Example: --port {shown.service.port + 1}\n"
    )


def test_dev_is_for_local_only(tmp_path: Path) -> None:
    done = run(tmp_path, "dev", ENVIRONMENT="production")

    assert done.returncode == 2
    assert "property-alerts api" in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("command", ["dev", "api"])
def test_local_is_not_shown_to_other_machines(tmp_path: Path, command: str) -> None:
    done = run(tmp_path, command, "--host", "0.0.0.0")

    assert done.returncode == 2
    assert done.stderr.startswith("error: ALLOW_REMOTE: ")
    assert done.stderr.count("\n") == 1


@pytest.mark.usefixtures("migrated_sqlite_url")
def test_local_is_shown_if_the_option_allows_it(tmp_path: Path) -> None:
    port = free_port()
    arguments = ("api", "--host", "0.0.0.0", "--port", str(port))
    with running(tmp_path, *arguments, ready="answers at", port=port, settings={"ALLOW_REMOTE": "true"}) as service:
        run_until(tmp_path, "health", "--port", str(port), wanted=lambda printed: "alive" in printed)
        assert service.stop(signal.SIGTERM) == 0


@pytest.mark.parametrize("command", ["dev", "api", "worker"])
def test_a_store_that_waiting_will_not_mend_stops_the_start_with_one_line(tmp_path: Path, command: str) -> None:
    port = () if command == "worker" else ("--port", str(free_port()))

    done = run(tmp_path, command, *port, DATABASE_URL="sqlite:////no/such/folder/alerts.db")

    assert done.returncode == 2
    assert "error: DATABASE_URL: the store cannot be used (there is no folder /no/such/folder)" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("command", ["api", "worker"])
def test_an_old_schema_stops_the_start_and_names_the_cure(tmp_path: Path, command: str) -> None:
    port = ("--port", str(free_port())) if command == "api" else ()

    done = run(tmp_path, command, *port, **PRODUCTION)

    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith("error: DATABASE_URL: ")
    assert "property-alerts migrate" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.usefixtures("migrated_sqlite_url")
def test_in_production_the_api_and_a_worker_are_two_processes(tmp_path: Path) -> None:
    port, telemetry = free_port(), free_port()
    with (
        running(tmp_path, "api", "--port", str(port), ready="answers at", settings=PRODUCTION) as api,
        running(
            _folder(tmp_path),
            "worker",
            ready="worker.started",
            settings=PRODUCTION
            | {
                "DATABASE_URL": f"sqlite:///{tmp_path}/app.db",
                "WORKER_METRICS_PORT": str(telemetry),
            },
        ) as worker,
    ):
        run_until(
            tmp_path, "health", "--ready", "--port", str(port), wanted=lambda printed: '"status":"ready"' in printed
        )
        run_until(tmp_path, "health", "--port", str(telemetry), wanted=lambda printed: "alive" in printed)
        until_ready(f"http://127.0.0.1:{telemetry}")
        with a_blocking_caller(f"http://127.0.0.1:{telemetry}") as caller:
            for path in ("/health/live", "/health/ready", "/metrics"):
                head = caller.head(path)
                assert (head.status_code, head.content) == (200, b""), path
        assert "/mailbox" not in api.output()
        assert "GET /health" not in api.errors()
        assert [worker.stop(signal.SIGTERM), api.stop(signal.SIGTERM)] == [0, 0]
    assert "worker.started" not in api.errors()


def test_a_wrong_setting_is_reported_in_one_line(tmp_path: Path) -> None:
    done = run(tmp_path, "worker", DATABASE_URL="mysql://alerts@db/alerts")

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "error: DATABASE_URL: must start with sqlite:// or postgresql://. "
        "Example: DATABASE_URL=postgresql://alerts:secret@db/alerts\n"
    )


def _folder(beside: Path) -> Path:
    folder = beside / "worker"
    folder.mkdir()
    return folder
