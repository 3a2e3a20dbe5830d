"""Broken rows on the command line: each is shown as far as it can."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from chaos.broken_rows import kinds_for, plant
from tests.cli.command import run, words


@pytest.mark.parametrize("store", ["sqlite", "postgresql"])
def test_broken_notifications_are_listed_and_shown(
    store: str, request: pytest.FixtureRequest, tmp_path: Path, migrated_sqlite: Callable[[Path], str]
) -> None:
    url = (
        migrated_sqlite(tmp_path / "app.db") if store == "sqlite" else request.getfixturevalue("migrated_postgres_url")
    )
    planted = asyncio.run(plant(url, kinds_for(store)))
    there = {str(planted[kind.name]) for kind in kinds_for(store) if "gone" not in kind.ends}
    at_the_end = "wanted in the year 9999"

    table = run(tmp_path, "notifications", "list", "--limit", "100", DATABASE_URL=url, TZ="Pacific/Auckland")
    machine = run(tmp_path, "notifications", "list", "--limit", "100", "--json", DATABASE_URL=url)
    shown = [
        run(tmp_path, "notifications", "show", str(planted[name]), DATABASE_URL=url, TZ="Pacific/Auckland")
        for name in (at_the_end, "unknown state", *_WORST[store])
    ]

    assert (table.returncode, machine.returncode) == (0, 0), table.stderr + machine.stderr
    assert {one["id"] for one in json.loads(machine.stdout)} >= there
    assert [done.returncode for done in shown] == [0] * len(shown), [done.stderr for done in shown]
    assert "Come and see" in words(shown[0].stdout)


_WORST = {
    "sqlite": ("a title that is no text", "accepted at no time", "text for a user"),
    "postgresql": ("accepted at -infinity", "expires in the year 200,000"),
}
