"""Three workers release what falls due at one moment, and one of them is frozen over it."""

from datetime import UTC, datetime, timedelta

from chaos.experiment import Bound, Experiment
from chaos.plan import Load, Plan
from chaos.trial import Trial

LATER = 5.0
"""Seconds between the first call and the moment for which all are scheduled."""


def _schedule(body: dict[str, object], number: int) -> None:
    # To the same second, whichever notification comes first.
    body["send_at"] = (datetime.now(UTC) + timedelta(seconds=LATER)).replace(microsecond=0).isoformat()


async def _disturb(trial: Trial) -> None:
    await trial.until_accepted(1.0)
    worker = trial.random.choice(trial.cluster.workers)
    await trial.until_taken(trial.random_seconds(0.0, 0.3))
    await trial.freeze(worker)


EXPERIMENT = Experiment(
    id="B20",
    question="Three workers release what was scheduled for one second, one of them frozen: is each released once?",
    disturb=_disturb,
    trials=30,
    bound=Bound.ON_THE_WIRE,
    plan=Plan(workers=3),
    load=Load(count=400, rate=200, shape=_schedule),
)
