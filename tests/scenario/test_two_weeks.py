"""Two weeks in the life of many people, over a change of clocks, with an independent model beside them.

`make weeks` plays them for 1,000 people on each store.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from property_alert_notification.base.settings import Settings
from tests.scenario.plan import make_plan
from tests.scenario.play import Play

USERS, SEED = os.environ.get("WEEKS_USERS"), os.environ.get("WEEKS_SEED")

SHOWN = 30
"""Differences that a failure names."""

ALWAYS = (("sqlite", 0, 200), ("postgresql", 1, 12))
"""What every run of all tests plays: autumn with even seeds, spring with odd ones."""

HAPPENS = {
    "sent sent",
    "sent in_digest",
    "sending ",
    "held legal_window",
    "held quiet_hours",
    "held over_cap",
    "collected collected",
    "collected over_cap",
    "collected in_digest",
    "suppressed user_opted_out",
    "suppressed no_preferences",
    "suppressed category_refused",
    "suppressed category_not_asked_for",
    "expired expired",
    "cancelled cancelled",
}
"""States and reasons that deliveries come into; without them the two weeks would show nothing."""

ENOUGH = 200
"""So many people do all that."""

WEEKS = [(store, int(SEED or seed), int(USERS or users)) for store, seed, users in ALWAYS]


@pytest.mark.timeout(900)
@pytest.mark.parametrize(("store", "seed", "users"), WEEKS)
async def test_every_message_is_sent_or_not_as_the_model_says(
    store: str,
    seed: int,
    users: int,
    request: pytest.FixtureRequest,
    tmp_path: Path,
    migrated_sqlite: Callable[[Path], str],
) -> None:
    quick: dict[str, Any] = {"store_timeout": 30, "log_level": "error", "retry_first_wait": 0.001}
    if store == "sqlite":
        url = migrated_sqlite(tmp_path / "weeks.db")
    else:
        url = request.getfixturevalue("migrated_postgres_url")
    play = Play(Settings(database_url=url, **quick), make_plan(seed, users))

    await play.run()

    assert not play.problems, f"{len(play.problems)} differences:\n" + "\n".join(play.problems[:SHOWN])
    assert users < ENOUGH or play.happened.keys() >= HAPPENS
