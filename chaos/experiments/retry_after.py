"""Providers ask for a pause, in every form that there is, sensible or not."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from chaos.experiment import Experiment
from chaos.plan import Load, Plan
from chaos.provider.faults import HTTP, Fault
from chaos.trial import Trial

ASKED = 1
"""Seconds that a sensible answer asks for."""


async def _disturb(trial: Trial) -> None:
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=3), usegmt=True)
    # A provider that asks for a long wait gets nothing for minutes, so this must be rare.
    preferences = {str(ASKED): 0.1, date: 0.05, "-5": 0.1, "1000000000": 0.01, "9" * 400: 0.05, "soon": 0.1, "": 0.05}
    await trial.inject_faults(
        *(
            Fault(HTTP, "429", share=share, headers={"Retry-After": wish}, provider="http")
            for wish, share in preferences.items()
        ),
        Fault("mail", "421 4.7.0 too many", share=0.1),
        Fault("rcpt", "451 4.7.1 slower please", share=0.1),
        Fault("dot", "452 4.3.1 not now", share=0.1),
    )
    await trial.until_accepted(1.0)
    await trial.until_taken(0.9)
    await trial.clear_faults()
    if early := _too_early(trial):
        trial.wrong["tried before the pause was over that a provider asked for"] += early
    # They would go on leaving alone a gateway that asked for ages, in the next trial too.
    for worker in trial.cluster.workers:
        await trial.in_thread(worker.stop)
        await trial.in_thread(worker.start)


def _too_early(trial: Trial) -> int:
    not_before: dict[str, float] = {}
    early = 0
    for entry in trial.entries():
        if entry.provider == "http":
            early += entry.at < not_before.get(entry.key, 0.0)
        if entry.answer == f"429 {ASKED}":
            not_before[entry.key] = entry.at + ASKED
    return early


EXPERIMENT = Experiment(
    id="B26",
    question="Providers ask for pauses by 421, 451, 452 and 429, some of them nonsense: are they kept, and clamped?",
    disturb=_disturb,
    trials=20,
    plan=Plan(settings={"SMS_PROVIDER": "http,http@backup"}),
    load=Load(count=200, rate=60),
)
