"""`migrate`: there, back, and whether the models agree."""

from pathlib import Path

import pytest

from property_alert_notification.database import migrations
from tests.cli.command import run
from tests.services.process import free_port

NEWEST = migrations.revisions()[-1]


def test_migrate_prints_its_steps_and_the_second_run_has_none(tmp_path: Path) -> None:
    first, second = run(tmp_path, "migrate"), run(tmp_path, "migrate")

    assert (first.returncode, second.returncode) == (0, 0)
    assert f"from base to {NEWEST}" in first.stdout
    assert f"Done: it is at {NEWEST}." in first.stdout
    assert "Nothing to do" in second.stdout


@pytest.mark.usefixtures("migrated_sqlite_url")
def test_going_back_asks_first(tmp_path: Path) -> None:
    refused = run(tmp_path, "migrate", "--to", "base", answer="n\n")
    still = run(tmp_path, "migrate")
    agreed = run(tmp_path, "migrate", "--to", "base", "--yes")

    assert refused.returncode == 1
    assert "is lost" in refused.stdout
    assert "Nothing to do" in still.stdout
    assert "Done: it is at base." in agreed.stdout


def test_a_revision_that_does_not_exist_is_named(tmp_path: Path) -> None:
    done = run(tmp_path, "migrate", "--to", "9999")

    assert (done.returncode, done.stdout) == (2, "")
    assert "no revision is called '9999'" in done.stderr


def test_models_and_migrations_agree_on_sqlite_and_postgresql(tmp_path: Path, postgres_url: str) -> None:
    assert run(tmp_path, "migrate", DATABASE_URL=postgres_url).returncode == 0

    done = run(tmp_path, "migrate", "--check", DATABASE_URL=postgres_url)

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("✓") == 2
    assert not list(tmp_path.iterdir())


def test_a_store_that_is_away_is_reported_in_one_line_without_its_password(tmp_path: Path) -> None:
    away = f"postgresql://alerts:a-secret@127.0.0.1:{free_port()}/alerts"

    done = run(tmp_path, "migrate", "--wait", "0", DATABASE_URL=away)

    assert done.returncode == 1
    assert done.stderr.startswith("error: DATABASE_URL: postgresql://alerts@127.0.0.1")
    assert "a-secret" not in done.stderr
    assert done.stderr.count("\n") == 1
