"""What each user must be told, from the records alone, by docs/listings.md and docs/alerts.md. It shares no code with
the service.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, NamedTuple

from tests.homes_scenario.market import Event
from tests.homes_scenario.matching import CurrentSearches, Record
from tests.homes_scenario.searches import ASAP, Search

GONE = {"Withdrawn", "Closed"}
"""The home may not be had any more, unless another listing offers it."""

NOT_FREE = {*GONE, "Pending"}
SAME_OFFER = timedelta(days=98)
QUIET = timedelta(seconds=30)
"""How long further changes of a home wait after one, by the clock of the feed."""

IN_RANGE = "In Range"

HEADLINES = {
    "New Listing": "New listing",
    "Back On Market": "Back on the market",
    "Price Change": "New price",
    IN_RANGE: "Now matches your search",
}
"""What the title of an alert begins with: the first of these that it tells."""

STATUSES = {"Pending": "Now pending", "Withdrawn": "Listing withdrawn", "Closed": "Sold"}
"""What it begins with if it tells none of them: the newest of these. That of the home now comes before all others."""


class Fact(NamedTuple):
    """One thing that changed."""

    kind: str
    before: Any
    after: Any


class State(NamedTuple):
    """A home after a record of one of its listings."""

    at: datetime
    status: str
    price: int
    record: Record
    """That says so."""
    gone_since: datetime | None
    offered: int | None = None
    """The price at which the home could be had last, if it cannot be had now."""


class Change(NamedTuple):
    """From one state to the next."""

    before: State | None
    after: State
    facts: tuple[Fact, ...]

    @property
    def is_new(self) -> bool:
        """Whether the home is offered for the first time, or again after so long that it is another offer."""
        return self.before is None or any(fact.kind == "New Listing" for fact in self.facts)


class Alert(NamedTuple):
    """One alert to one user."""

    user: int
    listing: str
    facts: frozenset[Fact]
    searches: frozenset[str]
    price: int


class Mail(NamedTuple):
    """What arrives."""

    recipient: str
    subject: str
    searches: frozenset[str]
    price: int


class News(NamedTuple):
    """A fact that a user hears of, with the price before its change; None if the price is not what changed."""

    fact: Fact
    price_before: int | None


class Telling(NamedTuple):
    """What an alert tells when it is sent."""

    news: Sequence[News]
    searches: frozenset[str]
    price: int
    """Of now."""
    record: Record

    @property
    def is_any(self) -> bool:
        """Whether it tells anything: a price that is what it was is no news."""
        return any(one.price_before != self.price for one in self.news)


class _Home:
    """One home with all its records."""

    def __init__(self) -> None:
        self._records: dict[tuple[datetime, str], Record] = {}
        self._known: set[tuple[Any, ...]] = set()
        self._heard: State | None = None
        """The one that users were told of last."""
        self._ended: datetime | None = None
        """The end of the last quiet time that is over, by the clock of the feed."""
        self._quiet_until: datetime | None = None
        """The end of the one in which something waits."""

    def take(self, event: Event) -> list[Change]:
        """Take records; returns the changes that are news, the oldest first."""
        known = len(self._records)
        for step in (event.step, *event.further):
            self._records.setdefault((step.at, step.listing_key), step.record)
        return self._news() if len(self._records) > known else []

    def end_quiet(self) -> list[Change]:
        """The quiet time is over in which something waits; returns the changes that are news."""
        if self._quiet_until is None:
            return []
        self._ended = self._quiet_until
        return self._news()

    def _news(self) -> list[Change]:
        changes = list(self._changes())
        new = [one for one in changes if _identity(one) not in self._known]
        self._known = {_identity(one) for one in changes}
        news = new if self._heard is None else list(self._since_heard(self._heard, new))
        if news:
            # Without any change in the history what was heard turned out to be wrong.
            self._heard = changes[-1].after if changes else self._told
        return news

    def _since_heard(self, heard: State, new: Sequence[Change]) -> Iterator[Change]:
        """From what was heard last to what holds now: nobody hears of something old after something newer."""
        for change in new:
            if change.after.at < heard.at:
                continue
            if change.before is not None and not _differ(heard, change.before):
                yield change
            elif (net := _net(heard, change.after, new)) is not None:
                yield net
            heard = change.after
        now = self._told
        assert now is not None
        if self._quiet_until is not None and now.at < heard.at:
            return  # it waits still
        if (net := _net(heard, now, new)) is not None:
            yield net

    def now(self) -> dict[str, Record]:
        """The newest record of each listing, in the order in which these came."""
        newest = {key: record for (_, key), record in sorted(self._records.items())}
        return {key: newest[key] for key in dict.fromkeys(key for _, key in self._records)}

    def _changes(self) -> Iterator[Change]:
        """All changes by the history. Of several within a quiet time the first is told, and then the net one."""
        told: State | None = None
        last: State | None = None
        quiet_until: datetime | None = None
        for state in (*self._states(), None):
            end = self._ended if state is None else state.at
            while quiet_until is not None and end is not None and quiet_until <= end:
                if last is not None and told is not None and _differ(told, last):
                    yield Change(told, last, tuple(_facts(told, last)))
                    quiet_until += QUIET
                else:
                    quiet_until = None
                told = last
            if state is None:
                break
            last = state = _with_offer(told, state)
            if quiet_until is None:
                if _is_news(told, state):
                    yield Change(told, state, tuple(_facts(told, state)))
                    quiet_until = state.at + QUIET
                told = state
        waits = told is not None and last is not None and quiet_until is not None and _differ(told, last)
        self._told, self._quiet_until = told, quiet_until if waits else None

    def _states(self) -> Iterator[State]:
        home: State | None = None
        known: dict[str, tuple[datetime, Record]] = {}
        for (at, key), record in sorted(self._records.items()):
            previous = known.get(key)
            known[key] = at, record
            others = [one for name, one in known.items() if name != key and one[1]["StandardStatus"] not in GONE]
            home = _next(home, at, record, None if previous is None else previous[1], others)
            yield home


def _with_offer(told: State | None, now: State) -> State:
    if told is None or now.status not in NOT_FREE:
        return now
    return now._replace(offered=told.offered or told.price)


def _is_news(before: State | None, after: State) -> bool:
    return any(_facts(before, after)) if before is None else _differ(before, after)


def _differ(before: State, after: State) -> bool:
    return any(_facts(before, after)) or _asked_for(before) != _asked_for(after)


def _net(heard: State, now: State, new: Sequence[Change]) -> Change | None:
    """What is different now; the newest record that says so is named."""
    if not _differ(heard, now):
        return None
    facts = tuple(_facts(heard, now))
    told = {(fact.kind, fact.after) for fact in facts}
    says_so = (one.after for one in reversed(new) if told & {(fact.kind, fact.after) for fact in one.facts})
    return Change(heard, next(says_so, now), facts)


def _identity(change: Change) -> tuple[Any, ...]:
    before = None if change.before is None else _name(change.before.record)
    return before, _name(change.after.record), change.facts


def _name(record: Record) -> tuple[str, str]:
    return record["ListingKey"], record["ModificationTimestamp"]


def _asked_for(state: State) -> list[Any]:
    own = ("ListingKey", "ModificationTimestamp", "StandardStatus", "ListPrice", "ClosePrice")
    return [state.status, state.price, {name: value for name, value in state.record.items() if name not in own}]


def _next(
    home: State | None,
    at: datetime,
    record: Record,
    previous: Record | None,
    others: Sequence[tuple[datetime, Record]],
) -> State:
    """The home after a record of one listing. Only what a listing changes of itself is news."""
    status, price = record["StandardStatus"], record["ListPrice"]
    said = State(at, status, price, record, None)
    was_offered = previous is not None and previous["StandardStatus"] not in GONE
    if home is None:
        return _since(None, said)
    if status in GONE:
        is_sold = was_offered and status == "Closed"
        return _after_leaving(home, said, others, is_sold=is_sold, is_known=previous is not None)
    if not was_offered or previous is None:
        return _since(home, said)
    has_status, has_price = status != previous["StandardStatus"], price != previous["ListPrice"]
    if not (has_status or has_price):
        return home._replace(at=at)
    if home.status in GONE:  # sold, as another agent says, until this one says something new
        return _since(home, said)
    now = State(at, status if has_status else home.status, price if has_price else home.price, record, None)
    return _since(home, now)


def _after_leaving(
    home: State, said: State, others: Sequence[tuple[datetime, Record]], *, is_sold: bool, is_known: bool
) -> State:
    """The home after one of its listings left the market: what another one says holds, unless it is sold."""
    if is_sold:
        return _since(home, said)
    if not is_known or home.record["ListingKey"] != said.record["ListingKey"]:
        return home._replace(at=said.at)
    if not others:
        return _since(home, said)
    _, left = max(others, key=lambda one: (one[0], one[1]["ListingKey"]))
    return State(said.at, left["StandardStatus"], left["ListPrice"], left, None)


def _since(home: State | None, now: State) -> State:
    if now.status not in GONE:
        return now
    return now._replace(gone_since=(home.gone_since if home is not None else None) or now.at)


def _facts(before: State | None, after: State) -> Iterator[Fact]:
    if before is not None and _is_other_offer(before, after):
        before = None
    if before is None and after.status == "Withdrawn":
        return
    was = None if before is None else before.status
    if was != after.status:
        back = "New Listing" if was is None else "Back On Market"
        yield Fact(back if after.status == "Active" else after.status, was, after.status)
    if before is None:
        return
    price = before.price if after.status in NOT_FREE else before.offered or before.price
    if price != after.price:
        yield Fact("Price Change", price, after.price)


def _is_other_offer(before: State, after: State) -> bool:
    is_back = before.gone_since is not None and after.gone_since is None
    return is_back and after.at - (before.gone_since or after.at) > SAME_OFFER


def _is_gone(shown: Record, told: Record) -> bool:
    """Whether the home can not be had under a listing, which an alert told in another state."""
    return shown["StandardStatus"] in NOT_FREE and shown["StandardStatus"] != told["StandardStatus"]


def _said_at(record: Record) -> tuple[str, str]:
    return record["ModificationTimestamp"], record["ListingKey"]


class Match(NamedTuple):
    """A change that a search matched which does not alert at once."""

    number: int
    """Of the change."""
    home: str
    change: Change
    search: Search
    """As it was then."""
    is_new: bool
    """Whether the search did not match the home before."""


class Unsent(NamedTuple):
    """An alert that is sent soon."""

    number: int
    """Of its newest change."""
    user: int
    home: str
    tell: Callable[[], Telling | None]
    """What it tells, if it still holds when it is sent."""
    told: Sequence[tuple[int, str]]
    """The kinds of the facts of changes with these numbers that it is to tell."""


class Digest(NamedTuple):
    """What arrives of several alerts."""

    recipient: str
    items: int
    shown: frozenset[tuple[str, int]]
    """The title and the price of each, if all are shown."""


class Expected:
    """What all users must have been told so far."""

    def __init__(self, searches: Sequence[Search]) -> None:
        self.searches = CurrentSearches(searches)
        self.alerts: Counter[Alert] = Counter()
        self.told: Counter[tuple[int, str, str]] = Counter()
        """How often each user was told a fact of each kind of each home."""
        self.known: set[tuple[int, int, str]] = set()
        """Users, with the number of a change and the kind of a fact of it that they were told, or were to be."""
        self.unheard: set[tuple[int, int, str]] = set()
        """Those of them that no alert told after all: other searches tell them yet."""
        self.mails: Counter[Mail | Digest] = Counter()
        self.sent: dict[tuple[int, str], int] = {}
        """For users and homes, the number of the newest change that a mail told."""
        self.waiting: dict[int, list[Match]] = {}
        """What searches matched that do not alert at once, by their numbers."""
        self.latest: list[tuple[str, Alert]] = []
        """The alerts of the last call, with their homes."""
        self.discarded: set[tuple[int, str]] = set()
        """Users and homes of which they do not want to hear."""
        self.erased: set[int] = set()
        self.unsent: list[Unsent] = []
        self.changes = 0
        self._homes: dict[str, _Home] = {}

    def edit(self, search: Search) -> None:
        """A search is edited; what a paused one matched is told to nobody."""
        self.searches.put(search)
        if not search.active:
            self.waiting.pop(search.number, None)

    def erase(self, user: int) -> None:
        """A user is erased."""
        self.erased.add(user)
        for search in self.searches.of(user):
            self.edit(search._replace(active=False))

    def take(self, call: Iterable[Event]) -> int:
        """All records of a call have come, and what they tell was sent; returns how many alerts they made."""
        self.latest = []
        for event in call:
            home = self._homes.setdefault(event.home, _Home())
            self._hear(event.home, home.take(event))
        return len(self.latest)

    def end_quiet(self, call: Iterable[Event]) -> None:
        """The quiet times of the homes of a call are over."""
        for name in dict.fromkeys(event.home for event in call):
            home = self._homes[name]
            self._hear(name, home.end_quiet())

    def _hear(self, name: str, changes: Iterable[Change]) -> None:
        for change in changes:
            self.changes += 1
            for alert, new_to in self._alerts(name, change):
                self.latest.append((name, alert))
                told = [(self.changes, fact.kind) for fact in alert.facts]
                self.tell(alert, name, told)
                tell = partial(self._telling, name, alert, change, new_to)
                self.unsent.append(Unsent(self.changes, alert.user, name, tell, told))

    def tell(self, alert: Alert, home: str, told: Iterable[tuple[int, str]]) -> None:
        """A user is alerted, and so told facts of these kinds of changes with these numbers."""
        self.alerts[alert] += 1
        for number, kind in told:
            fact = alert.user, number, kind
            self.told[alert.user, home, kind] += fact not in self.known
            self.known.add(fact)
            self.unheard.discard(fact)

    def listings_of(self, home: str) -> dict[str, Record]:
        """The newest record of each listing of a home, in the order in which they came first."""
        return self._homes[home].now()

    def send(self) -> None:
        """All alerts are sent, with what is true of their homes now, and what their searches look for now.

        Of several about one home the newest is, of those that still hold, and it tells what the older ones did. So the
        facts of one that holds are told, whichever alert the service sends them with: it, or a newer one that does not
        hold itself and had replaced it.
        """
        unsent, self.unsent = self.unsent, []
        held: dict[tuple[int, str], list[tuple[Unsent, Telling]]] = {}
        for one in sorted(unsent, key=lambda one: one.number):
            if self.is_newest(one.user, one.home, one.number):
                if (telling := one.tell()) is not None:
                    held.setdefault((one.user, one.home), []).append((one, telling))
                else:
                    self._not_told(one)
        for (user, home), some in held.items():
            while some and not some[-1][1].is_any:
                self._not_told(some.pop()[0])
            if some and (mail := _mail_of(user, [telling for _, telling in some])) is not None:
                self.mails[mail] += 1
                self.sent[user, home] = some[-1][0].number
            else:
                for one, _ in some:
                    self._not_told(one)

    def _not_told(self, one: Unsent) -> None:
        """An alert is not sent: other searches tell its facts yet."""
        self.unheard.update((one.user, *fact) for fact in one.told)

    def is_newest(self, user: int, home: str, number: int) -> bool:
        """Whether no mail told the user of a newer change of this home."""
        return self.sent.get((user, home), 0) <= number

    def _telling(self, home: str, alert: Alert, change: Change, new_to: frozenset[str]) -> Telling | None:
        """What an alert tells, if it still holds; the home is `new_to` searches with these names."""
        record, now = change.after.record, self.listings_of(home)
        if (alert.user, home) in self.discarded or alert.user in self.erased:
            return None
        searches = [its for its in self.searches.of(alert.user) if its.active and its.name in alert.searches]
        shown = now[alert.listing]
        if _name(shown) != _name(record) and _is_gone(shown, record):
            others = sorted((now[key] for key in now if key != alert.listing), key=_said_at, reverse=True)
            shown = offered([shown, *others], lambda it: any(self.searches.matches(one, it) for one in searches))
        searches = [search for search in searches if self.searches.matches(search, shown)]
        names = frozenset(search.name for search in searches)
        if _is_gone(shown, record) or not names:
            return None
        price_before = next((fact.before for fact in change.facts if fact.kind == "Price Change"), None)
        by_price = {"Price Change", IN_RANGE}
        order = {fact: place for place, fact in enumerate(change.facts)}
        in_order = sorted(alert.facts, key=lambda fact: order.get(fact, len(order)))
        news = [News(fact, price_before if fact.kind in by_price else None) for fact in in_order]
        asked = {kind for search in searches for kind in search.changes} | ({IN_RANGE} if names & new_to else set())
        told = [one for one in true_of(news, shown) if one.fact.kind in asked]
        return Telling(told, names, shown["ListPrice"], record)

    def _alerts(self, home: str, change: Change) -> Iterator[tuple[Alert, frozenset[str]]]:
        """The alerts of searches that alert at once, with the names of those to which the home is new.

        What the others match waits.
        """
        before = set() if change.before is None else set(self.searches.matching(change.before.record))
        told: dict[int, tuple[set[Fact], set[str], set[str]]] = {}
        for number in self.searches.matching(change.after.record):
            search, is_new = self.searches[number], change.is_new or number not in before
            if facts := set(wanted(search, change, is_new=is_new)):
                its = told.setdefault(search.user, (set(), set(), set()))
                its[1].add(search.name)
                its[2].update([search.name] if is_new else ())
                if search.schedule == ASAP:
                    its[0].update(facts)
                else:
                    self.waiting.setdefault(search.number, []).append(Match(self.changes, home, change, search, is_new))
        record = change.after.record
        for user, (facts, names, new_to) in told.items():
            if facts and (user, home) not in self.discarded:
                alert = Alert(user, record["ListingKey"], frozenset(facts), frozenset(names), record["ListPrice"])
                yield alert, frozenset(new_to)


def wanted(search: Search, change: Change, *, is_new: bool) -> Iterator[Fact]:
    """The facts that an alert tells by this search; of a home that is not free only its status, if it names none."""
    facts = (fact for fact in change.facts if fact.kind in search.changes)
    hears_all = "StandardStatus" in search.criteria or change.after.record["StandardStatus"] not in NOT_FREE
    if is_new and not change.is_new:
        if hears_all:
            yield Fact(IN_RANGE, None, None)
    else:
        yield from (fact for fact in facts if hears_all or fact.kind != "Price Change")


def _mail_of(user: int, tellings: Sequence[Telling]) -> Mail | None:
    """The mail of the last of these alerts, which replaces the others; None if nothing is left to tell."""
    last = tellings[-1]
    news = [one for telling in tellings for one in telling.news]
    if len(tellings) == 1:
        told = [one for one in news if one.price_before != last.price]
    else:
        told = list(net(news, last.price))
    if not told:
        return None
    names = frozenset(name for telling in tellings for name in telling.searches)
    return Mail(address_of(user), title_of([one.fact for one in told], last.record), names, last.price)


def net(news: Iterable[News], price: int) -> Iterator[News]:
    """All facts in their order, and of several prices the first before and that of now."""
    first: int | None = None
    for fact, before in news:
        if before is None:
            yield News(fact, None)
        elif first is None:
            first = before
            if before != price:
                yield News(fact if fact.kind == IN_RANGE else Fact("Price Change", before, price), before)


def true_of(news: Iterable[News], now: Record) -> list[News]:
    """Without those that say that a home is taken, or left the market, if it can be had now."""
    return [one for one in news if one.fact.kind not in STATUSES or now["StandardStatus"] in NOT_FREE]


def offered(listings: Sequence[Record], is_wanted: Callable[[Record], bool]) -> Record:
    """The first of these listings of a home under which it can be had and that is wanted, or else the next best."""
    free = [one for one in listings if one["StandardStatus"] not in NOT_FREE]
    return next(filter(is_wanted, free), (free or listings)[0])


def title_of(facts: Iterable[Fact], record: Record) -> str:
    """The title of an alert."""
    kinds, status = [fact.kind for fact in facts], record["StandardStatus"]
    if status in STATUSES and status in kinds:
        headline = STATUSES[status]
    else:
        headline = next((words for kind, words in HEADLINES.items() if kind in kinds), STATUSES.get(kinds[-1], ""))
    return f"{headline}: {record['UnparsedAddress']}"


def address_of(user: int) -> str:
    """Where a user reads mail."""
    return f"user{user}@example.com"
