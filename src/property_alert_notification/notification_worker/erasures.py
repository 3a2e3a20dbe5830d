"""Continues erasures of users that took longer than their call, or whose process was killed."""

import structlog

from property_alert_notification.base.supervise import Loop
from property_alert_notification.operators.privacy.erasure.eraser import Eraser

log = structlog.get_logger()

IDLE = 2.0
"""Seconds between two looks for erasures to continue."""

TURN = 10.0
"""Seconds that one turn erases; the lease of an erasure is longer."""


class ErasureWorker:
    """Erases until nothing is left. Any number may share one store."""

    def __init__(self, eraser: Eraser) -> None:
        self._eraser = eraser

    async def run(self, loop: Loop) -> None:
        """Continue erasures until cancelled. Waits while the store is unavailable."""
        await loop.repeat(self._turn)

    async def _turn(self) -> float:
        return 0 if await self.continue_one() else IDLE

    async def continue_one(self) -> bool:
        """Continue one erasure that is due; returns whether there was one."""
        if (user_id := await self._eraser.take_due()) is None:
            return False
        progress = await self._eraser.go_on(user_id, within=TURN)
        if progress.is_finished:
            log.info("erasure.finished", rows=sum(progress.counted.values()))
        return True
