"""Builds the answer from what the store knows. Pure."""

from collections.abc import Collection, Mapping, Sequence
from itertools import groupby
from typing import Any

from property_alert_notification.base.damaged import readable
from property_alert_notification.base.reasons import Reason, code_of
from property_alert_notification.homes.alerts.changes import ReadChange
from property_alert_notification.homes.alerts.details import AlertDetails, ToldFact
from property_alert_notification.homes.alerts.explain.answers import (
    ExplainedAlert,
    ExplainedChange,
    ExplainedCondition,
    ExplainedDelivery,
    ExplainedFact,
    ExplainedOutcome,
    ExplainedSearch,
)
from property_alert_notification.homes.alerts.explain.outcome import (
    Knowledge,
    PastVersion,
    outcome_of,
    why_not_told,
)
from property_alert_notification.homes.alerts.explain.queries import AlertDelivery
from property_alert_notification.homes.alerts.news import IN_RANGE
from property_alert_notification.homes.alerts.outcome import Outcome, in_words
from property_alert_notification.homes.criteria.clauses import clauses_of
from property_alert_notification.homes.criteria.evaluate import evaluate
from property_alert_notification.homes.criteria.explained import explained
from property_alert_notification.homes.criteria.expression import from_json
from property_alert_notification.homes.criteria.sentence import phrase
from property_alert_notification.homes.listings.facts import Fact
from property_alert_notification.homes.saved_searches.models import SavedSearch


def explained_search(
    search: SavedSearch, fields: Mapping[str, Any], known: Knowledge, language: str | None
) -> ExplainedSearch:
    """A search beside the home, as both are now."""
    expression = from_json(search.expression)
    return ExplainedSearch(
        SavedSearchKey=search.id,
        SavedSearchName=search.name,
        Version=search.version,
        ActiveYN=search.active,
        ScheduleType=search.schedule_type,
        matches=evaluate(expression, fields),
        conditions=[
            ExplainedCondition(
                condition=phrase(one.expression, language),
                reason=explained(one, language),
                field=one.field,
                test=one.test,
                value=one.value,
                bound=one.bound,
                met=one.verdict,
            )
            for one in clauses_of(expression, fields)
        ],
        next_digest_at=known.digests[search.number][1] if search.number in known.digests else None,
    )


def explained_fact(kind: str, fact: Fact | ToldFact) -> ExplainedFact:
    """One fact of a change, or of an alert."""
    return ExplainedFact(
        ChangeType=kind,
        FieldName=fact.field if kind == IN_RANGE else None,
        PreviousValue=fact.before,
        NewValue=fact.after,
        PreviousCurrency=fact.before_currency,
    )


def explained_change(
    change: ReadChange,
    searches: Collection[SavedSearch],
    versions: Collection[PastVersion],
    known: Knowledge,
    language: str | None,
) -> ExplainedChange:
    """A change, with what became of it for each search."""
    then = {one.number: one for one in versions if one.applies_to(change.sequence)}
    return ExplainedChange(
        sequence=change.sequence,
        ListingKey=str(change.after.get("ListingKey", "")),
        ModificationTimestamp=change.after.get("ModificationTimestamp"),
        facts=[explained_fact(one.change_type, one) for one in change.facts],
        searches=list(
            readable(
                searches,
                lambda one: _outcome(one, then.get(one.number), versions, change, known, language),
                "search.unreadable",
                lambda one: one.id,
            )
        ),
    )


def _outcome(
    search: SavedSearch,
    version: PastVersion | None,
    versions: Collection[PastVersion],
    change: ReadChange,
    known: Knowledge,
    language: str | None,
) -> ExplainedOutcome:
    expression = None if version is None else from_json(version.expression)
    outcome = outcome_of(search.number, expression, version.change_types if version else "", change, known)
    why = None
    if outcome is Outcome.NOT_TOLD:
        why = why_not_told(search.number, change.sequence, known.dropped, versions)
    unmet = []
    if expression is not None and outcome is Outcome.NOT_MATCHING:
        clauses = clauses_of(expression, change.after)
        unmet = [explained(one, language) for one in clauses if one.verdict is not True]
    return ExplainedOutcome(
        SavedSearchKey=search.id,
        Version=None if version is None else version.version,
        outcome=outcome,
        reason_code=why,
        reason=in_words(outcome, why),
        unmet=unmet,
    )


def explained_alerts(rows: Sequence[AlertDelivery]) -> list[ExplainedAlert]:
    """The alerts of these rows, each with its deliveries."""
    return [_alert(list(group)) for _, group in groupby(rows, key=lambda row: row.notification_id)]


def _alert(rows: Sequence[AlertDelivery]) -> ExplainedAlert:
    try:
        details = AlertDetails.read(rows[0].details)
    except ValueError:
        details = None
    facts = () if details is None else details.facts
    left_out = rows[0].left_out
    return ExplainedAlert(
        notification_id=rows[0].notification_id,
        sequence=rows[0].sequence,
        first_alert=details is not None and details.matched is not None,
        left_out=None if left_out is None else code_of(left_out),
        facts=[explained_fact(one.kind, one) for one in facts],
        deliveries=[_delivery(row) for row in rows if row.channel is not None and row.listing_id == rows[0].listing_id],
    )


def _delivery(row: AlertDelivery) -> ExplainedDelivery:
    reason = Reason.read(row.reason_code, row.reason_parameters)
    return ExplainedDelivery(
        channel=str(row.channel),
        state=str(row.state),
        reason_code=reason.code,
        reason=reason.sentence(str(row.channel)),
    )
