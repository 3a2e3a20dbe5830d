"""Messages that wait for a slot at their provider, in the order in which they came."""

import asyncio
from collections import deque
from dataclasses import dataclass


@dataclass(eq=False, slots=True)
class _Waiter:
    since: float
    is_open: bool
    """Its attempt is stored."""
    woken: asyncio.Future[bool]
    """False when it is to be given back."""


class SlotQueue:
    """Wakes waiting messages. One whose worker stops meanwhile is passed over."""

    def __init__(self) -> None:
        self._waiting: deque[_Waiter] = deque()

    async def wait(self, *, now: float, is_open: bool) -> bool:
        """Wait until woken; returns False for a message that `give_back` woke. `is_open`: its attempt is stored."""
        woken: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiter(now, is_open, woken))
        return await woken

    def wake_first(self) -> bool:
        """Wake the first message; returns whether there was one."""
        while self._waiting:
            waiter = self._waiting.popleft()
            if not waiter.woken.done():
                waiter.woken.set_result(True)
                return True
        return False

    def wake_all(self) -> None:
        """Wake every message."""
        while self.wake_first():
            pass

    def give_back(self, *, since: float) -> None:
        """Wake those with a stored attempt that have waited since this moment, or for longer: they are given back."""
        for waiter in self._waiting:
            if waiter.since > since:
                return
            if waiter.is_open and not waiter.woken.done():
                waiter.woken.set_result(False)
