"""Every command that meets a store which is not ours says so in one line, and leaves it alone."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.cli.command import run
from tests.services.process import free_port


@pytest.mark.parametrize("command", ["check", "dev", "api", "worker", "migrate", "notifications"])
def test_a_file_of_something_else_is_reported_by_every_command(tmp_path: Path, command: str) -> None:
    path = tmp_path / "app.db"
    with closing(sqlite3.connect(path)) as store, store:
        store.executescript("CREATE TABLE customers (n INT); CREATE TABLE alembic_version (version_num VARCHAR(32))")
        store.execute("INSERT INTO alembic_version VALUES ('0003')")
    more = {"dev": ("--port", str(free_port())), "api": ("--port", str(free_port())), "notifications": ("list",)}

    done = run(tmp_path, command, *more.get(command, ()))

    shown = [line for line in (done.stdout + done.stderr).splitlines() if "customers" in line]
    assert len(shown) == 1
    assert "DATABASE_URL: " in shown[0]
    assert "belongs to something else: it has the tables customers and none of ours." in shown[0]
    assert done.returncode == (1 if command == "check" else 2)
    assert "Traceback" not in done.stderr
    with closing(sqlite3.connect(path)) as store:
        tables = {name for (name,) in store.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    assert tables == {"customers", "alembic_version"}


def test_migrate_reports_that_it_waits_for_an_unavailable_store(tmp_path: Path) -> None:
    away = f"postgresql://alerts:a-secret@127.0.0.1:{free_port()}/alerts"

    done = run(tmp_path, "migrate", "--wait", "1", DATABASE_URL=away)

    waiting, given_up = done.stderr.splitlines()
    assert done.returncode == 1
    assert waiting.startswith("Waiting for postgresql://alerts@127.0.0.1")
    assert given_up.startswith("error: DATABASE_URL: ")
    assert "a-secret" not in done.stderr


@pytest.mark.usefixtures("migrated_sqlite_url")
def test_a_downgrade_prints_what_it_deletes_before_it_asks(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "app.db")) as store, store:
        store.execute("INSERT INTO pauses (name, paused_at, paused_by) VALUES ('email', '2026-01-01', 'me')")

    refused = run(tmp_path, "migrate", "--to", "0005")

    assert refused.returncode == 1
    assert "the table pauses (1 rows)" in refused.stdout
    assert "the column deliveries.replayed_at (0 rows have a value)" in refused.stdout
    assert "Nothing to do" in run(tmp_path, "migrate").stdout
