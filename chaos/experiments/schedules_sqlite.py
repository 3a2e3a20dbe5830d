"""Workers are killed in the moment in which the occurrences of many schedules come, on SQLite."""

from chaos.experiment import Bound, Experiment
from chaos.experiments.schedules import come_once, kill_while_they_come
from chaos.plan import Load, Plan, StoreName

EXPERIMENT = Experiment(
    id="B37b",
    question="As B37 on SQLite: does each occurrence come once?",
    disturb=kill_while_they_come,
    trials=10,
    bound=Bound.ON_THE_WIRE,
    plan=Plan(store=StoreName.SQLITE, workers=3),
    load=Load(count=200, rate=60, path="/api/v1/schedules", shape=come_once),
)
