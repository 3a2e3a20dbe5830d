"""RabbitMQ is frozen: it takes connections, and says nothing."""

import asyncio

from chaos.experiment import Experiment
from chaos.plan import PATIENT, Load
from chaos.trial import Trial

LONG = 40.0
"""Seconds: longer than three heartbeats, so that connections are closed."""


async def _disturb(trial: Trial) -> None:
    await trial.until_some_are_taken(0.4)
    trial.note_fault()
    trial.cluster.broker.freeze()
    await asyncio.sleep(LONG if trial.random.random() < 0.2 else trial.random_seconds(3, 8))
    trial.cluster.broker.thaw()
    trial.wrong += trial.call_log.errors


EXPERIMENT = Experiment(
    id="B8",
    question="RabbitMQ is frozen for 3 to 8 or for 40 s: does anything hang, and do the workers receive again?",
    disturb=_disturb,
    trials=20,
    plan=PATIENT,
    load=Load(count=300, rate=60),
)
