"""Every process of the service is restarted in turn, in order, under load."""

from chaos.experiment import Experiment
from chaos.plan import PATIENT, Load
from chaos.trial import Trial


async def _disturb(trial: Trial) -> None:
    servers = trial.cluster.servers
    trial.random.shuffle(servers)
    for number, server in enumerate(servers):
        await trial.until_accepted((number + 0.5) / (len(servers) + 1))
        trial.note_fault()
        code = await trial.in_thread(server.stop)
        if code != 0:
            trial.wrong[f"{server.name} ended with {code}"] += 1
        await trial.in_thread(server.start)
    await trial.until_accepted(1.0)
    trial.wrong += trial.call_log.errors


EXPERIMENT = Experiment(
    id="B5",
    question="Each process is stopped by SIGTERM and started under load: is anything lost, sent twice or answered 5xx?",
    disturb=_disturb,
    trials=40,
    plan=PATIENT,
    load=Load(count=400, rate=50),
)
