"""Twenty callers race for each of a thousand keys while API processes are killed, on PostgreSQL."""

from chaos.experiment import Experiment
from chaos.experiments.api_killed import kill_apis
from chaos.plan import Load

EXPERIMENT = Experiment(
    id="A2",
    question="As B1, for 1,000 keys on PostgreSQL: is each accepted and sent once?",
    disturb=kill_apis,
    trials=1,
    load=Load(count=1_000, rate=15, racers=20, replayed=True),
)
