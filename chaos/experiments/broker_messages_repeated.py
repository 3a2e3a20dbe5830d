"""A stranger publishes every message of the broker again and again, in any order."""

import asyncio
import json

from chaos import queue_messages, store_reader
from chaos.experiment import Experiment
from chaos.plan import Load
from chaos.trial import Trial

ROUNDS = 10


async def _disturb(trial: Trial) -> None:
    for _ in range(ROUNDS):
        await asyncio.sleep(trial.random_seconds(0.05, 0.3))
        stored = await store_reader.read_deliveries(trial.cluster.database_url, trial.tag)
        messages = []
        for channel in ("email", "sms"):
            ids = [one.id for one in stored if one.channel == channel] * 3
            trial.random.shuffle(ids)
            for start in range(0, len(ids), 50):
                body = json.dumps({"v": 1, "deliveries": ids[start : start + 50]}).encode()
                messages.append((channel, body))
        trial.note_fault()
        await queue_messages.publish(trial.cluster.broker.url, messages)


EXPERIMENT = Experiment(
    id="B13",
    question="Every broker message comes thirty times, shuffled and on both workers: is any email sent twice?",
    disturb=_disturb,
    trials=30,
    load=Load(count=200, rate=80),
)
