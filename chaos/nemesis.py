"""Kills what works, again and again, and starts it anew after a short while."""

import asyncio
from random import Random
from typing import Any, Protocol

from chaos.journal import Journal

DELAY = 0.05
"""Seconds by which a kill comes late at most, so that it does not always hit right after an answer."""

PAUSE = (0.05, 1.0)
"""Seconds for which the killed is away, before it starts."""


class Victim(Protocol):
    """Whatever can be killed and started again."""

    def kill(self) -> None: ...
    def start(self) -> Any: ...


class Nemesis:
    """Kills by the number of accepted calls, so that it hits a service at work however fast that is."""

    def __init__(self, journal: Journal, keys: int, dice: Random) -> None:
        """`keys` is how many calls there are to accept."""
        self._journal = journal
        self._keys = keys
        self._dice = dice

    async def haunt(self, victim: Victim, name: str, kills: int) -> None:
        """Kill it so often, spread over the calls, and start it each time; ends when the calls are over."""
        # All dice are thrown here, in one order: what is killed when must not depend on who is faster.
        moments = [(number + self._dice.random()) * self._keys / kills for number in range(kills)]
        lates = [self._dice.uniform(0, DELAY) for _ in moments]
        pauses = [self._dice.uniform(*PAUSE) for _ in moments]
        for moment, late, pause in zip(moments, lates, pauses, strict=True):
            if not await self._journal.reach(int(moment)):
                return
            await asyncio.sleep(late)
            await asyncio.to_thread(victim.kill)
            self._journal.kills[name] += 1
            await asyncio.sleep(pause)
            await asyncio.to_thread(victim.start)
