"""A service whose output is not read delivers all the same."""

import os
import signal
import socket
import sys
from pathlib import Path

import pytest

from tests.services.callers import a_blocking_caller
from tests.services.process import PATIENCE, free_port, wait_until
from tests.services.program import started


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=2).close()
    except OSError:
        return False
    return True


_FULL_PIPE = "exec 5<>unread; head -c 65536 /dev/zero >&5"
"""A pipe that is full and is not read."""


@pytest.mark.parametrize("streams", [">/dev/full", ">&- 2>&- <&-", ">&5 2>&5"])
@pytest.mark.usefixtures("migrated_sqlite_url")
def test_messages_are_delivered_whatever_became_of_the_console(tmp_path: Path, streams: str) -> None:
    port = free_port()
    os.mkfifo(tmp_path / "unread")
    dev = f"{_FULL_PIPE}; exec {sys.executable} -m property_alert_notification.cli dev --port {port} {streams}"
    settings = {"EMAIL_PROVIDER": "console", "SMS_PROVIDER": "console", "LC_ALL": "C", "PYTHONIOENCODING": "ascii"}
    with started(["/bin/sh", "-c", dev], tmp_path, ready=lambda _: _listens(port), **settings) as program:
        with a_blocking_caller(f"http://127.0.0.1:{port}") as caller:
            caller.post("/api/v1/preferences/1", json={"email_enabled": True, "sms_enabled": True})
            whom = {"user_id": 1, "user_email": "zoë@example.com", "user_phone_number": "1231233"}
            body = whom | {"title": "Ä", "message": "ö"}
            accepted = caller.post("/api/v1/notifications/", json=body)
            assert accepted.status_code == 200, accepted.text
            address = f"/api/v1/notifications/{accepted.json()['id']}"
            wait_until(
                lambda: caller.get(address).json()["status"] == "sent",
                process=None,
                log=lambda: caller.get(address).text,
            )
            deliveries = caller.get(address).json()["deliveries"]
        assert [(each["state"], len(each["attempts"])) for each in deliveries] == [("sent", 1)] * 2
        os.kill(program.process.pid, signal.SIGTERM)
        assert program.process.wait(PATIENCE) == 0
        assert "Traceback" not in program.errors()
