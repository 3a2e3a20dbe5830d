"""Builds the answer from what the store knows. Pure."""

from collections.abc import Iterable, Sequence
from itertools import groupby

from property_alert_notification.base.damaged import readable
from property_alert_notification.base.reasons import Reason, code_of
from property_alert_notification.base.times import EARLIEST
from property_alert_notification.homes.alerts.changes.read import ReadChange
from property_alert_notification.homes.alerts.details import AlertDetails, ToldFact
from property_alert_notification.homes.alerts.explain.answers import (
    ExplainedAlert,
    ExplainedChange,
    ExplainedCondition,
    ExplainedDelivery,
    ExplainedOutcome,
    ExplainedSearch,
    OutcomeAlert,
)
from property_alert_notification.homes.alerts.explain.look_up import Found
from property_alert_notification.homes.alerts.explain.queries import AlertDelivery
from property_alert_notification.homes.alerts.explain.replaced import told_by
from property_alert_notification.homes.alerts.explain.searches import ExplainableSearch
from property_alert_notification.homes.alerts.news import IN_RANGE
from property_alert_notification.homes.alerts.outcomes.facts import explained_fact
from property_alert_notification.homes.alerts.outcomes.ladder import of_change, same_as
from property_alert_notification.homes.alerts.outcomes.past import PastVersion
from property_alert_notification.homes.alerts.outcomes.words import Became, Outcome, in_words
from property_alert_notification.homes.alerts.wanted import wanted_news
from property_alert_notification.homes.criteria.clauses import Clause, clauses_of
from property_alert_notification.homes.criteria.evaluate import evaluate
from property_alert_notification.homes.criteria.explained import explained, explained_in_full
from property_alert_notification.homes.criteria.expression import Expression, from_json
from property_alert_notification.homes.criteria.sentence import phrase, sentence
from property_alert_notification.homes.listings.facts import differs
from property_alert_notification.homes.listings.snapshot import snapshot_of


def explained_search(search: ExplainableSearch, found: Found) -> ExplainedSearch:
    """A search beside the home, as both are now."""
    expression, fields, language = search.expression, found.fields, found.language
    digest = found.known.digests.get(search.number)
    outcome = Outcome.NO_CHANGE if search.active and _matches_by_no_change(expression, found) else None
    return ExplainedSearch(
        SavedSearchKey=search.key,
        SavedSearchName=search.name,
        deleted=search.is_deleted,
        Version=search.version,
        ActiveYN=search.active,
        ScheduleType=search.schedule_type,
        matches=evaluate(expression, fields),
        conditions=[_condition(one, language) for one in clauses_of(expression, fields)],
        next_digest_at=None if digest is None else digest[1],
        outcome=outcome,
        reason=None if outcome is None else in_words(Became(outcome), language),
    )


def _condition(clause: Clause, language: str | None) -> ExplainedCondition:
    return ExplainedCondition(
        condition=phrase(clause.expression, language),
        reason=explained(clause, language),
        field=clause.field,
        test=clause.test,
        value=clause.value,
        bound=clause.bound,
        met=clause.verdict,
        parts=[_condition(one, language) for one in clause.parts],
    )


def _matches_by_no_change(expression: Expression, found: Found) -> bool:
    """Whether the listing has begun to match after its last change, by a record that was none."""
    now = found.fields
    last = next((one.after for one in found.changes if one.listing_id == found.listing_id), None)
    if not now or last is None or evaluate(expression, now) is not True or evaluate(expression, last) is True:
        return False
    return not differs(snapshot_of(last, EARLIEST), snapshot_of(now, EARLIEST))


def explained_change(change: ReadChange, found: Found) -> ExplainedChange:
    """A change, with what became of it for each search."""
    then = [one for one in found.versions if one.applies_to(change.sequence)]
    read = {
        version.number: (version, expression)
        for version, expression in readable(
            then, lambda one: (one, from_json(one.expression)), "search.unreadable", lambda one: one.number
        )
    }
    currency = change.after.get("currency")
    # What a search with a damaged version looked for is not known.
    damaged = {one.number for one in then} - read.keys()
    return ExplainedChange(
        sequence=change.sequence,
        at=found.made_at[change.sequence],
        ListingKey=str(change.after.get("ListingKey", "")),
        ModificationTimestamp=change.after.get("ModificationTimestamp"),
        facts=[
            *(explained_fact(one.change_type, one, currency) for one in change.facts),
            *(explained_fact(IN_RANGE, fact, currency) for fact in _in_range(change, read.values())),
        ],
        searches=[
            _outcome(one, read.get(one.number), change, found) for one in found.searches if one.number not in damaged
        ],
    )


def _in_range(change: ReadChange, then: Iterable[tuple[PastVersion, Expression]]) -> list[ToldFact]:
    """What brought a home into the range of a search; empty if it came into none."""
    for version, expression in then:
        if evaluate(expression, change.after) is True:
            for news in wanted_news(expression, version.change_types, change):
                if news.kind == IN_RANGE:
                    return ToldFact.all_of(news)
    return []


def _outcome(
    search: ExplainableSearch,
    then: tuple[PastVersion, Expression] | None,
    change: ReadChange,
    found: Found,
) -> ExplainedOutcome:
    version, expression = then or (None, None)
    language = found.language
    became = of_change(search.number, expression, version.change_types if version else "", change, found.known)
    unmet = []
    if expression is not None and became.outcome is Outcome.NOT_MATCHING:
        clauses = clauses_of(expression, change.after)
        unmet = [explained_in_full(one, language) for one in clauses if one.verdict is not True]
    return ExplainedOutcome(
        SavedSearchKey=search.key,
        SavedSearchName=search.name,
        Version=None if version is None else version.version,
        SearchQueryHumanReadable=None if expression is None else sentence(expression, language),
        outcome=became.outcome,
        reason_code=became.code,
        reason=_sentence(became, change, language),
        alert=alert_of(became, found.alerts),
        unmet=unmet,
    )


def alert_of(became: Became, alerts: Iterable[AlertDelivery]) -> OutcomeAlert | None:
    """The alert of which an outcome is known; None if it is not among those that are kept."""
    its = [one for one in alerts if one.notification_id == became.notification_id]
    if not its:
        return None
    one = next((one for one in its if one.channel == became.channel), its[0])
    return OutcomeAlert(
        notification_id=one.notification_id,
        channel=one.channel,
        since=one.changed_at or one.accepted_at,
        digest_id=Reason.read(one.reason_code, one.reason_parameters).digest_id,
    )


def _sentence(became: Became, change: ReadChange, language: str | None) -> str:
    words = in_words(became, language)
    return f"{words} (ListingKey {same_as(change)})" if became.outcome is Outcome.ALREADY_TOLD else words


def explained_alerts(rows: Sequence[AlertDelivery], language: str | None = None) -> list[ExplainedAlert]:
    """The alerts of these rows, each with its deliveries."""
    return [_alert(list(group), rows, language) for _, group in groupby(rows, key=lambda row: row.notification_id)]


def _alert(rows: Sequence[AlertDelivery], alerts: Sequence[AlertDelivery], language: str | None) -> ExplainedAlert:
    try:
        details = AlertDetails.read(rows[0].details)
    except ValueError:
        details = None
    facts = () if details is None else details.facts
    left_out = rows[0].left_out
    return ExplainedAlert(
        notification_id=rows[0].notification_id,
        accepted_at=rows[0].accepted_at,
        sequence=rows[0].sequence,
        first_alert=details is not None and details.matched is not None,
        left_out=None if left_out is None else code_of(left_out),
        facts=[explained_fact(one.kind, one, details.currency if details else None) for one in facts],
        deliveries=[
            _delivery(row, alerts, language)
            for row in rows
            if row.channel is not None and row.listing_id == rows[0].listing_id
        ],
    )


def _delivery(row: AlertDelivery, alerts: Sequence[AlertDelivery], language: str | None) -> ExplainedDelivery:
    reason = Reason.read(row.reason_code, row.reason_parameters)
    return ExplainedDelivery(
        channel=str(row.channel),
        state=str(row.state),
        reason_code=reason.code,
        reason=reason.sentence(str(row.channel), language),
        changed_at=row.changed_at or row.accepted_at,
        told_by=told_by(row, alerts),
    )
