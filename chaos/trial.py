"""What an experiment uses during a trial: waits for a moment, breaks parts of the cluster, notes what is wrong."""

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine, Sequence
from random import Random
from typing import Any, TypeVar

from chaos.call_log import CallLog
from chaos.caller import notification
from chaos.cluster import LEASE, Cluster
from chaos.findings import Findings
from chaos.plan import Load
from chaos.provider.faults import Fault
from chaos.provider.journal import Entry
from chaos.server import Server

Result = TypeVar("Result")

POLL = 0.01
"""Seconds between two looks at how far a trial is."""

AWAY = (0.05, 0.8)
"""Seconds between killing a process and starting it again."""


class Trial:
    """The load of one trial, the cluster it runs on, and what went wrong so far."""

    def __init__(self, experiment_id: str, load: Load, cluster: Cluster, seed: int, *, first: int) -> None:
        """Nothing happens yet; `first` is the number of its first notification."""
        self.load = load
        self.cluster = cluster
        self.seed = seed
        self.first = first
        self.tag = f"{experiment_id}-{seed}-{first}"
        self.call_log = CallLog()
        self.random = Random(seed)
        self.wrong: Counter[str] = Counter()
        self.faults = 0
        self.in_doubt_at_most = 0
        self.count: Callable[[], Coroutine[Any, Any, Findings]] | None = None
        """How the messages are counted, if the callers do not submit them as notifications."""
        self.bodies: dict[str, dict[str, Any]] = {}
        for number in range(load.count):
            body = notification(first + number, self.tag)
            if load.shape is not None:
                load.shape(body, number)
            self.bodies[body["reference"]] = body

    async def until_accepted(self, share: float) -> None:
        """Wait until this share of the notifications is accepted."""
        while self.call_log.accepted < share * len(self.bodies):  # noqa: ASYNC110 - many wait for many numbers
            await asyncio.sleep(POLL)

    async def until_taken(self, share: float) -> None:
        """Wait until the providers took this share of the messages."""
        while self.taken() < share * 2 * len(self.bodies):  # noqa: ASYNC110 - the file is written by another process
            await asyncio.sleep(POLL)

    async def until_some_are_taken(self, most: float) -> None:
        """Wait until the providers took a random share of the messages, at most this one."""
        await self.until_taken(self.random_shares(1, until=most)[0])

    async def until_faulted(self, faults: int) -> None:
        """Wait until the providers have caused this many faults."""
        while sum(entry.kind == "fault" for entry in self.entries()) < faults:  # noqa: ASYNC110 - likewise
            await asyncio.sleep(POLL)

    def entries(self) -> list[Entry]:
        """The providers' journal since the trial began."""
        return self.cluster.taken.read()

    def taken(self) -> int:
        """Messages that a provider took, so far."""
        return sum(entry.kind == "taken" for entry in self.entries())

    def random_shares(self, number: int, *, until: float = 0.9) -> list[float]:
        """This many random shares of the load, in order."""
        return sorted(self.random.uniform(0.05, until) for _ in range(number))

    def random_seconds(self, low: float = AWAY[0], high: float = AWAY[1]) -> float:
        """A random number of seconds between the two."""
        return self.random.uniform(low, high)

    async def in_thread(self, work: Callable[..., Result], *arguments: Any) -> Result:
        """Run a blocking function in a thread, while the callers go on."""
        return await asyncio.to_thread(work, *arguments)

    async def inject_faults(self, *faults: Fault) -> None:
        """Have the providers cause these faults from now on."""
        self.faults += 1
        await self.in_thread(lambda: self.cluster.inject_faults(faults, seed=self.seed))

    def note_problem(self, what: str, count: int = 1) -> None:
        """Note a problem that occurred `count` times; 0 notes nothing."""
        if count:
            self.wrong[what] += count

    async def clear_faults(self) -> None:
        """Have the providers cause no more faults."""
        await self.in_thread(self.cluster.inject_faults)

    def note_fault(self, *, workers: int = 0) -> None:
        """Note that a part was broken; what this many workers had claimed may be sent twice."""
        self.faults += 1
        self.in_doubt_at_most += workers * self.cluster.in_hand

    async def kill(self, server: Server) -> None:
        """End it by SIGKILL, and start it again after a while."""
        self.note_fault(workers=server in self.cluster.workers)
        await self.in_thread(server.kill)
        await asyncio.sleep(self.random_seconds())
        await self.in_thread(server.start)

    async def kill_one(self, servers: Sequence[Server]) -> None:
        """Kill any one of these."""
        await self.kill(self.random.choice(servers))

    async def freeze(self, worker: Server) -> None:
        """Freeze it for longer than its lease, and thaw it."""
        self.note_fault(workers=1)
        worker.freeze()
        await asyncio.sleep(LEASE + self.random_seconds(1, 2))
        worker.thaw()

    async def kill_broker(self) -> None:
        """End RabbitMQ by SIGKILL, and start it again after a while."""
        self.note_fault()
        await self.in_thread(self.cluster.broker.kill)
        await asyncio.sleep(self.random_seconds())
        await self.in_thread(self.cluster.broker.start)
