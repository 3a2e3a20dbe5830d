"""The preview of a search over HTTP."""

import asyncio
from collections.abc import Callable
from datetime import timedelta

from fastapi import Response

from property_alert_notification.api.dependencies import ClockDep, DatabaseDep, KeyedRouter
from property_alert_notification.api.idempotency.calls import CallDep, json_answer
from property_alert_notification.api.idempotency.stored import Answer
from property_alert_notification.api.problems import documented
from property_alert_notification.base.clock import Clock
from property_alert_notification.database import Database, run_within
from property_alert_notification.homes.criteria.sentence import phrase, sentence
from property_alert_notification.homes.saved_searches.answers import language_of, warnings_public
from property_alert_notification.homes.saved_searches.compiled import compile_query
from property_alert_notification.homes.saved_searches.dependencies import CurrencyDep, MayWrite, SettingsDep
from property_alert_notification.homes.saved_searches.estimate import PERIOD
from property_alert_notification.homes.saved_searches.market import queries
from property_alert_notification.homes.saved_searches.preview.advice import advice
from property_alert_notification.homes.saved_searches.preview.compare import MOST_CHANGES, Market, Outcome, compare
from property_alert_notification.homes.saved_searches.preview.schemas import (
    ConditionPublic,
    PreviewPublic,
    PreviewRequest,
)
from property_alert_notification.homes.saved_searches.words import DEFAULT_CHANGE_TYPES
from property_alert_notification.people.dependencies import UserId

MOST_LISTINGS = 10_000
"""Listings that are compared, the newest ones."""
LONGEST = timedelta(seconds=1)
"""How long listings are compared. A polygon of 500 corners takes this long; then fewer listings are compared."""

router = KeyedRouter("/users/{user_id}/saved-searches/preview", "searches")


@router.post("", response_model=PreviewPublic, responses=documented(409))
async def preview_saved_search(
    user_id: UserId,
    body: PreviewRequest,
    admission: MayWrite,
    settings: SettingsDep,
    currency: CurrencyDep,
    database: DatabaseDep,
    clock: ClockDep,
    call: CallDep,
) -> Response:
    """Show what a search would match now and how often it would alert. Nothing is stored.

    The newest 10,000 listings on the market are compared, for one second at most. If there are more, the numbers are
    estimated from those.
    """
    compiled = await asyncio.to_thread(compile_query, body, currency=currency)
    assert compiled is not None  # noqa: S101 - the body has one
    market, language = await _market(database, user_id)
    outcome = await asyncio.to_thread(
        compare,
        compiled.expression,
        body.ChangeTypes or DEFAULT_CHANGE_TYPES,
        market,
        too_many=settings.too_many_matches,
        is_over=_limit(clock),
    )
    answer = _public(outcome, sentence(compiled.expression, language), language)
    if call.key is None:
        return json_answer(answer, admission)

    async def keep(_: object) -> Answer:
        return Answer(200, answer.model_dump_json())

    return await call.answer(admission, keep, asked=body)


async def _market(database: Database, user_id: int) -> tuple[Market, str]:
    async with database.reading() as connection:
        language = await run_within(connection, language_of(user_id))
        total, records = await queries.on_market(connection, limit=MOST_LISTINGS)
        recent = await queries.recent_changes(connection, within=PERIOD, limit=MOST_CHANGES)
    return Market(total, records, recent), language


def _limit(clock: Clock) -> Callable[[], bool]:
    ends_at = clock.monotonic() + LONGEST.total_seconds()
    return lambda: clock.monotonic() > ends_at


def _public(outcome: Outcome, words: str, language: str) -> PreviewPublic:
    return PreviewPublic(
        SearchQueryHumanReadable=words,
        MatchesNow=outcome.matching,
        ExactYN=outcome.is_exact,
        ListingsCompared=outcome.compared,
        ListingsOnMarket=outcome.total,
        Listings=[dict(one) for one in outcome.first],
        ExpectedPerDay=outcome.per_day,
        Warnings=warnings_public(outcome.warnings, language),
        Advice=advice(outcome, language),
        Conditions=[
            ConditionPublic(Condition=phrase(condition, language), MatchesWithout=matches)
            for condition, matches in outcome.without
        ],
    )
