"""What became of a change for one search, and of a fact for a person, and why. Pure."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from property_alert_notification.base import times
from property_alert_notification.base.reasons import Reason, ReasonCode
from property_alert_notification.homes.alerts.changes.read import ReadChange
from property_alert_notification.homes.alerts.drops.drops import Match
from property_alert_notification.homes.alerts.ledger.queries import FactKey
from property_alert_notification.homes.alerts.news import News, may_be_shown
from property_alert_notification.homes.alerts.outcomes.alerts import best
from property_alert_notification.homes.alerts.outcomes.past import (
    PastVersion,
    was_paused_before_digest,
    why_inactive,
)
from property_alert_notification.homes.alerts.outcomes.words import Became, Outcome
from property_alert_notification.homes.alerts.wanted import wanted_news
from property_alert_notification.homes.criteria.evaluate import evaluate
from property_alert_notification.homes.criteria.expression import Expression


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What the store knows of a person and of some changes."""

    position: int
    """How far matching has come."""
    digests: Mapping[int, tuple[int, datetime | None]]
    """For each search that waits for a digest: up to which number its matches are submitted, and when it is made."""
    versions: Sequence[PastVersion]
    """Of the searches of the person."""
    told: Collection[FactKey] = ()
    """The facts that the person was told, or is told, by these listings or by others of their homes: by the ledger."""
    dropped: Mapping[Match, Reason] = field(default_factory=dict)
    """The matches that were dropped."""
    alerts: Mapping[FactKey, Became] = field(default_factory=dict)
    """What became of the facts that alerts tell, or would tell if they were approved."""


def of_change(
    number: int, expression: Expression | None, change_types: str, change: ReadChange, known: Knowledge
) -> Became:
    """What became of a change for a search; `expression` is what it looked for then, None if it was not active."""
    if expression is None:
        return Became(Outcome.NO_ACTIVE_SEARCH, why_inactive(number, change.sequence, known.versions))
    if change.sequence > known.position:
        return Became(Outcome.NOT_YET_MATCHED)
    if not may_be_shown(change.after):
        return Became(Outcome.HIDDEN)
    if evaluate(expression, change.after) is not True:
        return Became(Outcome.NOT_MATCHING)
    if news := wanted_news(expression, change_types, change):
        return of_match(number, news, change, known)
    if change.facts:
        return Became(Outcome.NOT_ASKED_FOR)
    return Became(Outcome.NO_CHANGE if same_as(change) is None else Outcome.ALREADY_TOLD)


def same_as(change: ReadChange) -> str | None:
    """The key of the other listing of the home that told all before that this one tells; None if there is none."""
    before = None if change.facts or change.before is None else change.before.get("ListingKey")
    return None if before == change.after.get("ListingKey") else before


def of_match(number: int, news: Sequence[News], change: ReadChange, known: Knowledge) -> Became:
    """What became of a change that a search matched, and of which it has to tell these."""
    keys = [(change.listing_id, one.key) for one in news]
    # Of alerts that are not kept any more, or did not store what they tell, the ledger is all that is known.
    fates = {key: known.alerts.get(key, _TOLD) for key in keys if key in known.told}
    # What no alert told that was to tell it, another search may tell.
    if not (undecided := [key for key in keys if key not in fates or fates[key].outcome is Outcome.NOT_TOLD]):
        return best([one for one in fates.values() if one.outcome is not Outcome.TOLD] or fates.values())
    if number in known.digests and change.sequence > known.digests[number][0]:
        return _waits_for_digest(known.digests[number][1])
    if (why := known.dropped.get((change.sequence, number))) is not None:
        return Became(Outcome.NOT_TOLD, why)
    if was_paused_before_digest(number, change.sequence, known.versions):
        untold = Became(Outcome.NOT_TOLD, Reason(ReasonCode.SEARCH_PAUSED))
    else:
        untold = Became(Outcome.NOT_TOLD)
    return best(known.alerts.get(key, untold) for key in undecided)


def _waits_for_digest(closes_at: datetime | None) -> Became:
    if closes_at is None:
        return Became(Outcome.WAITS_FOR_DIGEST)
    reason = Reason(ReasonCode.COLLECTED_FOR_SEARCH, {"closes_at": times.in_words(closes_at)})
    return Became(Outcome.WAITS_FOR_DIGEST, reason)


_TOLD = Became(Outcome.TOLD)
