"""Workers are killed in the moment in which the digests of many users are made, on SQLite."""

from chaos.experiment import Bound, Experiment
from chaos.experiments.digests import kill_while_digests_are_made, share_users, want_digests
from chaos.plan import Load, Plan, StoreName

EXPERIMENT = Experiment(
    id="B38b",
    question="As B38 on SQLite: is each item in one digest, sent once?",
    disturb=kill_while_digests_are_made,
    trials=10,
    bound=Bound.ON_THE_WIRE,
    plan=Plan(store=StoreName.SQLITE, workers=3),
    load=Load(count=600, rate=100, shape=share_users),
    prepare=want_digests,
)
