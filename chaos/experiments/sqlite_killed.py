"""Everything is killed that works on one SQLite file, while another process reads it."""

import sqlite3
from contextlib import closing

from chaos.experiment import Bound, Experiment
from chaos.plan import Load, Plan, StoreName
from chaos.trial import Trial


async def _disturb(trial: Trial) -> None:
    path = trial.cluster.database_url.removeprefix("sqlite:///")
    with closing(sqlite3.connect(path, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM deliveries").fetchone()  # from here on it holds up every checkpoint
        for moment in trial.random_shares(4, until=0.8):
            await trial.until_accepted(moment)
            await trial.kill_one(trial.cluster.servers)
    await trial.until_accepted(1.0)
    with closing(sqlite3.connect(path)) as checker:
        if (found := checker.execute("PRAGMA integrity_check").fetchone()[0]) != "ok":
            trial.wrong[f"integrity check: {found}"] += 1
    if locked := sum(server.log().count("database is locked") for server in trial.cluster.servers):
        trial.wrong["database is locked"] += locked


EXPERIMENT = Experiment(
    id="B32",
    question="Two APIs and two workers on one SQLite file are killed while it is read: is it whole, and all sent?",
    disturb=_disturb,
    trials=40,
    bound=Bound.ON_THE_WIRE,
    plan=Plan(store=StoreName.SQLITE),
    load=Load(count=200, rate=60),
)
