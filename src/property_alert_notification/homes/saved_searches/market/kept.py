"""Compares a search with the listings on the market. Each process keeps what searches mostly ask for in memory.

What is kept follows the market: each comparison reads the keys of all listings, which name their newest records, and
reads the records that are not kept yet.
"""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import NamedTuple, TypeVar
from uuid import UUID

import numpy as np

from property_alert_notification.base.clock import Clock
from property_alert_notification.base.damaged import readable
from property_alert_notification.base.supervise import Loop
from property_alert_notification.base.turns import Turns
from property_alert_notification.database import Database
from property_alert_notification.homes.criteria.expression import Expression
from property_alert_notification.homes.listings.versions.queries import newest_records
from property_alert_notification.homes.matching.columns import Column
from property_alert_notification.homes.reso.display import may_be_displayed
from property_alert_notification.homes.saved_searches.market import queries
from property_alert_notification.homes.saved_searches.market.columns import NONE, MarketColumns, Rows
from property_alert_notification.homes.saved_searches.market.counts import Comparison, Matches
from property_alert_notification.homes.saved_searches.market.listing import Fields, fields_of

Result = TypeVar("Result")

LONGEST = timedelta(seconds=1)
"""How long records are read and compared."""
AT_A_TIME = 2
"""Comparisons. Each takes up to a second of a processor, and 25 MB for 100,000 listings."""
AT_ONCE = 1_000
"""Records that are read together."""
MOST = 150_000
"""Listings that are compared, the newest ones."""
_IDLE = 3_600.0
"""Seconds until it looks again what a comparison left over, which wakes it."""
SPARE = 1_000
"""Rows of records that are not the newest any more, beside as many as there are listings."""


class Compared(NamedTuple):
    """What a search matches."""

    total: int
    """How many listings are on the market."""
    matches: Matches
    first: Sequence[Fields]
    """The newest of the matching listings, one of each home."""


class KeptMarket:
    """The listings on the market, as one process knows them."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        # One thread reads and changes what is kept: comparisons take turns, and leave the other processor to other
        # calls.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="market")
        self._turns = Turns(AT_A_TIME)
        self._left_over: Sequence[str] = ()
        """The keys of a market of which the last comparison had no time to read all."""
        self._is_behind = asyncio.Event()
        self._forget()

    def __len__(self) -> int:
        """How many records are kept."""
        return len(self._rows)

    def _forget(self) -> None:
        self._columns = MarketColumns()
        self._modified = Column(np.float64)
        self._rows: dict[str, int] = {}
        """The row of each record, by the key of the listing that has it."""

    async def compare(self, expression: Expression) -> Compared:
        """Compare the listings on the market, the newest first, as many as there is time for.

        Raises:
            TooManyAtOnce: other comparisons did not end in time.
        """
        async with self._turns:
            return await self._compare(expression)

    async def _compare(self, expression: Expression) -> Compared:
        ends_at = self._clock.monotonic() + LONGEST.total_seconds()
        async with self._database.reading() as connection:
            total, listed = await queries.keys_on_market(connection, most=MOST)
        keys, comparison = await self._in_thread(self._begin, listed, expression)
        while (places := comparison.open(AT_ONCE)) and self._clock.monotonic() < ends_at:
            some = [keys[place] for place in places]
            await self._in_thread(self._go_on, comparison, places, some, await self._records(some))
        if places:
            self._left_over = keys
            self._is_behind.set()
        matches = await self._in_thread(comparison.matches, lambda place: _home_of(keys[place]))
        records = await self._records([keys[place] for place in matches.first])
        first = [fields for fields in map(_read, records) if may_be_displayed(fields)]
        return Compared(total, matches, first)

    async def run(self, loop: Loop) -> None:
        """Read what comparisons had no time for, until cancelled; waits while the store is away."""
        await loop.repeat(self.read_on, woken=self._is_behind)

    async def read_on(self) -> float:
        """Read and keep what the last comparison left over; returns the seconds until it looks again."""
        keys, self._left_over = self._left_over, ()
        keys = await self._in_thread(lambda: [key for key in keys if key not in self._rows])
        for start in range(0, len(keys), AT_ONCE):
            some = keys[start : start + AT_ONCE]
            records = await self._records(some)
            await self._in_thread(self._keep, some, records)
        return _IDLE

    async def _in_thread(self, work: Callable[..., Result], *given: object) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work, *given)

    async def _records(self, keys: Sequence[str]) -> list[str | None]:
        """The newest record of each of these listings; None if there is none any more."""
        ids = [UUID(key.split("|")[1]) for key in keys]
        async with self._database.reading() as connection:
            records = await newest_records(connection, ids)
        return [records.get(id_) for id_ in ids]

    def _begin(self, listed: str, expression: Expression) -> tuple[Sequence[str], Comparison]:
        """Compare the listings whose records are kept. Returns the keys of all, the newest first."""
        keys = listed.splitlines()
        if self._columns.size > 2 * len(keys) + SPARE:
            self._forget()
        rows = np.array([self._rows.get(key, NONE) for key in keys], np.int32)
        modified = np.zeros(len(keys))
        [kept], [others] = (rows != NONE).nonzero(), (rows == NONE).nonzero()
        modified[kept] = self._modified.rows[rows[kept]]
        modified[others] = [_modified_at(keys[place]) for place in others.tolist()]
        order = (-modified).argsort(kind="stable")
        keys, rows = [keys[place] for place in order.tolist()], rows[order]
        comparison = Comparison(expression, len(keys))
        [kept] = (rows != NONE).nonzero()
        comparison.compare_rows(kept, self._columns.at(rows[kept]))
        return keys, comparison

    def _go_on(
        self, comparison: Comparison, places: Sequence[int], keys: Sequence[str], records: Sequence[str | None]
    ) -> None:
        """Compare listings with their records, and keep what is not kept yet."""
        new = [at for at, key in enumerate(keys) if key not in self._rows]
        rows = self._keep([keys[at] for at in new], [records[at] for at in new])
        [kept] = (rows != NONE).nonzero()
        comparison.compare_rows(np.array(places)[new][kept], self._columns.at(rows[kept]))
        for place, record in zip(places, records, strict=True):
            if comparison.is_open(place):
                comparison.compare(place, _read(record))

    def _keep(self, keys: Sequence[str], records: Sequence[str | None]) -> Rows:
        """Keep listings; returns the row of each, `NONE` if it cannot be kept."""
        rows = self._columns.add([_read(record) for record in records])
        known = {key: row for key, row in zip(keys, rows.tolist(), strict=True) if row != NONE}
        self._modified.append(np.array([_modified_at(key) for key in known]))
        self._rows |= known
        return rows


def _read(record: str | None) -> Fields:
    """The fields of a record; none if it is damaged or not there any more."""
    return next(readable(filter(None, [record]), fields_of, "listing.unreadable"), {})


def _modified_at(key: str) -> float:
    return datetime.fromisoformat(key.partition("|")[0]).timestamp()


def _home_of(key: str) -> str:
    _, listing, home = key.split("|")
    return home or listing
