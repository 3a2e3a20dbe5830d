"""Looks at saved searches from time to time, and tells users instead of staying silent: the loop of one matcher."""

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, NamedTuple, TypeAlias
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.base.damaged import UNREADABLE, left_out
from property_alert_notification.base.supervise import Loop
from property_alert_notification.database import Database, halve_on_error, run_within
from property_alert_notification.feedback.preference_page.languages import in_language_of
from property_alert_notification.feedback.unsubscribe.tokens import Link, Purpose, Tokens
from property_alert_notification.homes.alerts.notices import queries as stored_notices
from property_alert_notification.homes.alerts.notices.queries import NewNotice
from property_alert_notification.homes.alerts.people import preferences_of_users
from property_alert_notification.homes.criteria.expression import Expression, from_json
from property_alert_notification.homes.criteria.sentence import sentence
from property_alert_notification.homes.saved_searches import changes
from property_alert_notification.homes.saved_searches import queries as saved_searches
from property_alert_notification.homes.saved_searches.answers import language_of
from property_alert_notification.homes.saved_searches.estimate import Estimator
from property_alert_notification.homes.saved_searches.matched_days.scripts import last_match_days
from property_alert_notification.homes.saved_searches.models import SavedSearch
from property_alert_notification.homes.saved_searches.queries import StoredQuery
from property_alert_notification.homes.saved_searches.rules import CHECK_AGAIN
from property_alert_notification.homes.saved_searches.scripts import replace
from property_alert_notification.homes.saved_searches.words import ScheduleType, SearchReason
from property_alert_notification.homes.search_life import queries
from property_alert_notification.homes.search_life.match_notes import MatchNotes
from property_alert_notification.homes.search_life.notices import message_of
from property_alert_notification.homes.search_life.queries import Checked
from property_alert_notification.homes.search_life.rules import STEPS, Notice, notice_for, unseen_after, unseen_since_of
from property_alert_notification.homes.search_life.submission import may_be_told, submission_about
from property_alert_notification.notifications.create import Planner, create
from property_alert_notification.notifications.draft import Accepted
from property_alert_notification.notifications.submission import Submission

AT_ONCE = 100
"""Searches of one transaction."""

IDLE = 10.0
"""Seconds until it looks again when nothing is left."""


_Version: TypeAlias = tuple[UUID, int]
"""The id of a search and its version."""


class _Found(NamedTuple):
    """What a look at a search found."""

    notice: Notice | None
    """None if its user is told nothing."""
    expression: Expression | None
    """None if it cannot be read, or is paused."""
    unseen_since: datetime | None
    """Since when there is something that its user has not looked at."""


class _Notice(NamedTuple):
    """A message about a search."""

    submission: Submission
    number: int
    """Of the search."""
    version: int
    """The version that it is about: that after the check."""


class SearchChecks:
    """The loop of one process. Any number of them may share one store."""

    def __init__(
        self,
        database: Database,
        planner: Planner,
        estimator: Estimator,
        tokens: Tokens,
        *,
        base_url: str,
        unopened: timedelta,
        wake: Callable[[], None],
    ) -> None:
        """`unopened` is how long a user may not look at what a search finds; `wake` is called after a message."""
        self._database = database
        self._planner = planner
        self._clock = planner.clock
        self._estimator = estimator
        self._tokens = tokens
        self._base_url = base_url
        self._unopened = unopened
        self._wake = wake
        self._notes = MatchNotes(database, planner.clock)

    async def run(self, loop: Loop) -> None:
        """Look at searches until cancelled; waits while the store is away."""
        await loop.repeat(self._turn)

    async def _turn(self) -> float:
        # Before the log is read nobody knows that nothing matched.
        return 0.0 if await self._notes.note() or await self.check_due() else IDLE

    async def check_due(self) -> int:
        """Look at some searches; returns how many, 0 if none is left."""
        ids = await queries.checks.ids(self._database, now=self._clock.now(), limit=AT_ONCE)
        return sum(await halve_on_error(ids, self._check, self._leave)) if ids else 0

    async def _check(self, ids: Sequence[UUID]) -> int:
        now = self._clock.now()
        wide = await self._too_wide(ids)
        async with self._database.transaction() as connection:
            taken = await queries.checks.take(connection, now=now, limit=AT_ONCE, only=ids)
            users, default = {one.user_id for one in taken}, self._planner.default_preferences
            known = await preferences_of_users(connection, users, default=default)
            found = await self._look_at_all(connection, taken, wide, now)
            # No step is taken that its user would not hear of.
            told = {
                one.id
                for one in taken
                if found[one.id].notice is not None and may_be_told(self._planner, one, known.get(one.user_id))
            }
            silent = (one for one in taken if one.id not in told)
            checked = (Checked(one.id, next_check(one, now), found[one.id].unseen_since) for one in silent)
            await queries.store_checked(connection, checked)
            notices = [await self._tell(connection, one, found[one.id], now) for one in taken if one.id in told]
            await self._submit(connection, notices)
        if notices:
            self._wake()
        return len(taken)

    async def _too_wide(self, ids: Sequence[UUID]) -> set[_Version]:
        """Those of these searches that match too many homes, and whose users were not told.

        To compare 100 searches takes seconds: other loops of the process go on meanwhile, and no transaction waits.
        """
        await self._estimator.ready()
        async with self._database.reading() as connection:
            searches = await saved_searches.not_told_too_many(connection, ids)
        return await asyncio.to_thread(self._wide_of, searches)

    def _wide_of(self, searches: Sequence[StoredQuery]) -> set[_Version]:
        found = set[_Version]()
        for one in searches:
            # One that cannot be read is looked at all the same.
            with suppress(*UNREADABLE):
                if self._estimator.is_too_wide(from_json(one.expression)):
                    found.add((one.id, one.version))
        return found

    async def _look_at_all(
        self, connection: AsyncConnection, searches: Sequence[SavedSearch], wide: Collection[_Version], now: datetime
    ) -> dict[UUID, _Found]:
        matched = await run_within(connection, last_match_days([one.number for one in searches]))
        found = {one.id: self._look_at(one, wide, now, matched[one.number]) for one in searches}
        if quiet := {one.number: one for one in searches if found[one.id].notice is Notice.QUIET}:
            # The last minutes of the log may have a match that is not noted yet.
            for number in await self._notes.matched_lately(connection, quiet):
                found[quiet[number].id] = self._look_at(quiet[number], wide, now, now)
        return found

    def _look_at(
        self, search: SavedSearch, wide: Collection[_Version], now: datetime, matched: datetime | None
    ) -> _Found:
        if not search.active:
            return _Found(None, None, None)
        expression, unseen_since = _readable(search), unseen_since_of(search, matched)
        notice = notice_for(
            search,
            now,
            last_match_day=matched,
            unseen_since=unseen_since,
            unopened=self._unopened,
            is_readable=expression is not None,
            matches_too_many=(search.id, search.version) in wide,
        )
        return _Found(notice, expression, unseen_since)

    async def _submit(self, connection: AsyncConnection, notices: Sequence[_Notice]) -> None:
        if not notices:
            return
        results = await run_within(connection, create(self._planner, [one.submission for one in notices]))
        made = zip(notices, results, strict=True)
        new = [NewNotice(its.id, one.number, one.version) for one, its in made if isinstance(its, Accepted)]
        await stored_notices.add(connection, new)

    async def _tell(self, connection: AsyncConnection, search: SavedSearch, found: _Found, now: datetime) -> _Notice:
        """Store what follows for a search; returns the message for its user."""
        assert found.notice is not None  # noqa: S101 - the caller has looked
        values = values_after(found.notice, search, now) | {"unseen_since": found.unseen_since}
        if found.notice in STEPS and found.unseen_since is not None:
            values["unseen_since"] = unseen_after(found.notice, found.unseen_since, now, self._unopened)
        if values.keys() & {"active", "schedule_type"}:
            version = (await run_within(connection, changes.store(search, values, now=now))).version
        else:
            # The user did not change the search, and may be about to: its version stays.
            await replace(search.model_copy(update=values)).run(connection)
            version = search.version
        language = await run_within(connection, language_of(search.user_id))
        words = "" if found.expression is None else sentence(found.expression, language)
        title, message = message_of(found.notice, search.name, words, self._url(search, language), language)
        return _Notice(submission_about(self._planner, search, title, message), search.number, version)

    def _url(self, search: SavedSearch, language: str) -> str:
        link = Link(search.user_id, category=search.id.hex)
        return in_language_of(language, f"{self._base_url}/searches/{self._tokens.make(Purpose.SEARCH, link)}")

    async def _leave(self, search: UUID, error: Exception) -> None:
        """Look at a damaged row no more, so that it does not hold up the others."""
        left_out("search.unreadable", error, search=str(search))
        async with self._database.transaction() as connection:
            await queries.store_checked(connection, [Checked(search, None, None)])


def _readable(search: SavedSearch) -> Expression | None:
    try:
        return from_json(search.expression)
    except UNREADABLE as error:
        left_out("search.unreadable", error, search=str(search.id))
        return None


_STEP, _DAY = 3_607, 86_400
"""Seconds between the checks of two searches that were saved one after the other, within a day: no common factor."""

_REASONS: Mapping[Notice, SearchReason] = {
    Notice.FAILING: SearchReason.SEARCH_FAILING,
    Notice.UNOPENED: SearchReason.INITIAL_IGNORED_WARNING,
    Notice.WEEKLY: SearchReason.FINAL_IGNORED_WARNING,
    Notice.MONTHLY: SearchReason.FINAL_IGNORED_WARNING,
    Notice.PAUSED: SearchReason.IGNORED,
    Notice.QUIET: SearchReason.NO_LISTINGS_FOUND_WARNING,
}
_SCHEDULES = {Notice.WEEKLY: ScheduleType.WEEKLY, Notice.MONTHLY: ScheduleType.MONTHLY}


def next_check(search: SavedSearch, now: datetime) -> datetime | None:
    """When a search is looked at again of which its user is told nothing; None if it is paused. Pure.

    Searches that were saved in one go are spread over a day, so that they are not looked at all at once each week.
    """
    return now + CHECK_AGAIN - timedelta(seconds=search.number * _STEP % _DAY) if search.active else None


def values_after(notice: Notice, search: SavedSearch, now: datetime) -> dict[str, Any]:
    """The columns of a search after its user was told this. Pure."""
    values: dict[str, Any] = {"check_at": now + CHECK_AGAIN}
    # That nobody looks at it is the reason that lasts until somebody does.
    if notice in _REASONS and not (notice is Notice.QUIET and search.ignored):
        values["reason_code"] = _REASONS[notice].value
    if notice in (Notice.FAILING, Notice.PAUSED):
        values |= {"active": False, "check_at": None}
    if notice in STEPS:
        values["ignored"] = STEPS.index(notice) + 1
    if notice in _SCHEDULES:
        usual = search.usual_schedule or f"{search.schedule_type} {search.daily_schedule}".strip()
        values |= {"schedule_type": _SCHEDULES[notice].value, "daily_schedule": "", "usual_schedule": usual}
    if notice is Notice.TOO_MANY:
        values["told_too_many"] = True
    if notice is Notice.QUIET:
        values["told_at"] = now
    return values
