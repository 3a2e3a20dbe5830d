"""Two weeks in the life of many people, over a change of clocks, with an independent model beside them.

`make weeks` plays them for 1,000 people on each store.
"""

import os
import sqlite3
from collections.abc import Callable
from pathlib import Path
from time import monotonic
from typing import Any

import pytest

from property_alert_notification.base.settings import Settings
from property_alert_notification.database import sqlite_connections
from property_alert_notification.operators.pauses import cache as pauses_cache
from property_alert_notification.people.categories import cache as categories_cache
from tests.scenario.plan import make_plan
from tests.scenario.play import Play
from tests.scenario.table import table
from tests.scenario.users import UserService
from tests.services.serving import serving

USERS, SEED = os.environ.get("WEEKS_USERS"), os.environ.get("WEEKS_SEED")

SHOWN = 30
"""Differences that a failure names."""

ALWAYS = (("sqlite", 0, 200), ("postgresql", 1, 12))
"""What every run of all tests plays: autumn with even seeds, spring with odd ones."""

HAPPENS = {
    "sent sent",
    "sent in_digest",
    "held legal_window",
    "held quiet_hours",
    "held over_cap",
    "collected collected",
    "collected over_cap",
    "collected in_digest",
    "suppressed user_opted_out",
    "suppressed no_preferences",
    "suppressed no_address",
    "suppressed category_refused",
    "suppressed category_not_asked_for",
    "failed no_such_user",
    "expired expired",
    "expired too_old",
    "cancelled cancelled",
}
"""States and reasons that deliveries come into; without them the two weeks would show nothing."""

ENOUGH = 200
"""So many people do all that."""

WEEKS = [(store, int(SEED or seed), int(USERS or users)) for store, seed, users in ALWAYS]


set_pragmas = sqlite_connections._set_pragmas


def set_pragmas_without_flushing(connection: sqlite3.Connection) -> None:
    """Workers die here, the machine does not: that all reaches the disk would take a third of the time."""
    set_pragmas(connection)
    connection.execute("PRAGMA synchronous=OFF")


@pytest.mark.long
@pytest.mark.timeout(3_600 if USERS else 900)
@pytest.mark.parametrize(("store", "seed", "users"), WEEKS)
async def test_every_message_is_sent_or_not_as_the_model_says(
    store: str,
    seed: int,
    users: int,
    request: pytest.FixtureRequest,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    migrated_sqlite: Callable[[Path], str],
) -> None:
    quick: dict[str, Any] = {"store_timeout": 30, "log_level": "error", "retry_first_wait": 0.001}
    if store == "sqlite":
        url = migrated_sqlite(tmp_path / "weeks.db")
    else:
        url = request.getfixturevalue("migrated_postgres_url")
    user_service, began = UserService(), monotonic()

    def say(line: str) -> None:
        if USERS:
            with capsys.disabled():
                print(line, flush=True)  # noqa: T201 - so that one sees that it goes on

    monkeypatch.setattr(sqlite_connections, "_set_pragmas", set_pragmas_without_flushing)
    # Nobody pauses anything here, and every process is told of a change of categories.
    for loop in (categories_cache, pauses_cache):
        monkeypatch.setattr(loop, "POLL", 3_600)
    async with serving(user_service) as address:
        monkeypatch.setenv("USER_SERVICE_URL", f"{address}/users/{{user_id}}")
        play = Play(
            Settings(database_url=url, **quick), make_plan(seed, users), user_service, workers=3 if USERS else 2
        )
        say(f"\n{users} people on {store}, seed {seed}")
        await play.run(
            lambda day: say(f"{monotonic() - began:6.0f} s  {day:%a %d %b}  {len(play.problems)} differences")
        )

    say(table(play))
    assert not play.problems, f"{len(play.problems)} differences:\n" + "\n".join(play.problems[:SHOWN])
    assert users < ENOUGH or play.comparison.happened.keys() >= HAPPENS
    assert users < ENOUGH or (play.kills and play.expected.deliveries.disturbing)
