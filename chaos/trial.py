"""What an experiment uses during a trial: it waits for a moment, breaks parts of the stage, and notes what is wrong."""

import asyncio
from collections import Counter
from collections.abc import Callable
from random import Random
from typing import Any, TypeVar

from chaos.caller import notification
from chaos.journal import Journal
from chaos.plan import Load
from chaos.provider.journal import Entry
from chaos.provider.mood import Fault
from chaos.server import Server
from chaos.stage import LEASE, Stage

Result = TypeVar("Result")

POLL = 0.01
"""Seconds between two looks at how far a trial is."""

AWAY = (0.05, 0.8)
"""Seconds for which the killed is away, before it starts."""


class Trial:
    """What an experiment may use while it does its damage."""

    def __init__(self, experiment_id: str, load: Load, stage: Stage, seed: int, *, first: int) -> None:
        """Nothing happens yet; `first` is the number of its first notification."""
        self.load = load
        self.stage = stage
        self.seed = seed
        self.first = first
        self.tag = f"{experiment_id}-{seed}-{first}"
        self.journal = Journal()
        self.dice = Random(seed)
        self.wrong: Counter[str] = Counter()
        self.faults = 0
        self.in_doubt_at_most = 0
        self.bodies: dict[str, dict[str, Any]] = {}
        for number in range(load.count):
            body = notification(first + number, self.tag)
            if load.shape is not None:
                load.shape(body, number)
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
