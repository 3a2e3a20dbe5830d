"""Every doorbell is rung again and again, in any order, by somebody else."""

import asyncio
import json

from chaos import doorbells, ledger
from chaos.experiment import Experiment
from chaos.plan import Load
from chaos.trial import Trial

ROUNDS = 10


async def _disturb(trial: Trial) -> None:
    for _ in range(ROUNDS):
        await asyncio.sleep(trial.a_moment(0.05, 0.3))
        told = await ledger.tell(trial.stage.database_url, trial.tag)
        bells = []
        for channel in ("email", "sms"):
            ids = [one.id for one in told if one.channel == channel] * 3
            trial.dice.shuffle(ids)
            for start in range(0, len(ids), 50):
                body = json.dumps({"v": 1, "deliveries": ids[start : start + 50]}).encode()
                bells.append((channel, body))
        trial.strike()
        await doorbells.ring(trial.stage.broker.url, bells)


EXPERIMENT = Experiment(
    id="B13",
    question="Every doorbell comes thirty times, shuffled and on both workers: does any message leave twice?",
    disturb=_disturb,
    trials=30,
    load=Load(count=200, rate=80),
)
