"""A queue that holds one doorbell refuses the others."""

from chaos.experiment import Experiment
from chaos.plan import Load
from chaos.provider.mood import HTTP, Fault
from chaos.stage import ROUTING_KEY
from chaos.trial import Trial

POLICY = ("chaos", f"^{ROUTING_KEY}", '{"max-length":1}', "--apply-to", "queues")


async def _disturb(trial: Trial) -> None:
    broker, workers = trial.stage.broker, trial.stage.workers
    for worker in workers:
        await trial.off(worker.stop)
    await trial.until_accepted(1.0)
    await trial.off(broker.ctl, "set_policy", *POLICY)
    try:
        # Slow providers: what the workers do not take fills the queues.
        await trial.misbehave(Fault("dot", late=0.1), Fault(HTTP, late=0.3))
        for worker in workers:
            await trial.off(worker.start)
        await trial.until_taken(trial.a_moment(0.3, 0.6))
    finally:
        await trial.off(broker.ctl, "clear_policy", POLICY[0])
    if not any("is full" in worker.log() for worker in workers):
        trial.wrong["no queue was ever full, so nothing was tried"] += 1


EXPERIMENT = Experiment(
    id="B11",
    question="The queues are full and RabbitMQ refuses doorbells: does what was refused stay due?",
    disturb=_disturb,
    trials=15,
    load=Load(count=600, rate=300),
)
