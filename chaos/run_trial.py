"""Runs one trial: the callers call, the experiment does its damage, and what came of each message is counted."""

import asyncio
import time
from datetime import UTC, datetime
from functools import partial
from typing import Any

from chaos import store_reader
from chaos.caller import Caller
from chaos.cluster import Cluster
from chaos.compare import compare
from chaos.experiment import Experiment
from chaos.findings import Findings
from chaos.record import Record
from chaos.trial import Trial

CONNECTIONS = 32

DRAINED_WITHIN = 90.0
"""Seconds until everything has to have ended, after the fault and the calls."""

QUIET = 0.3
"""Seconds for which a worker that was late may still send."""

BROKEN = ("loop.broke", "delivery.broke")
"""What a worker logs when its own code broke."""


async def run_trial(name: str, experiment: Experiment, cluster: Cluster, seed: int, *, first: int) -> Record:
    """Do one trial on a cluster where everything works, and leave it so.

    Raises:
        ServiceFailed: a server, or a process of the service, did not start; in a group of exceptions.
    """
    trial, began = Trial(experiment.id, experiment.load, cluster, seed, first=first), time.monotonic()
    cluster.taken.forget()
    if experiment.prepare is not None:
        await experiment.prepare(trial)
    try:
        async with asyncio.timeout(experiment.longest), asyncio.TaskGroup() as tasks:
            tasks.create_task(_call_all(trial))
            tasks.create_task(experiment.disturb(trial))
    except TimeoutError:
        trial.wrong["the calls or the fault did not come to their end"] += 1
    fault_ended = time.monotonic()
    for server in await trial.in_thread(cluster.repair):
        trial.wrong[f"{server} ended by itself"] += 1
    has_ended = await store_reader.wait_until_ended(cluster.database_url, patience=DRAINED_WITHIN)
    recovery = time.monotonic() - fault_ended
    if not has_ended:
        trial.wrong["not everything ended in time"] += 1
    await asyncio.sleep(QUIET)
    return await _count(name, experiment, trial, recovery=recovery, seconds=time.monotonic() - began)


async def _call_all(trial: Trial) -> None:
    load, call_log = trial.load, trial.call_log
    began = time.monotonic()
    connections = CONNECTIONS * load.racers
    async with Caller(
        trial.cluster.urls, trial.cluster.api_key, call_log, trial.random, connections=connections, path=load.path
    ) as caller:

        async def submit(number: int, body: dict[str, Any]) -> None:
            await asyncio.sleep(max(0.0, began + number / load.rate - time.monotonic()))
            racing = [caller.submit(body["reference"], body, first=number + racer) for racer in range(load.racers)]
            await asyncio.gather(*racing)

        await asyncio.gather(*(submit(number, body) for number, body in enumerate(trial.bodies.values())))
        if load.replayed:
            await asyncio.gather(*(caller.submit(key, body, first=0) for key, body in trial.bodies.items()))


async def _count(name: str, experiment: Experiment, trial: Trial, *, recovery: float, seconds: float) -> Record:
    cluster, call_log = trial.cluster, trial.call_log
    findings = await (trial.count or partial(_count_notifications, experiment, trial))()
    findings.wrong += trial.wrong + call_log.wrong
    if call_log.hangs:
        findings.wrong["calls that hung"] += call_log.hangs
    if broken := sum(server.log().count(event) for server in cluster.background for event in BROKEN):
        findings.wrong["code of workers that broke"] += broken
    return Record(
        id=experiment.id,
        name=name,
        seed=trial.seed,
        at=datetime.now(UTC).date().isoformat(),
        accepted=call_log.accepted if findings.accepted is None else findings.accepted,
        calls=call_log.calls,
        faults=trial.faults,
        lost=findings.lost,
        duplicates=findings.duplicates,
        bound=findings.bound,
        keyed_duplicates=findings.keyed_duplicates,
        recovery=round(recovery, 2),
        seconds=round(seconds, 2),
        slow=round(call_log.slow, 3),
        wrong=dict(findings.wrong),
    )


async def _count_notifications(experiment: Experiment, trial: Trial) -> Findings:
    stored = await store_reader.read_deliveries(trial.cluster.database_url, trial.tag)
    in_doubt = trial.in_doubt_at_most
    return compare(experiment, trial.bodies, trial.call_log.ids, stored, trial.entries(), in_doubt_at_most=in_doubt)
