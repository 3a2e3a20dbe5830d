"""What became of a change for one search, and why. Pure."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from property_alert_notification.base.reasons import Reason, ReasonCode
from property_alert_notification.base.vocabulary import Approval, DeliveryState
from property_alert_notification.homes.alerts.changes import ReadChange
from property_alert_notification.homes.alerts.drops.drops import Match
from property_alert_notification.homes.alerts.news import may_be_shown
from property_alert_notification.homes.alerts.wanted import wanted_news
from property_alert_notification.homes.criteria.evaluate import evaluate
from property_alert_notification.homes.criteria.expression import Expression
from property_alert_notification.homes.saved_searches.words import ScheduleType


class Outcome(StrEnum):
    """What became of a change for a search."""

    TOLD = "told"
    """The user was told, by this search or another one."""
    WAITS_FOR_APPROVAL = "waits_for_approval"
    """Its alert is on hold until it is approved or rejected."""
    REJECTED = "rejected"
    """Its alert was rejected."""
    WAITS_FOR_DIGEST = "waits_for_digest"
    """The search does not alert at once, and its digest is not made yet."""
    NOT_YET_MATCHED = "not_yet_matched"
    """The matcher has not come to the change yet."""
    NO_ACTIVE_SEARCH = "no_active_search"
    """The search was saved later, or was paused, or was deleted then."""
    HIDDEN = "hidden"
    """The home might not be shown then."""
    NOT_MATCHING = "not_matching"
    """The home did not meet the conditions of the search."""
    NOT_ASKED_FOR = "not_asked_for"
    """The home matched, but the search does not ask for such changes, or not of homes that cannot be had."""
    NOT_TOLD = "not_told"
    """The match was dropped, for a reason."""


SENTENCES: Mapping[Outcome, str] = {
    Outcome.TOLD: "the user was told",
    Outcome.WAITS_FOR_APPROVAL: "its alert waits for approval",
    Outcome.REJECTED: "its alert was rejected",
    Outcome.WAITS_FOR_DIGEST: "it waits for the digest of the search",
    Outcome.NOT_YET_MATCHED: "the matcher has not come to this change yet",
    Outcome.NO_ACTIVE_SEARCH: "the search was not active when the change was made",
    Outcome.HIDDEN: "the home might not be shown then",
    Outcome.NOT_MATCHING: "the home did not meet all conditions of the search",
    Outcome.NOT_ASKED_FOR: "the home matched, but the search does not ask for this change of a home of this status",
    Outcome.NOT_TOLD: "the user was not told",
}


_NOT_RECORDED = "and the reason was not recorded"


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
    alerts: Mapping[int, Outcome] = field(default_factory=dict)
    """What became of each alert about the home, by the number of the newest change that it tells."""


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


def in_words(outcome: Outcome, why: ReasonCode | None) -> str:
    """The sentence of an outcome; `why` says why the user was not told."""
    words = SENTENCES[outcome]
    if outcome is not Outcome.NOT_TOLD:
        return words
    return f"{words}, {_NOT_RECORDED}" if why is None else f"{words}: {Reason(why).sentence()}"


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
    if all(one.key in known.told for one in news):
        return _as_told(change, known)
    if number in known.digests and change.sequence > known.digests[number][0]:
        return Outcome.WAITS_FOR_DIGEST
    return Outcome.NOT_TOLD


def _as_told(change: ReadChange, known: Knowledge) -> Outcome:
    """What became of the alert about a change: the first one that is not older."""
    told_by = min((sequence for sequence in known.alerts if sequence >= change.sequence), default=None)
    return Outcome.TOLD if told_by is None else known.alerts[told_by]


def outcome_of_alert(approval: str | None, states: Collection[str | None]) -> Outcome:
    """What became of an alert; `states` are those of its deliveries, None stands for one that is not planned yet."""
    if approval == Approval.REJECTED:
        return Outcome.REJECTED
    if approval == Approval.WAITING:
        waits = any(state in (None, DeliveryState.ON_HOLD) for state in states)
        return Outcome.WAITS_FOR_APPROVAL if waits else Outcome.NOT_TOLD  # nobody decided in time
    return Outcome.TOLD
