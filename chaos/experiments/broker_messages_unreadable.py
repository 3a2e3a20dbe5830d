"""The queues hold messages that the listener cannot read, between those that it can."""

import asyncio
import json
from uuid import uuid4

from chaos import queue_messages
from chaos.experiment import Experiment
from chaos.plan import Load
from chaos.trial import Trial

ROUNDS = 5


def _poison() -> list[bytes]:
    return [
        b"",
        b"not json",
        b"\xff\xfe\x00",
        b'{"v":99,"deliveries":[]}',
        b'{"v":1}',
        b'{"v":1,"deliveries":"all"}',
        b'{"v":1,"deliveries":["x"]}',
        b"[" * 50_000,
        b"x" * 10_000_000,
        json.dumps({"v": 1, "deliveries": [str(uuid4()) for _ in range(50)]}).encode(),
    ]


async def _disturb(trial: Trial) -> None:
    for _ in range(ROUNDS):
        await asyncio.sleep(trial.random_seconds(0.05, 0.3))
        messages = [(channel, body) for channel in ("email", "sms") for body in _poison()]
        trial.random.shuffle(messages)
        trial.note_fault()
        await queue_messages.publish(trial.cluster.broker.url, messages)
    await trial.until_taken(1.0)
    # Until then the trial does not end: what is unreadable must not stay.
    while await trial.in_thread(queue_messages.count_unacknowledged, trial.cluster.broker):
        pass


EXPERIMENT = Experiment(
    id="B14a",
    question="Bad JSON, unknown versions, 10 MB and unknown ids lie in the queues: are their neighbours sent?",
    disturb=_disturb,
    trials=20,
    load=Load(count=150, rate=80),
)
