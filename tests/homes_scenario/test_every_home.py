"""The sales of King County replayed against many saved searches: everyone hears of every home that matches, once.

Searches alert at once, daily or weekly; matchers and workers are killed at any statement meanwhile. An independent
model says who must be told what. It is compared with the alerts, with the told ledger and with what the SMTP server
took. `make homes` plays all 21,613 sales against 100,000 searches on each store.
"""

import gc
import os
from collections.abc import Callable
from pathlib import Path
from random import Random
from time import monotonic

import pytest

from property_alert_notification.base import logs
from property_alert_notification.base.settings import Settings
from tests.homes_scenario.expected import Digest, Mail
from tests.homes_scenario.market import arrivals, some_sales
from tests.homes_scenario.play import START, Play
from tests.homes_scenario.searches import some_searches
from tests.pipeline.world import World
from tests.scenario.clock import ScenarioClock
from tests.services.smtp import SmtpServer

RECORDS, SEARCHES, SEED = (os.environ.get(f"HOMES_{name}") for name in ("RECORDS", "SEARCHES", "SEED"))

ALWAYS = 150, 600
"""Sales and searches that every run of all tests plays: some ten seconds of a processor on each store."""

KILL_EVERY = 3
"""Turns of matchers and workers, of which one ends with a kill."""

SHOWN = 30
"""Differences that a failure names."""

STORES = ("sqlite", "postgresql")


@pytest.mark.long
@pytest.mark.timeout(36_000 if RECORDS else 900)
@pytest.mark.filterwarnings("ignore:unclosed connection:ResourceWarning")  # of processes that were killed
@pytest.mark.parametrize("store", STORES)
async def test_everyone_is_told_once_of_every_home_that_matches(
    store: str,
    request: pytest.FixtureRequest,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    smtp_server: SmtpServer,
    migrated_sqlite: Callable[[Path], str],
) -> None:
    sales_wanted, searches_wanted = int(RECORDS or ALWAYS[0]), int(SEARCHES or ALWAYS[1])
    random, began = Random(int(SEED or 13)), monotonic()

    def say(line: str) -> None:
        if RECORDS:
            with capsys.disabled():
                print(f"{monotonic() - began:6.0f} s  {line}", flush=True)  # noqa: T201 - so that one sees that it goes on

    for name, value in {"HOST": smtp_server.host, "PORT": str(smtp_server.port), "STARTTLS": "off"}.items():
        monkeypatch.setenv(f"SMTP_{name}", value)
    monkeypatch.setenv("EMAIL_FROM", "alerts@example.com")
    monkeypatch.setenv("LISTING_RETENTION_DAYS", "36500")  # these homes were sold years ago
    logs.configure(level="error", as_json=True)
    if store == "sqlite":
        url = migrated_sqlite(tmp_path / "homes.db")
    else:
        url = request.getfixturevalue("migrated_postgres_url")
    sales = some_sales(random, sales_wanted)
    searches = list(some_searches(random, sales, searches_wanted))
    settings = Settings(database_url=url, email_provider="smtp", store_timeout=30, log_level="error")
    clock = ScenarioClock(START)
    async with World(settings, smtp_server, clock=clock) as world:
        play = Play(world, clock, random, searches, kill_every=KILL_EVERY)
        await play.run(list(arrivals(random, sales)), say)
        problems = await play.differences()
    gc.collect()  # what killed processes left open warns here, and not in another test
    expected, crew = play.expected, play.crew
    say(
        f"{store}: {play.records:,} records, {expected.changes:,} changes, {expected.alerts.total():,} alerts of "
        f"{expected.told.total():,} facts, {expected.mails.total():,} mails, "
        f"{crew.matchers_killed} matchers and {crew.workers_killed} workers killed"
    )
    assert not problems, f"{len(problems)} differences:\n" + "\n".join(problems[:SHOWN])
    assert crew.matchers_killed
    assert crew.divisions
    assert crew.workers_killed
    assert {type(one) for one in expected.mails} == {Mail, Digest}
    assert {kind for _, _, kind in expected.told} >= {"New Listing", "Price Change", "In Range", "Back On Market"}
