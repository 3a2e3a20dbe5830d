"""The SMS gateway takes messages and breaks off, or breaks off without having taken them."""

from chaos.experiment import Experiment, Load
from chaos.provider.mood import DROP, HTTP, Fault
from chaos.trial import Trial


async def _disturb(trial: Trial) -> None:
    kinds = [(answer, is_taken) for answer in (DROP, "502", "504") for is_taken in (True, False)]
    await trial.misbehave(*(Fault(HTTP, answer, share=0.1, is_taken=is_taken) for answer, is_taken in kinds))
    await trial.until_accepted(1.0)
    await trial.until_taken(0.8)
    await trial.behave()


EXPERIMENT = Experiment(
    id="B28",
    question="The SMS gateway breaks off with and without having taken the message: does the key prevent a second SMS?",
    disturb=_disturb,
    trials=20,
    load=Load(count=200, rate=60),
    ends=frozenset({"sent", "failed"}),
)
