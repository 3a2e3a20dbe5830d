"""`POST /users/{user_id}/saved-searches[/{key}]/backtest`: what searches would have told in a past period."""

import asyncio
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Response

from property_alert_notification.api.dependencies import ClockDep, DatabaseDep, KeyedRouter
from property_alert_notification.api.idempotency.calls import CallDep
from property_alert_notification.api.paging import start_of
from property_alert_notification.api.problems import documented
from property_alert_notification.base.clock import Clock
from property_alert_notification.base.errors import InvalidField
from property_alert_notification.base.turns import Turns
from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.database import Database, run_within
from property_alert_notification.homes.alerts.answer_turns import TurnsDep
from property_alert_notification.homes.alerts.backtest.answers import public
from property_alert_notification.homes.alerts.backtest.look_up import Searches, Wanted, look_up
from property_alert_notification.homes.alerts.backtest.run import LONGEST, Period, Run
from property_alert_notification.homes.alerts.backtest.schemas import Backtest, BacktestRequest, Versions
from property_alert_notification.homes.alerts.decisions import refusal_of
from property_alert_notification.homes.alerts.outcomes.words import Became
from property_alert_notification.homes.saved_searches.answers import language_of
from property_alert_notification.homes.saved_searches.compiled import compile_query
from property_alert_notification.homes.saved_searches.dependencies import (
    CurrencyDep,
    ListingSettingsDep,
    MayWrite,
    SearchKey,
)
from property_alert_notification.homes.saved_searches.estimate import PERIOD
from property_alert_notification.homes.saved_searches.words import written_changes
from property_alert_notification.people.categories.routes import CacheDep
from property_alert_notification.people.categories.rules import LISTING_ALERT, Category
from property_alert_notification.people.decide import Message
from property_alert_notification.people.dependencies import SubjectsDep, UserId
from property_alert_notification.people.effective.look_up import person_of
from property_alert_notification.people.effective.routes import DefaultPreferencesDep, UnusedDep
from property_alert_notification.people.person import UNKNOWN, Person
from property_alert_notification.people.preferences.rules import Preferences
from property_alert_notification.people.suppressions.subjects import Subjects

router = KeyedRouter("/users/{user_id}/saved-searches", "searches")

_LARGEST = 2**63 - 1
"""The largest number of a change."""


@dataclass(frozen=True, slots=True)
class _Parts:
    """What both calls need."""

    database: Database
    clock: Clock
    kept: timedelta
    """How long history is kept."""
    currency: str
    default: Preferences | None
    subjects: Subjects
    category: Category
    """That of alerts."""
    unused: Collection[Channel]
    turns: Turns

    async def backtest(self, user_id: int, key: UUID | None, body: BacktestRequest) -> Backtest:
        """Replay the period of a call, when it is its turn.

        Raises:
            InvalidField: a field of it cannot be used.
            NotFound: the user has no such search.
            TooManyAtOnce: it was not its turn in time.
        """
        async with self.turns:
            return await self._backtest(user_id, key, body)

    async def _backtest(self, user_id: int, key: UUID | None, body: BacktestRequest) -> Backtest:
        period, after = _period(body, self.clock.now(), self.kept), _after(body.cursor)
        wanted = await self._wanted(key, body)
        async with self.database.reading() as connection:
            searches = await look_up(connection, user_id, wanted)
            language = await run_within(connection, language_of(user_id))
            person = await person_of(connection, user_id, test=False, default=self.default, subjects=self.subjects)
        ends_at = self.clock.monotonic() + LONGEST.total_seconds()
        run = Run(
            self.database,
            searches.replay,
            searches.person,
            self._refusal(person or UNKNOWN, searches),
            period,
            body.limit,
            lambda: self.clock.monotonic() > ends_at,
        )
        return public(await run.go_on(after), searches.saved, language)

    def _refusal(self, person: Person, searches: Searches) -> Became | None:
        """Why the person would get no alert now, on any channel of these searches."""
        narrowed = [one.channels for one in searches.saved.values()]
        is_all = not narrowed or None in narrowed
        channels = [one for one in Channel if is_all or any(one in (words or "").split() for words in narrowed)]
        messages = [Message(channel, self.category) for channel in channels]
        return refusal_of(messages, person, self.clock.now(), unused=self.unused)

    async def _wanted(self, key: UUID | None, body: BacktestRequest) -> Wanted:
        # An area of 500 corners takes a while, and other callers must not wait for it.
        compiled = await asyncio.to_thread(compile_query, body, currency=self.currency)
        kinds = body.ChangeTypes
        if kinds is not None and compiled is None and key is None:
            raise InvalidField("ChangeTypes", "needs a query beside it: give Criteria, or a $filter in SearchQuery")
        if body.versions is not None and (compiled is not None or kinds is not None):
            raise InvalidField("versions", "must be left out: the query of the call counts for the whole period")
        return Wanted(
            key,
            None if compiled is None else compiled.stored,
            None if kinds is None else written_changes(kinds),
            body.versions is Versions.NOW,
        )


async def _parts(
    database: DatabaseDep,
    clock: ClockDep,
    settings: ListingSettingsDep,
    currency: CurrencyDep,
    default: DefaultPreferencesDep,
    subjects: SubjectsDep,
    cache: CacheDep,
    unused: UnusedDep,
    turns: TurnsDep,
) -> _Parts:
    kept, category = timedelta(days=settings.retention_days), cache.current().of(LISTING_ALERT)
    return _Parts(database, clock, kept, currency, default, subjects, category, unused, turns)


_PartsDep = Annotated[_Parts, Depends(_parts)]


@router.post("/backtest", response_model=Backtest, responses=documented(409))
async def backtest_searches(
    user_id: UserId, body: BacktestRequest, admission: MayWrite, parts: _PartsDep, call: CallDep
) -> Response:
    """Replay a past period with all saved searches of a user, or with a query that is not saved.

    The answer has each change of a home that the searches tell, or told, and how both differ. Nothing is sent or
    stored. A call compares up to 10,000 changes, for one second at most; `next` goes on.
    """
    return await call.answer_found(admission, lambda: parts.backtest(user_id, None, body), asked=body)


@router.post("/{key}/backtest", response_model=Backtest, responses=documented(404, 409))
async def backtest_saved_search(
    user_id: UserId, key: SearchKey, body: BacktestRequest, admission: MayWrite, parts: _PartsDep, call: CallDep
) -> Response:
    """Replay a past period with one saved search: as it was, as it is, or with another query.

    With a query or `ChangeTypes` it shows what an edit would have told in place of the search. Nothing is sent or
    stored. A call compares up to 10,000 changes, for one second at most; `next` goes on.
    """
    return await call.answer_found(admission, lambda: parts.backtest(user_id, key, body), asked=body)


def _period(body: BacktestRequest, now: datetime, kept: timedelta) -> Period:
    end = now if body.end is None else body.end
    start = end - PERIOD if body.start is None else body.start
    if start >= end:
        raise InvalidField("from", "must be before the end of the period")
    if start < now - kept:
        raise InvalidField(
            "from", f"must not be more than {kept.days} days ago: history is kept this long (LISTING_RETENTION_DAYS)"
        )
    return Period(start, end)


def _after(cursor: str | None) -> int | None:
    begin = start_of(cursor)
    if begin is not None and begin.int > _LARGEST:
        raise InvalidField("cursor", "is not a cursor of this list")
    return None if begin is None else begin.int
