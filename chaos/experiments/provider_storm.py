"""Both providers refuse everything for a while, on and off."""

import asyncio

from chaos.experiment import Experiment, Load
from chaos.provider.mood import DROP, HTTP, Fault
from chaos.trial import Trial


async def _disturb(trial: Trial) -> None:
    for moment in trial.moments(2, until=0.6):
        await trial.until_accepted(moment)
        greeting = trial.dice.choice(["421 4.3.2 closing", "554 5.3.2 no", DROP])
        await trial.misbehave(Fault("greeting", greeting), Fault("mail", "421 4.3.2 closing"), Fault(HTTP, "503"))
        await asyncio.sleep(trial.a_moment(1, 5))
        await trial.behave()


EXPERIMENT = Experiment(
    id="B27",
    question="Both providers refuse everything, on and off: is everything sent when they are back, and once?",
    disturb=_disturb,
    trials=20,
    load=Load(count=300, rate=60),
)
