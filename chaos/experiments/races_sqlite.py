"""Twenty callers race for each of a thousand keys while API processes are killed, on SQLite."""

from chaos.experiment import Experiment
from chaos.experiments.api_killed import kill_apis
from chaos.plan import Load, Plan, StoreName

EXPERIMENT = Experiment(
    id="A3",
    question="As B1, for 1,000 keys on SQLite: is each accepted and sent once?",
    disturb=kill_apis,
    trials=1,
    plan=Plan(store=StoreName.SQLITE),
    load=Load(count=1_000, rate=15, racers=20, replayed=True),
)
