"""Looks for deliveries and scheduled notifications that nobody would ever take in hand, and has them put aside."""

from property_alert_notification.base.supervise import Loop
from property_alert_notification.operators.quarantine.aside import Aside

AT_ONCE = 200
"""Deliveries of each kind that are put aside in one transaction."""

PAUSE = 0.1
IDLE = 60.0
"""Seconds between two transactions, and to wait when nothing is left: as a rule a look costs some steps in indexes."""


class StraySearch:
    """Searches again and again. Any number may share one store."""

    def __init__(self, aside: Aside) -> None:
        self._aside = aside

    async def run(self, loop: Loop) -> None:
        """Search until cancelled. A store that is away is waited for."""
        await loop.repeat(self._search_in_turn, after_a_fault=IDLE)

    async def _search_in_turn(self) -> float:
        found = await self._aside.put_strays(limit=AT_ONCE) + await self._aside.put_never_due(limit=AT_ONCE)
        return PAUSE if found else IDLE
