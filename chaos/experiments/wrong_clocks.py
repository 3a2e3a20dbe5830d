"""An API and three workers run on machines whose clocks are an hour ahead, an hour behind, and half a minute ahead."""

import time
from datetime import UTC, datetime, timedelta

from chaos.experiment import Experiment
from chaos.plan import Load, Plan
from chaos.provider.faults import HTTP, Fault
from chaos.trial import Trial

LATER = 6.0
"""Seconds between the start of a trial and the moment for which a third of the messages is scheduled."""

EXACT = 0.5
"""Seconds by which a clock that follows another may be wrong: half the time of an answer, which may be slow here."""

EXPIRES = 1800.0
"""Seconds that another third may wait: less than the clocks are wrong."""


def _shape(body: dict[str, object], number: int) -> None:
    now = datetime.now(UTC)
    if number % 3 == 1:
        body["send_at"] = (now + timedelta(seconds=LATER)).isoformat()
    elif number % 3 == 2:
        body["expires_at"] = (now + timedelta(seconds=EXPIRES)).isoformat()


async def _disturb(trial: Trial) -> None:
    # Slow providers: leases are held for long enough to be stolen.
    await trial.inject_faults(Fault("dot", late=0.3, share=0.5), Fault(HTTP, late=0.3, share=0.5))
    await trial.until_taken(1.0)
    trial.note_problem("sent before its time", _early(trial))


def _early(trial: Trial) -> int:
    """Messages that a provider took before they were due."""
    since = time.time() - time.monotonic()  # the journal is kept on the monotonic clock
    due_at: dict[str, float] = {}
    for body in trial.bodies.values():
        if "send_at" in body:
            moment = datetime.fromisoformat(body["send_at"]).timestamp() - since
            due_at[body["user_email"]] = due_at[body["user_phone_number"]] = moment
    return sum(one.kind == "taken" and one.at < due_at.get(one.to, 0.0) - EXACT for one in trial.entries())


EXPERIMENT = Experiment(
    id="B22",
    question="An API and three workers whose clocks are wrong by an hour or 30 s: is nothing early, expired or stolen?",
    disturb=_disturb,
    trials=20,
    plan=Plan(
        workers=3,
        ahead={"api-1": 3600.0, "worker-1": 3600.0, "worker-2": -3600.0, "worker-3": 30.0},
    ),
    load=Load(count=300, rate=100, shape=_shape),
)
