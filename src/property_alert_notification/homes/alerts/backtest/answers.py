"""Shows what a backtest found. Pure."""

from collections import Counter
from collections.abc import Mapping
from uuid import UUID

from property_alert_notification.api.paging import to_cursor
from property_alert_notification.homes.alerts.backtest.replay import Compared, ComparedFact, ComparedSearch
from property_alert_notification.homes.alerts.backtest.run import Found
from property_alert_notification.homes.alerts.backtest.schemas import (
    Backtest,
    BacktestChange,
    BacktestFact,
    BacktestSearch,
)
from property_alert_notification.homes.alerts.changes.read import ReadChange
from property_alert_notification.homes.alerts.details import ToldFact
from property_alert_notification.homes.alerts.outcomes.facts import explained_fact
from property_alert_notification.homes.alerts.outcomes.words import in_words
from property_alert_notification.homes.saved_searches.models import SavedSearch


def public(found: Found, saved: Mapping[int, SavedSearch], language: str | None) -> Backtest:
    """What a call found, as callers see it."""
    return Backtest(
        compared=found.compared,
        complete=found.after is None,
        outcomes=Counter(fact.became.outcome for one in found.changes for fact in one.facts),
        changes=[_change(one, saved, language) for one in found.changes],
        next=None if found.after is None else to_cursor(UUID(int=found.after)),
    )


def _change(one: Compared, saved: Mapping[int, SavedSearch], language: str | None) -> BacktestChange:
    return BacktestChange(
        sequence=one.change.sequence,
        at=one.made_at,
        ListingKey=str(one.change.after.get("ListingKey", "")),
        property_id=one.change.property_id,
        ModificationTimestamp=one.change.after.get("ModificationTimestamp"),
        facts=[_fact(fact, one.change, language) for fact in one.facts],
        searches=[_search(search, saved) for search in one.searches],
    )


def _fact(one: ComparedFact, change: ReadChange, language: str | None) -> BacktestFact:
    # Of all that brought a home into range, one says which fact this is.
    fact = ToldFact.all_of(one.news)[0]
    return BacktestFact(
        **dict(explained_fact(fact.kind, fact, change.after.get("currency"))),
        outcome=one.became.outcome,
        reason_code=one.became.code,
        reason=in_words(one.became, language),
    )


def _search(one: ComparedSearch, saved: Mapping[int, SavedSearch]) -> BacktestSearch:
    search = saved.get(one.version.number)
    return BacktestSearch(
        SavedSearchKey=None if search is None else search.id,
        SavedSearchName=None if search is None else search.name,
        Version=one.version.version or None,
        matches=one.matches,
        matched_then=one.matched_then,
    )
