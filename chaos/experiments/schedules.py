"""Workers are killed in the moment in which the occurrences of many schedules come."""

import asyncio
from datetime import UTC, datetime, timedelta

from chaos.experiment import Bound, Experiment
from chaos.plan import Load, Plan
from chaos.trial import Trial

EVERY_MINUTE = ",".join(map(str, range(60)))


def _come_once(body: dict[str, object], number: int) -> None:
    """Once, at a minute that comes when all are created: so all of them end."""
    start = datetime.now(UTC) + timedelta(seconds=135)
    body |= {
        "rrule": f"FREQ=HOURLY;BYMINUTE={EVERY_MINUTE};COUNT=1",
        "start": start.strftime("%Y-%m-%dT%H:%M"),
        "time_zone": "UTC",
    }


async def _disturb(trial: Trial) -> None:
    """Kill two workers when the minute begins, and another one later."""
    await trial.until_accepted(1.0)
    last = max(str(body["start"]) for body in trial.bodies.values())
    comes_in = datetime.fromisoformat(f"{last}Z") - datetime.now(UTC)
    await asyncio.sleep(max(0.0, comes_in.total_seconds() + trial.random_seconds(0.0, 0.7)))
    first, second, _ = trial.random.sample(trial.cluster.workers, 3)
    await asyncio.gather(trial.kill(first), trial.kill(second))
    await trial.until_taken(trial.random.uniform(0.1, 0.5))
    await trial.kill_one(trial.cluster.workers)


EXPERIMENT = Experiment(
    id="B37",
    question="Three workers are killed while the occurrences of many schedules come: does each come once?",
    disturb=_disturb,
    trials=10,
    bound=Bound.ON_THE_WIRE,
    plan=Plan(workers=3),
    load=Load(count=300, rate=200, path="/api/v1/schedules", shape=_come_once),
)
