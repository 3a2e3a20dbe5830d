"""Broken rows are among those that are sent, on SQLite, which keeps any value in any column."""

from dataclasses import replace

from chaos.experiments import broken_rows
from chaos.plan import Plan, StoreName

EXPERIMENT = replace(
    broken_rows.EXPERIMENT,
    id="B36b",
    question="As B36 on SQLite, where any column may hold any kind of value: are all others sent?",
    plan=Plan(store=StoreName.SQLITE),
)
