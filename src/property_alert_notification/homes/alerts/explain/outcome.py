"""What became of a change for one search, and why. Pure."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple, TypeVar
from uuid import UUID

from property_alert_notification.base.reasons import Reason, ReasonCode
from property_alert_notification.base.vocabulary import Approval, DeliveryState, NotificationStatus
from property_alert_notification.homes.alerts.approvals.facts.queries import AskingDelivery
from property_alert_notification.homes.alerts.changes import ReadChange
from property_alert_notification.homes.alerts.drops.drops import Match
from property_alert_notification.homes.alerts.ledger.queries import FactKey
from property_alert_notification.homes.alerts.news import News, may_be_shown
from property_alert_notification.homes.alerts.outcome import Became, Outcome
from property_alert_notification.homes.alerts.unsent.rules import why_without_deliveries
from property_alert_notification.homes.alerts.wanted import wanted_news
from property_alert_notification.homes.criteria.evaluate import evaluate
from property_alert_notification.homes.criteria.expression import Expression
from property_alert_notification.homes.saved_searches.words import ScheduleType

Key = TypeVar("Key")


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
    """The keys of the facts of the home that the person was told, or is to be told by an alert that is not sent yet."""
    position: int
    """How far matching has come."""
    digests: Mapping[int, tuple[int, datetime | None]]
    """For each search that waits for a digest: up to which number its matches are submitted, and when it is made."""
    dropped: Mapping[Match, Reason]
    """The matches that were dropped."""
    untold: Mapping[str, Became] = field(default_factory=dict)
    """What became of the facts of the home that alerts would tell if they were approved, or were to tell and were not
    sent, by their keys."""


def why_not_told(
    number: int, sequence: int, dropped: Mapping[Match, Reason], versions: Iterable[PastVersion]
) -> Reason | None:
    """Why a match of a search was dropped, of which the user was not told; None if it is not known.

    `versions` are those of the search. That it was paused or deleted before its digest follows from them.
    """
    if (why := dropped.get((sequence, number))) is not None:
        return why
    its = [one for one in versions if one.number == number]
    waited = any(one.applies_to(sequence) and one.schedule_type != ScheduleType.ASAP for one in its)
    ends = {one.until_sequence for one in its if one.until_sequence is not None and one.until_sequence > sequence}
    was_paused = waited and bool(ends - {one.from_sequence for one in its})
    return Reason(ReasonCode.SEARCH_PAUSED) if was_paused else None


def outcome_of(
    number: int, expression: Expression | None, change_types: str, change: ReadChange, known: Knowledge
) -> Became:
    """What became of a change for a search; `expression` is what it looked for then, None if it was not active."""
    if expression is None:
        return Became(Outcome.NO_ACTIVE_SEARCH)
    if change.sequence > known.position:
        return Became(Outcome.NOT_YET_MATCHED)
    if not may_be_shown(change.after):
        return Became(Outcome.HIDDEN)
    if evaluate(expression, change.after) is not True:
        return Became(Outcome.NOT_MATCHING)
    if not (news := wanted_news(expression, change_types, change)):
        return Became(Outcome.NOT_ASKED_FOR)
    return _of_match(number, news, change, known)


def _of_match(number: int, news: Sequence[News], change: ReadChange, known: Knowledge) -> Became:
    """What became of a change that a search matched, and of which it has to tell these."""
    if not (untold := [one.key for one in news if one.key not in known.told]):
        return Became(Outcome.TOLD)
    if number in known.digests and change.sequence > known.digests[number][0]:
        return Became(Outcome.WAITS_FOR_DIGEST)
    if (why := known.dropped.get((change.sequence, number))) is not None:
        return Became(Outcome.NOT_TOLD, why)
    return _best(known.untold.get(key, _NOT_TOLD) for key in untold)


def outcome_of_alert(rows: Sequence[AskingDelivery]) -> Became:
    """What became of an alert that needs approval, with its deliveries; a row without any if it has none."""
    approval = rows[0].approval
    if approval in (None, Approval.APPROVED):
        return Became(Outcome.TOLD)
    if approval == Approval.REJECTED:
        return Became(Outcome.REJECTED, Reason(ReasonCode.REJECTED))
    if any(map(_waits, rows)):
        return Became(Outcome.WAITS_FOR_APPROVAL, Reason(ReasonCode.WAITS_FOR_APPROVAL))
    # It ended before anybody decided.
    return next((_ended(one) for one in rows if one.reason_code is not None), _without_deliveries(rows[0]))


def _ended(one: AskingDelivery) -> Became:
    return Became(Outcome.NOT_TOLD, Reason.read(one.reason_code, one.reason_parameters), one.channel or "")


def _without_deliveries(one: AskingDelivery) -> Became:
    return Became(Outcome.NOT_TOLD, why_without_deliveries(one.status, one.cancelled_by))


def _waits(one: AskingDelivery) -> bool:
    if one.state is None:
        return one.status in (None, NotificationStatus.SCHEDULED)
    return one.state == DeliveryState.ON_HOLD


def outcomes_of_facts(rows: Iterable[AskingDelivery]) -> dict[FactKey, Became]:
    """What became of facts that alerts would tell if they were approved; of several alerts the best counts."""
    alerts: dict[tuple[UUID, str, UUID], list[AskingDelivery]] = {}
    for row in rows:
        alerts.setdefault(row[:3], []).append(row)
    found: dict[FactKey, Became] = {}
    for (listing, fact, _), its in alerts.items():
        found[listing, fact] = _best([outcome_of_alert(its), found.get((listing, fact), _NOT_TOLD)])
    return found


_NOT_TOLD = Became(Outcome.NOT_TOLD)
_BEST_FIRST = (Outcome.TOLD, Outcome.WAITS_FOR_APPROVAL, Outcome.REJECTED, Outcome.NOT_TOLD)


def with_unsent(untold: Mapping[Key, Became], unsent: Mapping[Key, Became]) -> dict[Key, Became]:
    """What became of facts that were not told; `unsent` has those of which all alerts ended unsent, and why."""
    known = dict(untold)
    for key, ended in unsent.items():
        its = known.get(key)
        # An alert that was approved may end unsent, too.
        known[key] = ended if its is None or its.outcome is Outcome.TOLD else _best([ended, its])
    return known


def _best(outcomes: Iterable[Became]) -> Became:
    """The best of these; of equal ones that of which the reason is known."""
    return min(outcomes, key=lambda one: (_BEST_FIRST.index(one.outcome), one.why is None, one.code or ""))
