"""What users do while listings change: they edit, pause and resume searches, discard homes, or are erased. Pure."""

from collections.abc import Iterator, Sequence
from random import Random
from typing import Any, NamedTuple, TypeAlias

from tests.homes_scenario.expected import Alert, Expected
from tests.homes_scenario.searches import DEFAULT, SCHEDULES, Search

ON_THE_WAY, AFTERWARDS = 3, 2
"""Edits of each call."""

DISCARDED = 2
"""Homes of each call."""

ERASED_EVERY = 6
"""Calls, in one of which a user is erased."""

KEPT = 2
"""The first searches stay as they are: they match nearly everything."""


class Edit(NamedTuple):
    """A user edits, pauses or resumes a search."""

    search: Search
    """As it is from now on."""


class Discard(NamedTuple):
    """A user never wants to hear of a home again."""

    user: int
    home: str
    listing: str


class Erase(NamedTuple):
    """All that is stored of a user is erased."""

    user: int


Act: TypeAlias = Edit | Discard | Erase


def on_the_way(random: Random, expected: Expected, latest: Sequence[tuple[str, Alert]]) -> Iterator[Act]:
    """While events are on their way, which a search judges as it was before, or as it is after.

    `latest` has the alerts of the call before, with their homes.
    """
    for search in _some(random, expected, ON_THE_WAY):
        if not search.active:
            yield Edit(search._replace(active=True))
        elif random.random() < 0.4:
            yield Edit(search._replace(active=False))
        else:
            yield Edit(search._replace(criteria=_other_range(random, search.criteria)))
    latest = [one for one in latest if one[1].user not in expected.erased]
    for home, alert in random.sample(latest, min(DISCARDED, len(latest))):
        yield Discard(alert.user, home, alert.listing)
    if random.randrange(ERASED_EVERY) == 0:
        for search in _some(random, expected, 1):
            yield Erase(search.user)


def afterwards(random: Random, expected: Expected) -> Iterator[Act]:
    """When all events are on their way: what waits for a digest may now wait for another one, or be told at once."""
    for search in _some(random, expected, AFTERWARDS):
        if not search.active:
            continue
        if random.random() < 0.7:
            yield Edit(search._replace(schedule=random.choice(SCHEDULES[5:])))
        else:
            yield Edit(search._replace(changes=random.choice((DEFAULT, ("New Listing", "Pending", "Closed")))))


def _some(random: Random, expected: Expected, count: int) -> Iterator[Search]:
    """Some searches whose users are not erased, each once."""
    for number in random.sample(range(KEPT, len(expected.searches)), count):
        if expected.searches[number].user not in expected.erased:
            yield expected.searches[number]


def _other_range(random: Random, criteria: dict[str, Any]) -> dict[str, Any]:
    price = criteria["ListPrice"]
    low, high = (round(price[bound] * random.uniform(0.9, 1.1), -3) for bound in ("min", "max"))
    other = criteria | {"ListPrice": price | {"min": min(low, high), "max": max(low, high)}}
    if random.random() < 0.3:
        other.pop("StandardStatus", None)
    return other
