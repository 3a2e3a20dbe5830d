"""Makes the first alerts of searches that asked for all that match when they are saved: the loop of one matcher."""

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.base.damaged import UNREADABLE, readable
from property_alert_notification.base.languages import shown_language
from property_alert_notification.base.logs import origin
from property_alert_notification.base.supervise import Loop
from property_alert_notification.database import Database, halve_on_error, run_within
from property_alert_notification.homes.alerts.news import may_be_shown
from property_alert_notification.homes.alerts.searches import Index
from property_alert_notification.homes.criteria.expression import Expression, from_json
from property_alert_notification.homes.criteria.sentence import sentence
from property_alert_notification.homes.saved_searches.answers import language_of
from property_alert_notification.homes.saved_searches.models import SavedSearch
from property_alert_notification.homes.search_life import queries
from property_alert_notification.homes.search_life.submit import submission_about
from property_alert_notification.homes.search_life.wording import SHOWN, FirstMatches, write
from property_alert_notification.notifications.create import Planner, create
from property_alert_notification.notifications.submission import Submission

log = structlog.get_logger()

AT_ONCE = 200
"""Searches of one pass over the market."""

IDLE = 1.0
"""Seconds until it looks again when nothing is left."""

_NOTHING = FirstMatches(0, ())


class FirstAlerts:
    """The loop of one process. Any number of them may share one store."""

    def __init__(
        self, database: Database, planner: Planner, *, create_index: Callable[[], Index], wake: Callable[[], None]
    ) -> None:
        """`create_index` makes an empty index of searches; `wake` is called after alerts were made."""
        self._database = database
        self._planner = planner
        self._clock = planner.clock
        self._create_index = create_index
        self._wake = wake

    async def run(self, loop: Loop) -> None:
        """Make first alerts until cancelled; waits while the store is away."""
        await loop.repeat(self._turn)

    async def _turn(self) -> float:
        return 0.0 if await self.make_due() else IDLE

    async def make_due(self) -> int:
        """Make some first alerts; returns how many, 0 if none is left."""
        ids = await queries.due.ids(self._database, now=self._clock.now(), limit=AT_ONCE)
        if not ids:
            return 0
        matches = await self._matches_of(ids)
        made = sum(await halve_on_error(ids, partial(self._make, matches=matches), self._leave))
        if made:
            self._wake()
        return made

    async def _matches_of(self, ids: Sequence[UUID]) -> Mapping[int, FirstMatches]:
        """What matches these searches, by number: one pass over the market for all of them."""
        async with self._database.reading() as connection:
            stored = await queries.queries_of(connection, ids)
        read = {number: _readable(number, one) for number, one in stored.items()}
        known = {number: expression for number, expression in read.items() if expression is not None}
        index, found = self._create_index(), dict.fromkeys(known, _NOTHING)
        index.put_many(known.items())
        if known:
            async for records in queries.records_on_market(self._database):
                await asyncio.to_thread(_match, index, records, found)
        return found

    async def _make(self, ids: Sequence[UUID], matches: Mapping[int, FirstMatches]) -> int:
        async with self._database.transaction() as connection:
            now = self._clock.now()
            taken = await queries.due.take(connection, now=now, limit=AT_ONCE, only=ids)
            # A search that was paused meanwhile has no first alert.
            submissions = [
                await self._submission(connection, search, matches[search.number])
                for search in taken
                if search.active and search.number in matches
            ]
            if submissions:
                await run_within(connection, create(self._planner, submissions))
            await queries.end_first_alerts(connection, [search.id for search in taken])
        return len(taken)

    async def _submission(self, connection: AsyncConnection, search: SavedSearch, matches: FirstMatches) -> Submission:
        language = shown_language(await language_of(connection, search.user_id))
        title, message = write(search.name, sentence(from_json(search.expression), language), matches, language)
        return submission_about(self._planner, search, title, message)

    async def _leave(self, search: UUID, error: Exception) -> None:
        """Let a damaged row have no first alert, so that it does not hold up the others."""
        log.error("search.unreadable", search=str(search), **origin(error))
        async with self._database.transaction() as connection:
            await queries.end_first_alerts(connection, [search])


def _readable(number: int, stored: str) -> Expression | None:
    try:
        return from_json(stored)
    except UNREADABLE as error:
        log.error("search.unreadable", number=number, **origin(error))  # noqa: TRY400 - a trace may hold the query
        return None


def _match(index: Index, records: Sequence[str], found: dict[int, FirstMatches]) -> None:
    def match(record: str) -> tuple[Mapping[str, Any], list[int]]:
        fields = json.loads(record)
        return fields, index.match(fields).tolist() if may_be_shown(fields) else []

    for fields, numbers in readable(records, match, "listing.unreadable"):
        for number in numbers:
            total, first = found[number]
            found[number] = FirstMatches(total + 1, [*first, fields] if len(first) < SHOWN else first)
