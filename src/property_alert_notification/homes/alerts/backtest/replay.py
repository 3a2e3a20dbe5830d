"""Compares past changes with a person's searches, by the functions that the matcher uses. Pure."""

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

import numpy as np

from property_alert_notification.base.damaged import readable
from property_alert_notification.base.reasons import Reason, ReasonCode
from property_alert_notification.homes.alerts.backtest.queries import PastChange
from property_alert_notification.homes.alerts.changes.read import ReadChange
from property_alert_notification.homes.alerts.match_log.entries import found_in
from property_alert_notification.homes.alerts.news import News, may_be_shown
from property_alert_notification.homes.alerts.numbers import Numbers
from property_alert_notification.homes.alerts.outcomes.alerts import best
from property_alert_notification.homes.alerts.outcomes.ladder import Knowledge, of_match
from property_alert_notification.homes.alerts.outcomes.past import PastVersion
from property_alert_notification.homes.alerts.outcomes.replayed import Evidence, beside_replay
from property_alert_notification.homes.alerts.outcomes.words import Became, Outcome
from property_alert_notification.homes.alerts.wanted import asked_for, wanted_news
from property_alert_notification.homes.criteria.evaluate import evaluate
from property_alert_notification.homes.criteria.expression import Expression, from_json

UNSAVED = -1
"""The number of a search that is not saved."""


class Hit(NamedTuple):
    """A change that concerns a search, by the replay or by the match log."""

    past: PastChange
    matching: Sequence[PastVersion]
    """The replayed searches that match the home after the change."""
    logged: Mapping[int, bool]
    """The searches that matched it then, by number, and whether the home was new to each."""


class Candidate(NamedTuple):
    """A hit that was read, with what each search tells of it."""

    hit: Hit
    change: ReadChange
    replayed: Sequence[tuple[PastVersion, Sequence[News]]]
    then: Sequence[tuple[PastVersion, Sequence[News]]]
    """By the match log, the versions of then."""


class ComparedFact(NamedTuple):
    """One fact, and what became of it."""

    news: News
    became: Became


class ComparedSearch(NamedTuple):
    """A search that tells a fact of the change."""

    version: PastVersion
    matches: bool
    """By the replay."""
    matched_then: bool


class Compared(NamedTuple):
    """A change that the replay tells, or that the person was told."""

    change: ReadChange
    made_at: datetime
    facts: Sequence[ComparedFact]
    searches: Sequence[ComparedSearch]


@dataclass(frozen=True, slots=True)
class Known:
    """What the store knows of the person and of the homes of some hits."""

    store: Knowledge
    discarded: Collection[UUID]
    """The homes that the person discarded."""
    refusal: Became | None
    """Why the person would get no alert now, whatever matches; None if they would get one."""


@dataclass
class Replay:
    """The searches of one person that are replayed."""

    replayed: Sequence[PastVersion]
    saved: Sequence[PastVersion]
    """All versions of the searches whose alerts are compared."""
    is_as_then: bool
    """Whether each search is replayed as it was then."""
    _told: set[tuple[UUID, str]] = field(default_factory=set)
    """What the replay has told: homes, and the keys of their facts."""

    def __post_init__(self) -> None:
        self._read = cache(from_json)
        self._versions: dict[int, list[PastVersion]] = {}
        for one in self.saved:
            self._versions.setdefault(one.number, []).append(one)
        self._numbers = np.array(sorted(self._versions), dtype=np.int64)

    @property
    def numbers(self) -> Numbers:
        """Of the searches whose alerts are compared."""
        return self._numbers

    def hits(self, changes: Iterable[PastChange], is_over: Callable[[], bool]) -> tuple[list[Hit], int | None]:
        """Those of these changes that concern a search, and the last one that was compared; at least one is."""
        found: list[Hit] = []
        last = None
        for past in changes:
            if last is not None and is_over():
                break
            last = past.change.sequence
            some = readable([past], _record, "change.unreadable", lambda one: one.change.sequence)
            hits = [self._hit(past, after) for after in some]
            found += [one for one in hits if one.matching or one.logged]
        return found, last

    def _hit(self, past: PastChange, after: Mapping[str, Any]) -> Hit:
        matching = list[PastVersion]()
        if may_be_shown(after):
            candidates = (one for one in self.replayed if one.applies_to(past.change.sequence))
            matching = [one for one, its in self._readable(candidates) if evaluate(its, after) is True]
        return Hit(past, matching, self._logged(past.matches))

    def _readable(self, versions: Iterable[PastVersion]) -> Iterator[tuple[PastVersion, Expression]]:
        """These versions with what each looks for; damaged ones are left out."""
        return readable(
            versions, lambda one: (one, self._read(one.expression)), "search.unreadable", lambda one: one.number
        )

    def _logged(self, matches: Sequence[str]) -> dict[int, bool]:
        logged: dict[int, bool] = {}
        for mine in readable(matches, lambda entry: found_in(entry, self._numbers), "match_log.unreadable"):
            logged |= dict(mine)
        return logged

    def candidate(self, hit: Hit, change: ReadChange) -> Candidate:
        """What each search tells of a hit."""
        replayed = [(one, wanted_news(self._read(one.expression), one.change_types, change)) for one in hit.matching]
        versions = (one for number in hit.logged for one in self._versions[number] if one.applies_to(change.sequence))
        then = [
            (one, asked_for(expression, one.change_types, change, is_new=hit.logged[one.number]))
            for one, expression in self._readable(versions)
        ]
        return Candidate(hit, change, replayed, then)

    def compare(self, candidates: Iterable[Candidate], known: Known) -> Iterator[Compared]:
        """The changes of which there is something to say, in their order."""
        for one in candidates:
            if facts := [fact for news in one.change.news if (fact := self._fact(one, news, known)) is not None]:
                yield Compared(one.change, one.hit.past.made_at, facts, _searches(one))

    def _fact(self, one: Candidate, news: News, known: Known) -> ComparedFact | None:
        key, its = (one.change.property_id, news.key), (one.change.listing_id, news.key)
        is_replayed = any(news in some for _, some in one.replayed)
        by_log = [version.number for version, some in one.then if news in some]
        became = beside_replay(
            Evidence(
                is_replayed=is_replayed,
                was_matched=bool(by_log),
                was_told=its in known.store.told,
                is_matched_yet=one.change.sequence <= known.store.position,
                was_replayed=key in self._told,
                became=best(of_match(number, [news], one.change, known.store) for number in by_log or [UNSAVED]),
                stops=_stops(one, known),
                is_as_then=self.is_as_then,
            )
        )
        if is_replayed:
            self._told.add(key)
        return None if became is None else ComparedFact(news, became)


def _record(past: PastChange) -> dict[str, Any]:
    return dict(json.loads(past.change.record))


def _stops(one: Candidate, known: Known) -> Became | None:
    """Why the user would not be told now, whatever matches."""
    return _DISCARDED if one.change.property_id in known.discarded else known.refusal


_DISCARDED = Became(Outcome.NOT_TOLD, Reason(ReasonCode.HOME_DISCARDED))


def _searches(one: Candidate) -> list[ComparedSearch]:
    replayed = {version.number: version for version, some in one.replayed if some}
    then = {version.number: version for version, some in one.then if some}
    return [
        ComparedSearch(replayed.get(number) or then[number], number in replayed, number in then)
        for number in sorted(replayed.keys() | then.keys())
    ]
