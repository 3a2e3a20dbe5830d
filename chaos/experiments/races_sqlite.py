"""Twenty callers race for each of a thousand keys while API processes are killed, on SQLite."""

from dataclasses import replace

from chaos.experiments import races
from chaos.plan import Plan, StoreName

EXPERIMENT = replace(
    races.EXPERIMENT,
    id="A3",
    question="As B1, for 1,000 keys on SQLite: is each accepted and sent once?",
    plan=Plan(store=StoreName.SQLITE),
)
