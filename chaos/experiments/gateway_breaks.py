"""The SMS gateway breaks off, says nothing, does not come to an end, says far too much, or sends callers elsewhere."""

from chaos import store_reader
from chaos.cluster import PATIENCE
from chaos.experiment import Experiment
from chaos.plan import Load
from chaos.provider.faults import DRIP, DROP, ENDLESS_HEADERS, HTTP, HUGE_BODY, SILENCE, Fault
from chaos.trial import Trial

MAY_HAVE_BEEN_TAKEN = (DROP, "502", "504", SILENCE, DRIP, ENDLESS_HEADERS)
"""The client has no answer, whether the message was taken or not."""

ELSEWHERE = {"Location": "/elsewhere/nobody"}

IN_TIME = PATIENCE + 2
"""Seconds after which a client has long hung up. One that waited for each byte anew would stay for ever."""

MOST_MEMORY = 2_000_000
"""Bytes that one call may take, whatever its answer."""

CALLS = 32
"""At once, of one worker."""


async def _disturb(trial: Trial) -> None:
    workers = trial.cluster.workers
    for worker in workers:
        worker.forget_peak()
    before = [worker.memory() for worker in workers]
    kinds = [(answer, is_taken) for answer in MAY_HAVE_BEEN_TAKEN for is_taken in (True, False)]
    await trial.inject_faults(
        *(Fault(HTTP, answer, share=0.02, is_taken=is_taken) for answer, is_taken in kinds),
        Fault(HTTP, HUGE_BODY, share=0.03),
        Fault(HTTP, "307", share=0.03, headers=ELSEWHERE),
    )
    await trial.until_accepted(1.0)
    await trial.until_taken(0.8)
    await trial.clear_faults()
    await store_reader.wait_until_ended(trial.cluster.database_url, patience=60)
    for worker, had in zip(workers, before, strict=True):
        trial.note_problem(f"{worker.name} took too much memory", worker.memory(peak=True) - had > CALLS * MOST_MEMORY)
    _check_calls(trial)
    await _check_outcomes(trial)


def _check_calls(trial: Trial) -> None:
    waits: list[float] = []
    begun: dict[str, float] = {}
    for entry in trial.entries():
        if entry.kind == "fault":
            begun[entry.key] = entry.at
        elif entry.kind == "left":
            waits.append(entry.at - begun[entry.key])
        trial.note_problem("followed a redirect", entry.provider == "elsewhere")
    trial.note_problem(
        "stayed too long with a gateway that does not come to an end", sum(one > IN_TIME for one in waits)
    )
    trial.note_problem("no gateway was without an end, so nothing was tried", not waits)


async def _check_outcomes(trial: Trial) -> None:
    stored = await store_reader.read_deliveries(trial.cluster.database_url, trial.tag)
    unknown = sum(each.outcome == "unknown" for one in stored if one.channel == "sms" for each in one.attempts)
    faced = sum(entry.kind == "fault" and entry.answer in MAY_HAVE_BEEN_TAKEN for entry in trial.entries())
    trial.note_problem(f"{unknown} calls are unknown, and {faced} were", unknown != faced)


EXPERIMENT = Experiment(
    id="B28",
    question="The SMS gateway breaks off, is silent, drips or floods: do calls end in time, and none comes twice?",
    disturb=_disturb,
    trials=20,
    load=Load(count=250, rate=80),
)
