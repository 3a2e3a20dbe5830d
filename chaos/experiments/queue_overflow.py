"""A queue that holds one message refuses the others."""

from chaos.cluster import ROUTING_KEY
from chaos.experiment import Experiment
from chaos.plan import Load
from chaos.provider.faults import HTTP, Fault
from chaos.trial import Trial

POLICY = ("chaos", f"^{ROUTING_KEY}", '{"max-length":1}', "--apply-to", "queues")


async def _disturb(trial: Trial) -> None:
    broker, workers = trial.cluster.broker, trial.cluster.workers
    for worker in workers:
        await trial.in_thread(worker.stop)
    await trial.until_accepted(1.0)
    await trial.in_thread(broker.ctl, "set_policy", *POLICY)
    try:
        # Slow providers: what the workers do not take fills the queues.
        await trial.inject_faults(Fault("dot", late=0.1), Fault(HTTP, late=0.3))
        for worker in workers:
            await trial.in_thread(worker.start)
        await trial.until_taken(trial.random_seconds(0.3, 0.6))
    finally:
        await trial.in_thread(broker.ctl, "clear_policy", POLICY[0])
    if not any("is full" in worker.log() for worker in workers):
        trial.wrong["no queue was ever full, so nothing was tried"] += 1


EXPERIMENT = Experiment(
    id="B11",
    question="The queues are full and RabbitMQ refuses messages: are those deliveries published later?",
    disturb=_disturb,
    trials=15,
    load=Load(count=600, rate=300),
)
