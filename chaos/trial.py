"""One trial: callers call, something breaks, everything is waited for, and counted."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from random import Random
from typing import Any, TypeVar

from chaos import ledger
from chaos.caller import Caller, notification
from chaos.experiment import Experiment
from chaos.journal import Journal
from chaos.judge import judge
from chaos.provider.journal import Entry
from chaos.provider.mood import Fault
from chaos.record import Record
from chaos.server import Server
from chaos.stage import LEASE, Stage

Result = TypeVar("Result")

POLL = 0.01
"""Seconds between two looks at how far a trial is."""

CONNECTIONS = 32

AWAY = (0.05, 0.8)
"""Seconds for which the killed is away, before it starts."""

DRAINED_WITHIN = 90.0
"""Seconds until everything has to have ended, after the fault and the calls."""

LONGEST = 400.0
"""Seconds that the calls and the fault may take."""

QUIET = 0.3
"""Seconds for which a worker that was late may still send."""

BROKEN = ("loop.broke", "delivery.broke")
"""What a worker logs when its own code broke."""


class Trial:
    """What an experiment may use while it does its damage."""

    def __init__(self, experiment: Experiment, stage: Stage, seed: int, *, first: int) -> None:
        """Nothing happens yet; `first` is the number of its first notification."""
        self.experiment = experiment
        self.stage = stage
        self.seed = seed
        self.first = first
        self.tag = f"{experiment.id}-{seed}-{first}"
        self.journal = Journal()
        self.dice = Random(seed)
        self.wrong: Counter[str] = Counter()
        self.faults = 0
        self.in_doubt_at_most = 0
        self.bodies: dict[str, dict[str, Any]] = {}
        for number in range(experiment.load.count):
            body = notification(first + number, self.tag)
            if experiment.shape is not None:
                experiment.shape(body, number)
            self.bodies[body["reference"]] = body

    async def until_accepted(self, share: float) -> None:
        """Wait until this share of the notifications is accepted."""
        while self.journal.accepted < share * len(self.bodies):  # noqa: ASYNC110 - many wait for many numbers
            await asyncio.sleep(POLL)

    async def until_taken(self, share: float) -> None:
        """Wait until the providers took this share of the messages."""
        while self.taken() < share * 2 * len(self.bodies):  # noqa: ASYNC110 - the file is written by another process
            await asyncio.sleep(POLL)

    async def until_faced(self, faults: int) -> None:
        """Wait until the providers misbehaved so often."""
        while sum(entry.kind == "fault" for entry in self.entries()) < faults:  # noqa: ASYNC110 - likewise
            await asyncio.sleep(POLL)

    def entries(self) -> list[Entry]:
        """The providers' journal since the trial began."""
        return self.stage.taken.read()

    def taken(self) -> int:
        """Messages that a provider took, so far."""
        return sum(entry.kind == "taken" for entry in self.entries())

    def moments(self, number: int, *, until: float = 0.9) -> list[float]:
        """So many shares of the load at which to strike, in order."""
        return sorted(self.dice.uniform(0.05, until) for _ in range(number))

    def a_moment(self, low: float = AWAY[0], high: float = AWAY[1]) -> float:
        """Some seconds between the two."""
        return self.dice.uniform(low, high)

    async def off(self, work: Callable[..., Result], *arguments: Any) -> Result:
        """Do what takes its time, while the callers go on."""
        return await asyncio.to_thread(work, *arguments)

    async def misbehave(self, *faults: Fault) -> None:
        """Let the providers do this from now on."""
        self.faults += 1
        await self.off(lambda: self.stage.misbehave(faults, seed=self.seed))

    def is_odd(self, what: str, count: int = 1) -> None:
        """Something is not as it should be, so often; nothing is if `count` is 0."""
        if count:
            self.wrong[what] += count

    async def behave(self) -> None:
        """Let the providers do what they should."""
        await self.off(self.stage.misbehave)

    def strike(self, *, workers: int = 0) -> None:
        """Something is broken now: what so many workers have in hand may come twice."""
        self.faults += 1
        self.in_doubt_at_most += workers * self.stage.in_hand

    async def kill(self, server: Server) -> None:
        """End it by SIGKILL, and start it again after a while."""
        self.strike(workers=server in self.stage.workers)
        await self.off(server.kill)
        await asyncio.sleep(self.a_moment())
        await self.off(server.start)

    async def freeze(self, worker: Server) -> None:
        """Freeze it for longer than its lease, and thaw it."""
        self.strike(workers=1)
        worker.freeze()
        await asyncio.sleep(LEASE + self.a_moment(1, 2))
        worker.thaw()

    async def kill_broker(self) -> None:
        """End RabbitMQ by SIGKILL, and start it again after a while."""
        self.strike()
        await self.off(self.stage.broker.kill)
        await asyncio.sleep(self.a_moment())
        await self.off(self.stage.broker.start)


async def run_trial(name: str, experiment: Experiment, stage: Stage, seed: int, *, first: int) -> Record:
    """Do one trial on a stage where everything works, and leave it so.

    Raises:
        ServiceFailed: a server, or a process of the service, did not start; in a group of exceptions.
    """
    trial, began = Trial(experiment, stage, seed, first=first), time.monotonic()
    stage.taken.forget()
    try:
        async with asyncio.timeout(LONGEST), asyncio.TaskGroup() as tasks:
            tasks.create_task(_call_all(trial))
            tasks.create_task(experiment.disturb(trial))
    except TimeoutError:
        trial.wrong["the calls or the fault did not come to their end"] += 1
    fault_ended = time.monotonic()
    for name in await trial.off(stage.repair):
        trial.wrong[f"{name} ended by itself"] += 1
    has_ended = await ledger.wait_until_ended(stage.database_url, patience=DRAINED_WITHIN)
    recovery = time.monotonic() - fault_ended
    if not has_ended:
        trial.wrong["not everything ended in time"] += 1
    await asyncio.sleep(QUIET)
    return await _count(name, trial, recovery=recovery, seconds=time.monotonic() - began)


async def _call_all(trial: Trial) -> None:
    load, journal = trial.experiment.load, trial.journal
    began = time.monotonic()
    connections = CONNECTIONS * load.racers
    async with Caller(trial.stage.urls, trial.stage.api_key, journal, trial.dice, connections=connections) as caller:

        async def hand_over(number: int, body: dict[str, Any]) -> None:
            await asyncio.sleep(max(0.0, began + number / load.rate - time.monotonic()))
            racing = [caller.hand_over(body["reference"], body, first=number + racer) for racer in range(load.racers)]
            await asyncio.gather(*racing)

        await asyncio.gather(*(hand_over(number, body) for number, body in enumerate(trial.bodies.values())))
        if load.replayed:
            await asyncio.gather(*(caller.hand_over(key, body, first=0) for key, body in trial.bodies.items()))


async def _count(name: str, trial: Trial, *, recovery: float, seconds: float) -> Record:
    experiment, stage, journal = trial.experiment, trial.stage, trial.journal
    told = await ledger.tell(stage.database_url, trial.tag)
    entries = trial.entries()
    findings = judge(experiment, trial.bodies, journal.ids, told, entries, in_doubt_at_most=trial.in_doubt_at_most)
    findings.wrong += trial.wrong + journal.wrong
    if journal.hangs:
        findings.wrong["calls that hung"] += journal.hangs
    if broken := sum(server.log().count(event) for server in stage.workers for event in BROKEN):
        findings.wrong["code of workers that broke"] += broken
    return Record(
        id=experiment.id,
        name=name,
        seed=trial.seed,
        at=datetime.now(UTC).date().isoformat(),
        accepted=journal.accepted,
        calls=journal.calls,
        faults=trial.faults,
        lost=findings.lost,
        duplicates=findings.duplicates,
        bound=findings.bound,
        keyed_duplicates=findings.keyed_duplicates,
        recovery=round(recovery, 2),
        seconds=round(seconds, 2),
        slow=round(journal.slow, 3),
        wrong=dict(findings.wrong),
    )
