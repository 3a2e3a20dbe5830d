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
from tests.homes_scenario.mail_server import serving_mail
from tests.homes_scenario.market import arrivals, some_sales
from tests.homes_scenario.play import START, Play
from tests.homes_scenario.searches import some_searches
from tests.pipeline.world import World
from tests.scenario.clock import ScenarioClock
from tests.services.postgres import Postgres
from tests.services.shared import migrate

RECORDS, SEARCHES, SEED = (os.environ.get(f"HOMES_{name}") for name in ("RECORDS", "SEARCHES", "SEED"))

ALWAYS = 150, 600
"""Sales and searches that every run of all tests plays: some ten seconds of a processor on each store."""

KILL_EVERY = 3
"""Turns of intakes, matchers and workers, of which one ends with a kill."""

KILLED = 45
"""Of each, about, if there are many turns: a matcher that takes over reads all searches."""

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
    migrated_sqlite: Callable[[Path], str],
) -> None:
    sales_wanted, searches_wanted = int(RECORDS or ALWAYS[0]), int(SEARCHES or ALWAYS[1])
    random, began = Random(int(SEED or 13)), monotonic()

    def say(line: str) -> None:
        if RECORDS:
            with capsys.disabled():
                print(f"{monotonic() - began:6.0f} s  {line}", flush=True)  # noqa: T201 - so that one sees that it goes on

    monkeypatch.setenv("SMTP_STARTTLS", "off")
    monkeypatch.setenv("SMTP_CONNECTIONS", "32")  # a turn of a worker sends as much
    monkeypatch.setenv("EMAIL_FROM", "alerts@example.com")
    monkeypatch.setenv("LISTING_RETENTION_DAYS", "36500")  # these homes were sold years ago
    logs.configure(level="error", as_json=True)
    url = migrated_sqlite(tmp_path / "homes.db") if store == "sqlite" else _postgres(request)
    sales = some_sales(random, sales_wanted)
    searches = list(some_searches(random, sales, searches_wanted))
    calls = list(arrivals(random, sales))
    clock = ScenarioClock(START)
    with serving_mail(tmp_path) as mail_server:
        monkeypatch.setenv("SMTP_HOST", mail_server.host)
        monkeypatch.setenv("SMTP_PORT", str(mail_server.port))
        settings = Settings(database_url=url, email_provider="smtp", store_timeout=30, log_level="error")
        async with World(settings, None, clock=clock) as world:
            kill_every = max(KILL_EVERY, 2 * len(calls) // KILLED)
            play = Play(world, mail_server, clock, random, searches, kill_every=kill_every)
            await play.run(calls, say)
            say("comparing")
            problems = await play.differences()
    gc.collect()  # what killed processes left open warns here, and not in another test
    expected, crew = play.expected, play.crew
    say(f"{store}: {play.progress()}")
    say(", ".join(f"{part} {seconds:,.0f} s" for part, seconds in play.seconds.items()) + " of the processor")
    assert not problems, f"{len(problems)} differences:\n" + "\n".join(problems[:SHOWN])
    assert crew.matchers_killed
    assert crew.divisions
    assert crew.workers_killed
    assert play.feeds.killed
    assert {type(one) for one in expected.mails} == {Mail, Digest}
    assert {kind for _, _, kind in expected.told} >= {"New Listing", "Price Change", "In Range", "Back On Market"}


def _postgres(request: pytest.FixtureRequest) -> str:
    if not RECORDS:
        url: str = request.getfixturevalue("migrated_postgres_url")
        return url
    # Of its own, which vacuums: that of all tests does not, because its databases stay small.
    server: Postgres = request.getfixturevalue("postgres")
    url = server.create_database()
    migrate(url)
    return url
