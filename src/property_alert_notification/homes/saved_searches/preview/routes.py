"""The preview of a search over HTTP."""

import asyncio

from fastapi import Response

from property_alert_notification.api.dependencies import DatabaseDep, KeyedRouter
from property_alert_notification.api.idempotency.calls import CallDep
from property_alert_notification.api.problems import documented
from property_alert_notification.database import run_within
from property_alert_notification.homes.criteria.sentence import phrase, sentence
from property_alert_notification.homes.saved_searches.answers import language_of, warnings_public
from property_alert_notification.homes.saved_searches.compiled import compile_query
from property_alert_notification.homes.saved_searches.dependencies import CurrencyDep, MarketDep, MayWrite, SettingsDep
from property_alert_notification.homes.saved_searches.estimate import PERIOD
from property_alert_notification.homes.saved_searches.market import queries
from property_alert_notification.homes.saved_searches.preview.advice import advice
from property_alert_notification.homes.saved_searches.preview.outcome import Outcome, most_changed, outcome_of
from property_alert_notification.homes.saved_searches.preview.schemas import (
    ConditionPublic,
    PreviewPublic,
    PreviewRequest,
)
from property_alert_notification.homes.saved_searches.words import DEFAULT_CHANGE_TYPES
from property_alert_notification.people.dependencies import UserId

router = KeyedRouter("/users/{user_id}/saved-searches/preview", "searches")


@router.post("", response_model=PreviewPublic, responses=documented(409))
async def preview_saved_search(
    user_id: UserId,
    body: PreviewRequest,
    admission: MayWrite,
    settings: SettingsDep,
    currency: CurrencyDep,
    database: DatabaseDep,
    market: MarketDep,
    call: CallDep,
) -> Response:
    """Show what a search would match now and how often it would alert. Nothing is stored.

    All listings on the market are compared, up to 150,000, the newest ones. After a second, or if the market has more,
    the numbers are estimated from those that were compared.
    """

    async def find() -> PreviewPublic:
        compiled = await asyncio.to_thread(compile_query, body, currency=currency)
        assert compiled is not None  # noqa: S101 - the body has one
        expression = compiled.expression
        async with database.reading() as connection:
            language = await run_within(connection, language_of(user_id))
            recent = await queries.recent_changes(connection, within=PERIOD, limit=most_changed(expression))
        compared = await market.compare(expression)
        kinds = body.ChangeTypes or DEFAULT_CHANGE_TYPES
        outcome = await asyncio.to_thread(
            outcome_of, expression, kinds, compared, recent, too_many=settings.too_many_matches
        )
        return _public(outcome, sentence(expression, language), language)

    return await call.answer_found(admission, find, asked=body)


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
        ConditionsExactYN=outcome.without_is_exact,
    )
