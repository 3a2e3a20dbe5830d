"""What became of a change for one search, and why. Pure."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from property_alert_notification.base.reasons import ReasonCode
from property_alert_notification.base.vocabulary import Approval, DeliveryState
from property_alert_notification.homes.alerts.approvals.facts.queries import AskingDelivery
from property_alert_notification.homes.alerts.changes import ReadChange
from property_alert_notification.homes.alerts.drops.drops import Match
from property_alert_notification.homes.alerts.ledger.queries import FactKey
from property_alert_notification.homes.alerts.news import News, may_be_shown
from property_alert_notification.homes.alerts.outcome import Outcome
from property_alert_notification.homes.alerts.wanted import wanted_news
from property_alert_notification.homes.criteria.evaluate import evaluate
from property_alert_notification.homes.criteria.expression import Expression
from property_alert_notification.homes.saved_searches.words import ScheduleType


class PastVersion(NamedTuple):
    """What a search looked for between two numbers."""

    number: int
    """Of the search."""
    version: int
    from_sequence: int
    until_sequence: int | None
    expression: str
    change_types: str
    schedule_type: str

    def applies_to(self, sequence: int) -> bool:
        """Whether it saw the change with this number."""
        return self.from_sequence < sequence and (self.until_sequence is None or sequence < self.until_sequence)


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What the store knows of a person, for `outcome_of`."""

    told: Collection[str]
    """The keys of the facts of the home that the person was told."""
    position: int
    """How far matching has come."""
    digests: Mapping[int, tuple[int, datetime | None]]
    """For each search that waits for a digest: up to which number its matches are submitted, and when it is made."""
    dropped: Mapping[Match, ReasonCode]
    """The matches that were dropped."""
    waiting: Mapping[str, Outcome] = field(default_factory=dict)
    """What became of the facts of the home that alerts would tell if they were approved, by their keys."""


def why_not_told(
    number: int, sequence: int, dropped: Mapping[Match, ReasonCode], versions: Iterable[PastVersion]
) -> ReasonCode | None:
    """Why a match of a search was dropped, of which the user was not told; None if it is not known.

    `versions` are those of the search. That it was paused or deleted before its digest follows from them.
    """
    if (why := dropped.get((sequence, number))) is not None:
        return why
    its = [one for one in versions if one.number == number]
    waited = any(one.applies_to(sequence) and one.schedule_type != ScheduleType.ASAP for one in its)
    ends = {one.until_sequence for one in its if one.until_sequence is not None and one.until_sequence > sequence}
    was_paused = waited and bool(ends - {one.from_sequence for one in its})
    return ReasonCode.SEARCH_PAUSED if was_paused else None


def outcome_of(
    number: int, expression: Expression | None, change_types: str, change: ReadChange, known: Knowledge
) -> Outcome:
    """What became of a change for a search; `expression` is what it looked for then, None if it was not active."""
    if expression is None:
        return Outcome.NO_ACTIVE_SEARCH
    if change.sequence > known.position:
        return Outcome.NOT_YET_MATCHED
    if not may_be_shown(change.after):
        return Outcome.HIDDEN
    if evaluate(expression, change.after) is not True:
        return Outcome.NOT_MATCHING
    if not (news := wanted_news(expression, change_types, change)):
        return Outcome.NOT_ASKED_FOR
    return _of_match(number, news, change, known)


def _of_match(number: int, news: Sequence[News], change: ReadChange, known: Knowledge) -> Outcome:
    """What became of a change that a search matched, and of which it has to tell these."""
    if not (untold := [one.key for one in news if one.key not in known.told]):
        return Outcome.TOLD
    if number in known.digests and change.sequence > known.digests[number][0]:
        return Outcome.WAITS_FOR_DIGEST
    if (change.sequence, number) in known.dropped:
        return Outcome.NOT_TOLD
    return _best(known.waiting.get(key, Outcome.NOT_TOLD) for key in untold)


def outcome_of_alert(approval: str | None, states: Collection[str | None]) -> Outcome:
    """What became of an alert; `states` are those of its deliveries, None stands for one that is not planned yet."""
    if approval in (None, Approval.APPROVED):
        return Outcome.TOLD
    if approval == Approval.REJECTED:
        return Outcome.REJECTED
    waits = any(state in (None, DeliveryState.ON_HOLD) for state in states)
    return Outcome.WAITS_FOR_APPROVAL if waits else Outcome.NOT_TOLD  # it expired before anybody decided


def outcomes_of_facts(rows: Iterable[AskingDelivery]) -> dict[FactKey, Outcome]:
    """What became of facts that alerts would tell if they were approved; of several alerts the best counts."""
    alerts: dict[tuple[UUID, str, UUID], list[AskingDelivery]] = {}
    for row in rows:
        alerts.setdefault(row[:3], []).append(row)
    found: dict[FactKey, Outcome] = {}
    for (listing, fact, _), its in alerts.items():
        outcome = outcome_of_alert(its[0].approval, [one.state for one in its])
        found[listing, fact] = _best([outcome, found.get((listing, fact), Outcome.NOT_TOLD)])
    return found


_BEST_FIRST = (Outcome.TOLD, Outcome.WAITS_FOR_APPROVAL, Outcome.REJECTED, Outcome.NOT_TOLD)


def _best(outcomes: Iterable[Outcome]) -> Outcome:
    return min(outcomes, key=_BEST_FIRST.index)
