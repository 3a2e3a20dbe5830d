"""Saved searches over HTTP."""

import asyncio
import json
from contextlib import suppress
from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response

from property_alert_notification.api.access.admission import Admission
from property_alert_notification.api.dependencies import ClockDep, DatabaseDep, KeyedRouter
from property_alert_notification.api.idempotency.calls import CallDep, IdempotentCall, json_answer
from property_alert_notification.api.idempotency.once import Keep
from property_alert_notification.api.idempotency.stored import Answer
from property_alert_notification.api.paging import next_cursor, page_of, start_of
from property_alert_notification.api.problems import documented
from property_alert_notification.base.damaged import UNREADABLE
from property_alert_notification.database import Database, Script, run_within
from property_alert_notification.homes.criteria.expression import from_json
from property_alert_notification.homes.saved_searches import changes, queries, scripts
from property_alert_notification.homes.saved_searches.answers import language_of, public
from property_alert_notification.homes.saved_searches.changes import ReadQuery
from property_alert_notification.homes.saved_searches.compiled import compile_query
from property_alert_notification.homes.saved_searches.dependencies import (
    CurrencyDep,
    EstimatorDep,
    MayRead,
    MayWrite,
    SearchKey,
    SettingsDep,
)
from property_alert_notification.homes.saved_searches.estimate import Estimator
from property_alert_notification.homes.saved_searches.matched_days.scripts import last_match_days
from property_alert_notification.homes.saved_searches.preconditions import ExpectedDep, etag_of
from property_alert_notification.homes.saved_searches.schemas import (
    QueryFields,
    SavedSearchCreate,
    SavedSearchPage,
    SavedSearchPatch,
    SavedSearchPublic,
    SavedSearchQuery,
)
from property_alert_notification.homes.saved_searches.scripts import ShownSearch
from property_alert_notification.people.dependencies import UserId

router = KeyedRouter("/users/{user_id}/saved-searches", "searches")

_NAMED = documented(404, 409, 412)


@router.post("", status_code=HTTPStatus.CREATED, response_model=SavedSearchPublic, responses=documented(409))
async def create_saved_search(
    user_id: UserId,
    body: SavedSearchCreate,
    admission: MayWrite,
    settings: SettingsDep,
    currency: CurrencyDep,
    estimator: EstimatorDep,
    clock: ClockDep,
    call: CallDep,
) -> Response:
    """Save a search of a user. It sees what happens to listings after this call, and nothing that happened before.

    409 if the user has as many searches as `SEARCH_LIMIT_PER_USER` allows.
    """
    query = await _read(call.request, body, currency, estimator)
    assert query is not None  # noqa: S101 - the body has one

    def create(keep: Keep) -> Script[Answer]:
        shown = yield from changes.create(user_id, body, query, key=clock.new_id(), now=clock.now())
        answer = Answer(HTTPStatus.CREATED, public(*shown).model_dump_json())
        yield from changes.add(shown.search, *keep(answer), limit=settings.limit_per_user)
        return answer

    return _with_etag(await call.answer_at_end(admission, create, asked=body))


@router.get("", response_model=SavedSearchPage)
async def list_saved_searches(
    user_id: UserId, query: Annotated[SavedSearchQuery, Query()], admission: MayRead, database: DatabaseDep
) -> Response:
    """List the saved searches of a user, the newest first."""
    async with database.reading() as connection:
        language = await run_within(connection, language_of(user_id))
        before = start_of(query.cursor)
        found = await queries.page(connection, user_id, active=query.active, before=before, limit=query.limit + 1)
        page, last = page_of(found, query.limit)
        matched = await run_within(connection, last_match_days([one.number for one in page]))
    # A hundred drawn areas take a while.
    items = await asyncio.to_thread(lambda: [public(one, language, matched[one.number]) for one in page])
    return json_answer(SavedSearchPage(items=items, next=next_cursor(last)), admission)


@router.get("/{key}", response_model=SavedSearchPublic, responses=documented(404))
async def read_saved_search(user_id: UserId, key: SearchKey, admission: MayRead, database: DatabaseDep) -> Response:
    """Read one saved search. The header `ETag` has its version."""
    async with database.reading() as connection:
        shown = changes.found(await run_within(connection, scripts.find(user_id, key)))
    return _answer(public(*shown), admission)


@router.patch("/{key}", response_model=SavedSearchPublic, responses=_NAMED)
async def change_saved_search(
    request: Request,
    user_id: UserId,
    key: SearchKey,
    body: SavedSearchPatch,
    admission: MayWrite,
    expected: ExpectedDep,
    database: DatabaseDep,
    currency: CurrencyDep,
    estimator: EstimatorDep,
    clock: ClockDep,
) -> Response:
    """Change a saved search. What happens to listings from now on is compared with the changed search.

    Listings that match already and do not change are not alerted. If the search has another version than `If-Match`
    or `Version` says, nothing is changed.
    """
    query = await _read(request, body, currency, estimator)
    if query is None and "ChangeTypes" in body.model_fields_set:
        query = await _read_again(database, user_id, key, estimator)
    expected = expected.or_of_body(body.Version)
    change = changes.change(user_id, key, body, query, expected=expected, now=clock.now())
    return _answer(public(*await database.run(change)), admission)


@router.delete("/{key}", status_code=HTTPStatus.NO_CONTENT, responses=documented(404, 412))
async def delete_saved_search(
    user_id: UserId, key: SearchKey, _: MayWrite, expected: ExpectedDep, database: DatabaseDep, clock: ClockDep
) -> None:
    """Delete a saved search. Alerts that were submitted before are sent."""
    await database.run(changes.remove(user_id, key, expected=expected, now=clock.now()))


@router.post("/{key}/viewed", response_model=SavedSearchPublic, responses=documented(404, 409))
async def view_saved_search(
    user_id: UserId, key: SearchKey, admission: MayWrite, clock: ClockDep, call: CallDep
) -> Response:
    """Record that the user looked at what a saved search found.

    A search whose results the user does not open becomes weekly, then monthly, and is then paused
    (`SEARCH_UNOPENED_DAYS`); this call restores its schedule. A paused search stays paused.
    """
    return await _change(call, admission, changes.view(user_id, key, now=clock.now()))


@router.post("/{key}/pause", response_model=SavedSearchPublic, responses=_NAMED)
async def pause_saved_search(
    user_id: UserId, key: SearchKey, admission: MayWrite, expected: ExpectedDep, clock: ClockDep, call: CallDep
) -> Response:
    """Pause a saved search: it alerts to nothing until it is resumed. A paused search stays as it is."""
    return await _change(call, admission, changes.pause(user_id, key, expected=expected, now=clock.now()))


@router.post("/{key}/resume", response_model=SavedSearchPublic, responses=_NAMED)
async def resume_saved_search(
    user_id: UserId, key: SearchKey, admission: MayWrite, expected: ExpectedDep, clock: ClockDep, call: CallDep
) -> Response:
    """Resume a saved search. It sees what happens to listings from now on. An active search stays as it is."""
    return await _change(call, admission, changes.resume(user_id, key, expected=expected, now=clock.now()))


async def _change(call: IdempotentCall, admission: Admission, change: Script[ShownSearch]) -> Response:
    def work() -> Script[Answer]:
        return Answer(HTTPStatus.OK, public(*(yield from change)).model_dump_json())

    return _with_etag(await call.answer_script(admission, work()))


QUICK = 2_048
"""Bytes of a body whose query is read at once, in a millisecond or so: to have it read in a thread takes as long."""


async def _read(request: Request, given: QueryFields, currency: str, estimator: Estimator) -> ReadQuery | None:
    await estimator.ready()
    if len(await request.body()) <= QUICK:
        return _understood(given, currency, estimator)
    # An area of 500 corners or hundreds of conditions take a while, and other callers must not wait for them.
    return await asyncio.to_thread(_understood, given, currency, estimator)


def _understood(given: QueryFields, currency: str, estimator: Estimator) -> ReadQuery | None:
    compiled = compile_query(given, currency=currency)
    if compiled is None:
        return None
    return ReadQuery(compiled.stored, estimator.forecast(compiled.expression), compiled)


async def _read_again(database: Database, user_id: int, key: UUID, estimator: Estimator) -> ReadQuery | None:
    """The query that a search has, of which other changes are expected from now on; None if it cannot be read."""
    async with database.reading() as connection:
        search = await queries.find(connection, user_id, key)
    if search is None:
        return None
    with suppress(*UNREADABLE):
        forecast = await asyncio.to_thread(estimator.forecast, from_json(search.expression))
        return ReadQuery(search.expression, forecast)
    return None


def _answer(search: SavedSearchPublic, admission: Admission) -> Response:
    answer = json_answer(search, admission)
    answer.headers["ETag"] = etag_of(search.Version)
    return answer


def _with_etag(answer: Response) -> Response:
    """An answer that shows a search, which may be that of an earlier call, with the version in its header."""
    answer.headers["ETag"] = etag_of(json.loads(bytes(answer.body))["Version"])
    return answer
