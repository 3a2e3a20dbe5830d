"""Makes the first alerts of searches that asked for all that match when they are saved: the loop of one matcher."""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import NamedTuple
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.base.languages import shown_language
from property_alert_notification.base.logs import origin
from property_alert_notification.base.supervise import Loop
from property_alert_notification.database import Database, halve_on_error, run_within
from property_alert_notification.homes.alerts.approvals import queries as approvals
from property_alert_notification.homes.alerts.searches import Index
from property_alert_notification.homes.criteria.sentence import sentence
from property_alert_notification.homes.saved_searches.answers import language_of
from property_alert_notification.homes.saved_searches.models import SavedSearch
from property_alert_notification.homes.search_life import queries
from property_alert_notification.homes.search_life.first_matches import Found, find_matches
from property_alert_notification.homes.search_life.submit import submission_about, users_with_preferences
from property_alert_notification.homes.search_life.wording import FirstMatches, write
from property_alert_notification.notifications.create import Planner, create
from property_alert_notification.notifications.draft import Accepted
from property_alert_notification.notifications.submission import Submission

log = structlog.get_logger()

AT_ONCE = 200
"""Searches of one pass over the market."""

IDLE = 1.0
"""Seconds until it looks again when nothing is left."""

LATER = timedelta(hours=1)
"""When the first alert is tried again for a user who has no preferences yet."""


class _Pass(NamedTuple):
    """One pass over the market."""

    versions: Mapping[int, int]
    """The version of each search that was active, by their numbers."""
    found: Mapping[int, Found]


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
        """Make some first alerts; returns how many searches it processed, 0 if none is left."""
        ids = await queries.due.ids(self._database, now=self._clock.now(), limit=AT_ONCE)
        if not ids:
            return 0
        late = await self._put_off(ids)
        if late:
            ids = [one for one in ids if one not in late]
        compared = await self._find(ids)
        made = sum(await halve_on_error(ids, partial(self._make, compared=compared), self._leave)) if ids else 0
        if made:
            self._wake()
        return made + len(late)

    async def _put_off(self, ids: Sequence[UUID]) -> set[UUID]:
        """Let those wait whose users have no preferences yet, so that the service may not write to them."""
        async with self._database.reading() as connection:
            due = await queries.first_searches(connection, ids)
            known = await users_with_preferences(connection, self._planner, {one.user_id for one in due})
        if not (late := {one.id for one in due if one.user_id not in known}):
            return late
        async with self._database.transaction() as connection:
            await queries.put_off_first_alerts(connection, late, at=self._clock.now() + LATER)
        return late

    async def _find(self, ids: Sequence[UUID]) -> _Pass:
        async with self._database.reading() as connection:
            searches = await queries.first_searches(connection, ids)
        found = await find_matches(self._database, searches, self._create_index)
        return _Pass({one.number: one.version for one in searches}, found)

    async def _make(self, ids: Sequence[UUID], compared: _Pass) -> int:
        async with self._database.transaction() as connection:
            now = self._clock.now()
            taken = await queries.due.take(connection, now=now, limit=AT_ONCE, only=ids)
            # A search that was edited or resumed meanwhile is looked at again; one that was paused has no first alert.
            found = compared.found
            done = [one for one in taken if not one.active or compared.versions.get(one.number) == one.version]
            wanted = [one for one in done if one.active and one.number in found]
            submissions = [await self._submission(connection, one, found[one.number]) for one in wanted]
            results = await run_within(connection, create(self._planner, submissions)) if submissions else []
            late = {one.id for one, result in zip(wanted, results, strict=True) if not isinstance(result, Accepted)}
            held = [
                (result.id, one.number)
                for one, result in zip(wanted, results, strict=True)
                if isinstance(result, Accepted) and one.concierge
            ]
            await approvals.add_searches(connection, held)
            await queries.put_off_first_alerts(connection, late, at=now + LATER)
            await queries.end_first_alerts(connection, {one.id for one in done} - late)
        return len(taken)

    async def _submission(self, connection: AsyncConnection, search: SavedSearch, found: Found) -> Submission:
        language = shown_language(await language_of(connection, search.user_id))
        matches = FirstMatches(found.total, [home.fields for home in found.first])
        title, message = write(search.name, sentence(found.expression, language), matches, language)
        return submission_about(self._planner, search, title, message, needs_approval=search.concierge)

    async def _leave(self, search: UUID, error: Exception) -> None:
        """Let a damaged row have no first alert, so that it does not hold up the others."""
        log.error("search.unreadable", search=str(search), **origin(error))
        async with self._database.transaction() as connection:
            await queries.end_first_alerts(connection, [search])
