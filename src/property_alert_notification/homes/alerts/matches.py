"""Which searches a change of a listing concerns, and whom it has to be told. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import compress
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from property_alert_notification.homes.alerts.news import News, can_be_had, may_be_shown, without_status
from property_alert_notification.homes.alerts.numbers import NONE, Numbers, are_in
from property_alert_notification.homes.alerts.searches import Searches, asked_by

Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Matches:
    """The searches that a change concerns, in the order of their numbers."""

    news: Sequence[News]
    numbers: Numbers
    is_new: Flags
    """Whether the listing did not match each search before."""
    wanted: Sequence[Flags]
    """For each of the news, whether each search has to tell it."""
    people: Numbers
    """The person of each search."""
    at_once: Flags
    """Whether each search alerts at once."""


def matches_of(
    searches: Searches, news: Sequence[News], before: Mapping[str, Any] | None, after: Mapping[str, Any]
) -> Matches | None:
    """The searches that a change concerns; None if there is none.

    `before` and `after` are the fields of the listing; `before` is None if it was not known.
    """
    if not news or not may_be_shown(after):
        return None
    numbers = searches.match(after)
    if not len(numbers):
        return None
    matched = searches.match(before) if before is not None and may_be_shown(before) else NONE
    is_new = ~are_in(matched, numbers)
    kinds = searches.kinds[numbers]
    wanted = [(is_new == one.to_new) & (kinds & asked_by(one) != 0) for one in news]
    if not can_be_had(after):
        names_status = ~are_in(searches.match(without_status(after)), numbers)
        wanted = [each if one.is_status else each & names_status for each, one in zip(wanted, news, strict=True)]
    concerned = np.logical_or.reduce(wanted)
    if not concerned.any():
        return None
    numbers = numbers[concerned]
    return Matches(
        news,
        numbers,
        is_new[concerned],
        [each[concerned] for each in wanted],
        searches.people[numbers],
        searches.at_once[numbers],
    )


class MatchedSearch(NamedTuple):
    """One search that a person is alerted by."""

    number: int
    is_new: bool
    tells: bool
    """Whether it wants one of the news that its person is told; others only match the home, too."""


class Telling(NamedTuple):
    """What one person is told of a change, at once."""

    person: int
    news: list[News]
    searches: list[MatchedSearch]
    """All of their searches that the change concerns."""


def not_told(matches: Matches, told: Mapping[str, Numbers]) -> dict[str, Numbers]:
    """For each of the news, by key, who has to be told at once: those who were not told before, by any search."""
    found = {}
    for one, wanted in zip(matches.news, matches.wanted, strict=True):
        people = np.unique(matches.people[wanted & matches.at_once])
        if len(known := told.get(one.key, NONE)):
            people = people[~are_in(known, people)]
        if len(people):
            found[one.key] = people
    return found


def tellings(matches: Matches, fresh: Mapping[str, Numbers]) -> Iterator[Telling]:
    """What each person is told, of `fresh`, which `not_told` returned; in the order of the numbers of people.

    Those who are told the same have one list of it.
    """
    if not fresh:
        return
    everyone, *others = fresh.values()
    if others:
        everyone = np.unique(np.concatenate([everyone, *others]))
    is_told = [are_in(fresh.get(one.key, NONE), everyone) for one in matches.news]
    mine = np.flatnonzero(are_in(everyone, matches.people))
    mine = mine[np.argsort(matches.people[mine], kind="stable")]
    people = matches.people[mine]
    starts = np.searchsorted(people, everyone).tolist()
    tells = np.logical_or.reduce(
        [
            wanted[mine] & are_in(fresh[one.key], people)
            for one, wanted in zip(matches.news, matches.wanted, strict=True)
            if one.key in fresh
        ]
    )
    found = list(map(MatchedSearch, matches.numbers[mine].tolist(), matches.is_new[mine].tolist(), tells.tolist()))
    alike: dict[tuple[bool, ...], list[News]] = {}
    told = zip(*(flags.tolist() for flags in is_told), strict=True)
    for person, flags, start, end in zip(everyone.tolist(), told, starts, [*starts[1:], len(found)], strict=True):
        if flags not in alike:
            alike[flags] = list(compress(matches.news, flags))
        yield Telling(person, alike[flags], found[start:end])
