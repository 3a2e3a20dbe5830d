"""However often a process is asked to stop, it stops in order, and what is on the wire ends."""

import itertools
import signal
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest

from property_alert_notification.base.settings import variable_name
from property_alert_notification.channels.email_smtp import SmtpSettings
from tests.cli.command import Running, run, running
from tests.services.callers import a_blocking_caller
from tests.services.process import PATIENCE, Process, free_port
from tests.services.program import BIN, ROOT
from tests.services.smtp import TAKEN, SmtpServer

STOPS = (signal.SIGTERM, signal.SIGINT)
SCRIPT = str(ROOT / "src/property_alert_notification/notification_worker/worker.py")
PROGRAMS = {
    "worker": [str(BIN / "property-alerts"), "worker"],
    "script": [sys.executable, SCRIPT],
}


def _settings(smtp: SmtpServer) -> dict[str, str]:
    return {
        "EMAIL_PROVIDER": "smtp",
        "EMAIL_FROM": "alerts@example.com",
        variable_name(SmtpSettings, "host"): smtp.host,
        variable_name(SmtpSettings, "port"): str(smtp.port),
        variable_name(SmtpSettings, "starttls"): "off",
    }


def _accept_one(url: str) -> None:
    with a_blocking_caller(url) as client:
        client.put("/api/v1/preferences/1", json={"email_enabled": True, "sms_enabled": False})
        body = {"user_id": 1, "title": "t", "message": "m", "user_email": "a@example.com", "user_phone_number": None}
        assert client.post("/api/v1/notifications/", json=body).status_code == 200


def _stop_again_and_again(process: Process, release: threading.Event) -> int:
    """Send signals until the process has ended; what it has on the wire may end after the first few."""
    for number, how in enumerate(itertools.cycle(STOPS)):
        process.send_signal(how)
        if number == 4:
            release.set()
        try:
            return process.wait(0.02)
        except subprocess.TimeoutExpired:
            continue
    raise AssertionError


@pytest.mark.parametrize("command", ["dev", "worker", "script"])
@pytest.mark.usefixtures("migrated_sqlite_url")
def test_signals_while_stopping_change_nothing(tmp_path: Path, smtp_server: SmtpServer, command: str) -> None:
    begun, release = threading.Event(), threading.Event()

    def answer(_mail: object) -> str:
        begun.set()
        release.wait(PATIENCE)
        return TAKEN

    smtp_server.answer = answer
    settings, port = _settings(smtp_server), free_port()
    role = ("dev" if command == "dev" else "api", "--port", str(port))
    # Who is interrupted is started afresh: the end of a prepared process is not that of Python.
    program = [str(BIN / "property-alerts")] if command == "dev" else []
    with running(tmp_path, *role, ready="answers at", port=port, settings=settings, program=program) as service:
        _accept_one(service.url)
        if command == "dev":
            code, errors = _interrupt(service, begun, release), service.errors()
        else:
            folder = tmp_path / "worker"
            folder.mkdir()
            settings |= {"DATABASE_URL": f"sqlite:///{tmp_path}/app.db"}
            with running(folder, ready="worker.started", settings=settings, program=PROGRAMS[command]) as worker:
                code, errors = _interrupt(worker, begun, release), worker.errors()

    assert code == 0
    assert "Traceback" not in errors
    assert len(smtp_server.mails) == 1
    with closing(sqlite3.connect(tmp_path / "app.db")) as store:
        assert store.execute("SELECT state FROM deliveries WHERE channel = 'email'").fetchall() == [("sent",)]


@pytest.mark.usefixtures("migrated_sqlite_url")
def test_signals_while_the_api_stops_change_nothing(tmp_path: Path) -> None:
    port = free_port()
    api = [str(BIN / "property-alerts"), "api", "--port", str(port)]
    with running(tmp_path, ready="answers at", port=port, program=api) as service:
        assert _stop_again_and_again(service.process, threading.Event()) == 0
        assert "Traceback" not in service.errors()
    assert run(tmp_path, "notifications", "list").returncode == 0


def _interrupt(service: Running, begun: threading.Event, release: threading.Event) -> int:
    assert begun.wait(PATIENCE)
    return _stop_again_and_again(service.process, release)
