"""Workers are killed in the moment in which the digests of many users are made, on SQLite."""

from dataclasses import replace

from chaos.experiments import digests
from chaos.plan import Plan, StoreName

EXPERIMENT = replace(
    digests.EXPERIMENT,
    id="B38b",
    question="As B38 on SQLite: is each item in one digest, sent once?",
    plan=Plan(store=StoreName.SQLITE, workers=3),
    load=replace(digests.EXPERIMENT.load, count=600, rate=100),
)
