"""Workers are killed in the moment in which the occurrences of many schedules come, on SQLite."""

from dataclasses import replace

from chaos.experiments import schedules
from chaos.plan import Plan, StoreName

EXPERIMENT = replace(
    schedules.EXPERIMENT,
    id="B37b",
    question="As B37 on SQLite: does each occurrence come once?",
    plan=Plan(store=StoreName.SQLITE, workers=3),
    load=replace(schedules.EXPERIMENT.load, count=200, rate=60),
)
