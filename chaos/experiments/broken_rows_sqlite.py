"""Broken rows are among those that are sent, on SQLite, which keeps any value in any column."""

from chaos.experiment import Experiment
from chaos.experiments.broken_rows import plant_broken_rows
from chaos.plan import Load, Plan, StoreName

EXPERIMENT = Experiment(
    id="B36b",
    question="As B36 on SQLite, where any column may hold any kind of value: are all others sent?",
    disturb=plant_broken_rows,
    trials=10,
    plan=Plan(store=StoreName.SQLITE),
    load=Load(count=150, rate=40),
)
