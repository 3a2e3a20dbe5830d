"""What searches tell that do not alert at once, by docs/alerts.md. It shares no code with the service."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, time, timedelta
from functools import partial
from typing import NamedTuple

from tests.homes_scenario.expected import (
    IN_RANGE,
    NOT_FREE,
    Alert,
    Digest,
    Expected,
    Fact,
    Match,
    News,
    Telling,
    Unsent,
    address_of,
    net,
    offered,
    title_of,
    true_of,
    wanted,
)
from tests.homes_scenario.matching import Record
from tests.homes_scenario.searches import ASAP, DAILY, WEEKLY, Search

HOUR = time(8)
"""When digests are made, by the clock of users; weekly ones on Mondays."""

LEAD = timedelta(minutes=5)
"""How long before a digest its items are submitted."""

SHOWN = 20
"""Items of a digest that have more than a line."""


class _Wanted(NamedTuple):
    """What a search tells of a match."""

    search: Search
    match: Match
    facts: Sequence[Fact]


class _Told(NamedTuple):
    """An alert about what waited."""

    alert: Alert
    news: Sequence[News]
    record: Record
    """Of the home now."""
    home: str
    number: int
    """Of its newest change."""
    keys: Sequence[tuple[int, str]]
    """The kinds of the facts of changes with these numbers that it tells."""

    @property
    def facts(self) -> Sequence[Fact]:
        """What it tells, in its order."""
        return [one.fact for one in self.news]


def digests_between(start: datetime, end: datetime) -> Iterator[datetime]:
    """When digests are made after one moment, until another one."""
    moment = datetime.combine(start, HOUR, start.tzinfo)
    while moment <= end:
        if moment > start:
            yield moment
        moment += timedelta(days=1)


def schedules_at(moment: datetime) -> set[str]:
    """The schedules of searches whose digest is made then."""
    return {DAILY, WEEKLY} if moment.weekday() == 0 else {DAILY}


def tell_digests(expected: Expected, moment: datetime) -> None:
    """The digests of a moment are made."""
    schedules = schedules_at(moment)
    due = [number for number in expected.waiting if expected.searches[number].schedule in schedules]
    items: dict[int, list[tuple[str, int]]] = {}
    for told in _tell(expected, due):
        place = told.alert.user, told.home
        if not told.news:
            expected.unheard.update((told.alert.user, *key) for key in told.keys)
        elif expected.is_newest(*place, told.number):
            expected.sent[place] = told.number
            items.setdefault(told.alert.user, []).append((title_of(told.facts, told.record), told.alert.price))
    for user, some in items.items():
        shown = frozenset(some) if len(some) <= SHOWN else frozenset()
        expected.mails[Digest(address_of(user), len(some), shown)] += 1


def tell_at_once(expected: Expected) -> None:
    """Searches that waited for a digest and alert at once now tell what waited; it is sent with the next alerts."""
    due = [number for number in expected.waiting if expected.searches[number].schedule == ASAP]
    for told in _tell(expected, due):
        alert = told.alert
        telling = Telling(told.news, alert.searches, alert.price, told.record)
        expected.unsent.append(Unsent(told.number, alert.user, told.home, partial(_as_it_is, telling), told.keys))


def _as_it_is(telling: Telling) -> Telling:
    return telling


def _tell(expected: Expected, due: Iterable[int]) -> Iterator[_Told]:
    """Alert to all that waits for these searches."""
    groups: dict[tuple[int, str], list[_Wanted]] = {}
    for number in due:
        search = expected.searches[number]
        for match in expected.waiting.pop(number):
            if facts := _still_wanted(expected, search, match):
                groups.setdefault((search.user, match.home), []).append(_Wanted(search, match, facts))
    for (user, home), some in groups.items():
        some.sort(key=lambda one: (one.match.number, one.search.number))
        found = _told_now(expected, user, home, some)
        if found is None or (user, home) in expected.discarded:
            continue
        alert, told, now, keys = found
        expected.tell(alert, home, keys)
        yield _Told(alert, told, now, home, some[-1].match.number, keys)


def _still_wanted(expected: Expected, search: Search, match: Match) -> Sequence[Fact]:
    """What a search tells of a match; one that was edited since decides again."""
    if search is not match.search and not expected.searches.matches(search, match.change.after.record):
        return []
    return list(wanted(search, match.change, is_new=match.is_new))


def _told_now(
    expected: Expected, user: int, home: str, some: Sequence[_Wanted]
) -> tuple[Alert, Sequence[News], Record, Sequence[tuple[int, str]]] | None:
    """The alert about a home, what it tells, the record of now, and which facts of which changes that are.

    None if nothing is to be told.
    """
    newest = some[-1].match.change.after.record
    now = _offered(expected, home, newest["ListingKey"], some)
    if now["StandardStatus"] in NOT_FREE and now["StandardStatus"] != newest["StandardStatus"]:
        return None
    kept = [one for one in some if expected.searches.matches(one.search, now)]
    news = {(one.match.number, fact.kind): _news(one.match, fact) for one in kept for fact in one.facts}
    fresh = _fresh(expected, user, news)
    told = list(net(fresh.values(), now["ListPrice"]))
    if not told:
        return None
    names = frozenset(one.search.name for one in kept)
    facts = frozenset(one.fact for one in told)
    alert = Alert(user, now["ListingKey"], facts, names, now["ListPrice"])
    return alert, true_of(told, now), now, list(fresh)


def _fresh(expected: Expected, user: int, news: Mapping[tuple[int, str], News]) -> dict[tuple[int, str], News]:
    """What a user was not told: of what no alert told after all nothing that a newer fact replaced."""
    fresh: dict[tuple[int, str], News] = {}
    heard: set[str] = set()
    for key, one in reversed(list(news.items())):
        about = "status" if one.price_before is None else "price"
        if (user, *key) not in expected.known:
            fresh[key] = one
        elif (user, *key) not in expected.unheard:
            heard.add(about)
        elif about not in heard:
            fresh[key] = one
    return dict(reversed(fresh.items()))


def _offered(expected: Expected, home: str, own: str, some: Sequence[_Wanted]) -> Record:
    """The record of the listing under which a home can be had, and that a search matches, if there is one."""
    listings = expected.listings_of(home)
    in_order = [listings[key] for key in sorted(listings, key=lambda key: key != own)]
    return offered(in_order, lambda record: any(expected.searches.matches(one.search, record) for one in some))


def _news(match: Match, fact: Fact) -> News:
    prices = [one.before for one in match.change.facts if one.kind == "Price Change"]
    is_price = prices and fact.kind in ("Price Change", IN_RANGE)
    return News(fact, prices[0] if is_price else None)
