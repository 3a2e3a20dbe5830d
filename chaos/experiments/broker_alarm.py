"""RabbitMQ raises its disk alarm, and takes no message until it is cleared."""

import asyncio

from chaos.experiment import Experiment
from chaos.plan import PATIENT, Load
from chaos.readiness import readiness
from chaos.trial import Trial

USUAL = "50MB"


async def _disturb(trial: Trial) -> None:
    broker = trial.cluster.broker
    await trial.until_some_are_taken(0.4)
    trial.note_fault()
    await trial.in_thread(broker.ctl, "set_disk_free_limit", "900GB")
    try:
        await asyncio.sleep(trial.random_seconds(3, 8))
        if (status := await readiness(trial.cluster.urls[0])) != "degraded":
            trial.wrong[f"an API whose broker takes nothing says that it is {status}"] += 1
    finally:
        await trial.in_thread(broker.ctl, "set_disk_free_limit", USUAL)
    trial.wrong += trial.call_log.errors


EXPERIMENT = Experiment(
    id="B10",
    question="RabbitMQ's disk alarm blocks every publish for seconds: does anything hang or come twice?",
    disturb=_disturb,
    trials=15,
    plan=PATIENT,
    load=Load(count=500, rate=50),
)
