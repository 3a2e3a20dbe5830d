"""One trial: listing events stream in while matchers, workers and the store are killed."""

import asyncio
import time
from collections.abc import Callable, Coroutine, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from chaos.findings import Findings
from chaos.homes import stored
from chaos.homes.caller import HomesCaller
from chaos.homes.count import count
from chaos.homes.market import Market
from chaos.trial import Trial
from tests.homes_scenario.digests import LEAD, tell_digests
from tests.homes_scenario.expected import Expected

SALES, SEARCHES = 1_000, 450

SAVED_WITHIN = timedelta(seconds=90)
"""In which users have saved their searches, also on a busy machine."""

BEFORE = timedelta(seconds=60)
"""How long listings change before the items of digests are submitted."""

STILL = timedelta(seconds=30)
"""How long before that no listing changes any more, so that the digests do not depend on the moment."""

PATIENCE = 60.0
"""Seconds until the items of digests are submitted."""

AFTER_DIGEST = 15.0
"""Seconds for which processes are killed after the digests are made."""

Kill = Callable[[], Coroutine[Any, Any, None]]


class HomesTrial:
    """The listings, the users and the model of one trial."""

    def __init__(self, trial: Trial) -> None:
        self._trial = trial
        self._market = Market(trial.random, sales=SALES, searches=SEARCHES, first=trial.first)
        self._users = sorted({one.user for one in self._market.searches})
        self._expected = Expected([one._replace(number=place) for place, one in enumerate(self._market.searches)])
        trial.count = self._count

    async def run(self, kills: Sequence[Kill]) -> None:
        """Send everything, with digests on the way; each of `kills` is done again and again meanwhile."""
        async with HomesCaller(self._trial) as caller:
            await caller.push_profiles(self._users)
            digest = _next_minute(datetime.now(UTC) + SAVED_WITHIN + BEFORE + LEAD)
            await caller.prefer(self._users, digest=digest)
            await caller.save(self._market.searches)
            await stored.wait_until_matched(self._url)
            over = asyncio.Event()
            async with asyncio.TaskGroup() as killing:
                for kill in kills:
                    killing.create_task(_again_and_again(kill, over))
                await self._stream(caller, digest)
                await asyncio.sleep(AFTER_DIGEST)
                over.set()
        await stored.wait_until_matched(self._url)

    @property
    def _url(self) -> str:
        return self._trial.cluster.database_url

    async def _stream(self, caller: HomesCaller, digest: datetime) -> None:
        share = BEFORE / (BEFORE + LEAD)
        half = int(len(self._market.calls) * share)
        sent = await self._send(caller, 0, half, until=digest - LEAD - STILL)
        await stored.wait_until_matched(self._url)
        self._trial.note_problem("too late for the digests", datetime.now(UTC) >= digest - LEAD)
        await _sleep_until(digest - LEAD)
        tell_digests(self._expected, digest)
        await stored.wait_for_alerts(self._url, self._expected.alerts.total(), self._users, patience=PATIENCE)
        await self._send(caller, sent, len(self._market.calls), until=digest - STILL)
        await _sleep_until(digest)

    async def _send(self, caller: HomesCaller, start: int, end: int, *, until: datetime) -> int:
        """Send some calls at a steady rate; returns the number of the first that there was no time for."""
        began, seconds = time.monotonic(), (until - datetime.now(UTC)).total_seconds()
        for place in range(start, end):
            await asyncio.sleep(max(0.0, began + seconds * (place - start) / (end - start) - time.monotonic()))
            if time.monotonic() - began > seconds:
                return place
            call = self._market.calls[place]
            await caller.send(call)
            self._expected.take(call)
        return end

    async def _count(self) -> Findings:
        found = await stored.read(self._url, self._users)
        return count(self._expected, found, self._trial.entries(), in_doubt_at_most=self._trial.in_doubt_at_most)


async def _again_and_again(kill: Kill, over: asyncio.Event) -> None:
    while not over.is_set():
        await kill()


async def _sleep_until(moment: datetime) -> None:
    await asyncio.sleep(max(0.0, (moment - datetime.now(UTC)).total_seconds()))


def _next_minute(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0) + timedelta(minutes=1)
