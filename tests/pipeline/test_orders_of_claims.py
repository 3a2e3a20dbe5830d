"""Alerts about one home lose no fact, in whatever order and batches they are claimed, on each store.

Searches are paused meanwhile, and alerts that were to be sent are tried again later.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from random import Random
from uuid import UUID

from property_alert_notification.base.reasons import Reason
from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.digests.rules import Reworded
from property_alert_notification.homes.alerts.before_sending.refresh.scripts import refreshed
from property_alert_notification.homes.reso.words import ChangeType
from tests.pipeline.homes import ANY, Homes
from tests.pipeline.test_overtaken_alerts import deliver, suppress
from tests.pipeline.test_replaced_alerts import BACK, CUT, HOUSE, NEW, VISIT, alerts_of
from tests.pipeline.world import World

CHEAP = {"ListPrice": 400_000}
RECORDS = {
    ChangeType.NEW_LISTING: ({},),
    ChangeType.PRICE_CHANGE: (CHEAP,),
    ChangeType.OPEN_HOUSE: (CHEAP | VISIT,),
    ChangeType.BACK_ON_MARKET: (CHEAP | {"StandardStatus": "Pending"}, CHEAP),
}
"""What makes an alert for the search that asks for this alone."""

SIGNS = {
    ChangeType.NEW_LISTING: NEW,
    ChangeType.PRICE_CHANGE: CUT,
    ChangeType.OPEN_HOUSE: HOUSE,
    ChangeType.BACK_ON_MARKET: BACK,
}
"""What a message has that tells its fact."""

AGAIN = 1 / 3
"""How many of those that would be sent are tried again later."""

MOST = {ChangeType.OPEN_HOUSE: 2}
"""How often a fact may be told, if not once: that a newer alert went out does not say whether it told open houses."""

TRIALS = 8


async def test_each_fact_is_told_whose_search_is_not_paused(world: World, homes: Homes) -> None:
    await world.a_user(1)
    await homes.profile(1)
    searches = {one: await homes.search(1, changes=[one], name=one) for one in RECORDS}
    alerts = dict(zip(await alerts_of(homes, *sum(RECORDS.values(), ())), RECORDS, strict=True))
    random = Random(13)
    for _ in range(TRIALS):
        paused = random.choice(list(RECORDS))
        play = Play(random, homes, alerts)
        await play.run(searches[paused])
        assert all(play.told[one] for one in RECORDS if one != paused), (paused, play.steps)
        assert all(play.told[one] <= MOST.get(one, 1) for one in RECORDS), (paused, play.steps)
        await homes.resume_search(searches[paused], ANY)


class Play:
    """All alerts are claimed once, or tried again later."""

    def __init__(self, random: Random, homes: Homes, alerts: Mapping[UUID, ChangeType]) -> None:
        self.told: Counter[ChangeType] = Counter()
        """How often each fact was told."""
        self.steps: list[object] = []
        """What became of the alerts of each batch."""
        self._random = random
        self._homes = homes
        self._alerts = alerts

    async def run(self, search: int) -> None:
        """Claim until none waits; this search is paused meanwhile."""
        waiting = set(self._alerts)
        for one in waiting:
            await deliver(self._homes, one, "queued")
        pause = self._random.randrange(len(waiting))
        while waiting or len(self.steps) <= pause:
            if len(self.steps) == pause:
                await self._homes.change_search(search, None)
            size = self._random.randint(min(1, len(waiting)), len(waiting))
            batch = sorted(self._random.sample(sorted(waiting), size))
            became = await self._claim(batch)
            self.steps.append({self._alerts[one]: its for one, its in became.items()})
            waiting -= {one for one, its in became.items() if its != "retry_wait"}

    async def _claim(self, batch: Sequence[UUID]) -> dict[UUID, object]:
        """What becomes of alerts that are claimed together."""
        for one in batch:
            await deliver(self._homes, one, "sending")
        found = await self._homes.run(refreshed(batch, Channel.EMAIL, self._homes.clock.now()))
        return {one: await self._settle(one, found[one]) for one in batch}

    async def _settle(self, one: UUID, found: Reworded | Reason) -> object:
        if isinstance(found, Reason):
            await suppress(self._homes, one, found)
            return found.code
        if self._random.random() < AGAIN:
            await deliver(self._homes, one, "retry_wait")
            return "retry_wait"
        await deliver(self._homes, one, "sent")
        told = [kind for kind, sign in SIGNS.items() if sign in f"{found.title}\n{found.message}"]
        self.told.update(told)
        return told
