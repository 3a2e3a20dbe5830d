"""RabbitMQ is away for a while; accepting goes on."""

import asyncio

from chaos.experiment import Experiment
from chaos.plan import PATIENT, Load
from chaos.readiness import readiness
from chaos.trial import Trial


async def _disturb(trial: Trial) -> None:
    await trial.until_accepted(0.1)
    trial.note_fault()
    await trial.in_thread(trial.cluster.broker.stop)
    await asyncio.sleep(2)
    if (status := await readiness(trial.cluster.urls[0])) != "degraded":
        trial.wrong[f"an API without its broker says that it is {status}"] += 1
    await asyncio.sleep(trial.random_seconds(1, 6))
    await trial.in_thread(trial.cluster.broker.start)
    trial.wrong += trial.call_log.errors


EXPERIMENT = Experiment(
    id="B7",
    question="RabbitMQ is down for seconds: is everything accepted meanwhile, and sent afterwards?",
    disturb=_disturb,
    trials=15,
    plan=PATIENT,
    load=Load(count=500, rate=50),
)
