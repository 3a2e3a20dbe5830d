"""A queue that holds one doorbell refuses the others."""

from chaos.experiment import Experiment, Load
from chaos.provider.mood import HTTP, Fault
from chaos.stage import ROUTING_KEY
from chaos.trial import Trial

POLICY = ("chaos", f"^{ROUTING_KEY}", '{"max-length":1}', "--apply-to", "queues")


async def _disturb(trial: Trial) -> None:
    broker = trial.stage.broker
    # Slow providers: what the workers do not take fills the queues.
    await trial.misbehave(Fault("dot", late=0.3), Fault(HTTP, late=0.8))
    await trial.off(broker.ctl, "set_policy", *POLICY)
    try:
        await trial.until_accepted(1.0)
    finally:
        await trial.off(broker.ctl, "clear_policy", POLICY[0])
    if not any("is full" in worker.log() for worker in trial.stage.workers):
        trial.wrong["no queue was ever full, so nothing was tried"] += 1


EXPERIMENT = Experiment(
    id="B11",
    question="The queues are full and RabbitMQ refuses doorbells: does what was refused stay due?",
    disturb=_disturb,
    trials=20,
    load=Load(count=600, rate=150),
)
