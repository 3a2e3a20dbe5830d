"""The file of an SQLite store is its owner's alone, and so is what SQLite keeps beside it."""

import os
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from property_alert_notification.database import Database, migrations
from property_alert_notification.database.private_file import keep_private


def _modes(folder: Path) -> dict[str, int]:
    return {file.name: file.stat().st_mode & 0o777 for file in folder.iterdir()}


@pytest.mark.parametrize("before", [None, 0o644, 0o666, 0o640])
async def test_no_other_user_of_the_machine_reads_the_store(tmp_path: Path, before: int | None) -> None:
    names = ("app.db", "app.db-wal", "app.db-shm")
    if before is not None:
        (tmp_path / names[0]).touch()
        (tmp_path / names[0]).chmod(before)
    umask = os.umask(0)
    try:
        database = Database(f"sqlite+aiosqlite:///{tmp_path}/app.db", wait=30)
        await migrations.upgrade(database)
        modes = _modes(tmp_path)
        await database.close()
    finally:
        os.umask(umask)

    assert set(names) <= set(modes)
    assert set(modes.values()) == {0o600}


def test_what_may_not_be_changed_is_warned_about(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "app.db"
    file.touch(0o644)

    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(Path, "chmod", refuse)
    with capture_logs() as logs:
        keep_private(str(file))

    assert [(one["event"], one["file"]) for one in logs] == [("store.open_to_others", str(file))]


@pytest.mark.parametrize("path", [":memory:", "", "file:x?mode=memory"])
def test_what_is_no_file_is_left_alone(tmp_path: Path, path: str) -> None:
    keep_private(path)

    assert list(tmp_path.iterdir()) == []
