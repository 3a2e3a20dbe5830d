"""One caller calls far more often than their key allows, beside others who call as ever."""

import asyncio
import math
import time
from collections.abc import Sequence

from chaos.call_log import CallLog
from chaos.caller import Caller, notification
from chaos.cluster import create_key
from chaos.experiment import Experiment
from chaos.plan import PATIENT, Load
from chaos.trial import Trial

CALM = 0.5
"""The share of the load before the greedy one begins."""

GREED, ALLOWED = 200, 20
"""Their calls per second: made, and allowed."""

AT_ONCE = 64

TIMES = 2
"""How much longer slow answers to the others may take beside the greedy one."""

SOON = 0.25
"""Seconds within which an answer is never late, however soon it came before."""


async def _disturb(trial: Trial) -> None:
    cluster = trial.cluster
    key = await trial.in_thread(
        lambda: create_key(
            f"greedy-{trial.seed}", folder=cluster.folder, settings=cluster.settings, rate=f"{ALLOWED}/s"
        )
    )
    await trial.until_accepted(CALM)
    calm = list(trial.call_log.seconds)
    trial.note_fault()
    theirs = CallLog()
    bodies = await _call(trial, key, theirs)
    beside = trial.call_log.seconds[len(calm) :]
    for status, count in trial.call_log.statuses.items():
        trial.note_problem(f"another caller was answered {status}", count if status != 200 else 0)
    trial.note_problem("another caller waited", _slow(beside) > max(TIMES * _slow(calm), SOON))
    for status, count in theirs.statuses.items():
        trial.note_problem(f"the greedy one was answered {status}", count if status not in {200, 429} else 0)
    trial.note_problem("nobody was refused, so nothing was tried", not theirs.statuses[429])
    # What they were refused must not arrive, and what was accepted must, as from any caller.
    trial.bodies |= bodies
    trial.call_log.ids |= theirs.ids


async def _call(trial: Trial, key: str, call_log: CallLog) -> dict[str, dict[str, object]]:
    """Call at a steady rate until the others are through; returns what was submitted, by reference."""
    bodies: dict[str, dict[str, object]] = {}
    began, count = time.monotonic(), len(trial.bodies)
    async with (
        Caller(trial.cluster.urls, key, call_log, trial.random, connections=AT_ONCE) as caller,
        asyncio.TaskGroup() as calls,
    ):
        while trial.call_log.accepted < count:
            number = len(bodies)
            body = notification(trial.first + count + number, trial.tag)
            bodies[body["reference"]] = body
            calls.create_task(caller.submit_once(body["reference"], body, first=number))
            await asyncio.sleep(max(0.0, began + number / GREED - time.monotonic()))
    return bodies


def _slow(seconds: Sequence[float]) -> float:
    """Within which 95 of 100 answers came: of the few calls of a trial, the last ones depend on the machine only."""
    return sorted(seconds)[math.ceil(0.95 * len(seconds)) - 1] if seconds else 0.0


EXPERIMENT = Experiment(
    id="B30b",
    question="One caller calls ten times as often as their key allows: are they refused, and do others notice nothing?",
    disturb=_disturb,
    trials=10,
    plan=PATIENT,
    load=Load(count=500, rate=50),
)
