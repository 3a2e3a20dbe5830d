"""Twenty callers race for each of a thousand keys while API processes are killed, on PostgreSQL."""

from dataclasses import replace

from chaos.experiments import api_killed

EXPERIMENT = replace(
    api_killed.EXPERIMENT,
    id="A2",
    question="As B1, for 1,000 keys on PostgreSQL: is each accepted and sent once?",
    trials=1,
    load=replace(api_killed.EXPERIMENT.load, count=1_000, rate=15),
)
