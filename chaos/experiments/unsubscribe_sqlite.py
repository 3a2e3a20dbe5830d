"""Users unsubscribe by one click while messages to them are on the way, on SQLite."""

from dataclasses import replace

from chaos.experiments import unsubscribe
from chaos.plan import Plan, StoreName

EXPERIMENT = replace(
    unsubscribe.EXPERIMENT,
    id="B24c",
    question="As B24b on SQLite: is any email claimed after the answer to a click?",
    plan=Plan(store=StoreName.SQLITE, settings=unsubscribe.SETTINGS_HERE),
)
