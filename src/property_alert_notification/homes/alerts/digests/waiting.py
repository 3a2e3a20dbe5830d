"""What a person is told in a digest of all that their saved searches matched since the last one. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from uuid import UUID

from property_alert_notification.base.damaged import readable
from property_alert_notification.base.reasons import ReasonCode
from property_alert_notification.homes.alerts.before_sending.freshness import offered
from property_alert_notification.homes.alerts.changes.read import ReadChange
from property_alert_notification.homes.alerts.details import ToldFact
from property_alert_notification.homes.alerts.drops.drops import Drops, Match
from property_alert_notification.homes.alerts.net import net
from property_alert_notification.homes.alerts.news import News, can_be_had, may_be_shown
from property_alert_notification.homes.alerts.wanted import asked_for
from property_alert_notification.homes.criteria.evaluate import evaluate
from property_alert_notification.homes.criteria.expression import Expression, from_json
from property_alert_notification.homes.saved_searches.versions.queries import CurrentVersion

Listings = Mapping[UUID, Mapping[str, Any]]
"""The fields of listings, by id."""


class Waiting(NamedTuple):
    """A match that waits for a digest."""

    version: CurrentVersion
    """Of the search, as it is now."""
    is_new: bool
    """Whether the listing did not match the search before the change."""
    change: ReadChange


@dataclass(slots=True)
class HomeInDigest:
    """What a person is told of one home."""

    person: int
    property_id: UUID
    newest: ReadChange
    """The newest of its changes."""
    listing_id: UUID | None
    """The listing under which the home can be had, and matches; or else that of the newest change, or None."""
    now: Mapping[str, Any] | None
    """The fields of that listing as they are now."""
    news: dict[str, News] = field(default_factory=dict)
    """By their keys, in the order of the changes; only of searches that match now."""
    matches: list[Match] = field(default_factory=list)
    """Those of the searches that match now."""
    told_by: dict[str, dict[UUID, int]] = field(default_factory=dict)
    """The listings that tell each of the news, each with the number of its newest change that does."""
    searches: dict[int, bool] = field(default_factory=dict)
    """The numbers of the searches that match now, and whether the home was new to each."""
    wanted: dict[int, set[str]] = field(default_factory=dict)
    """For each of them the keys of the news that it wants."""

    @property
    def is_gone(self) -> bool:
        """Whether the home can not be had any more. It is not gone by the status that the newest change tells."""
        if self.now is None or not may_be_shown(self.now):
            return True
        return not can_be_had(self.now) and self.now.get("StandardStatus") != self.newest.after.get("StandardStatus")


class _Wanted(NamedTuple):
    """What a search still wants to tell of a match."""

    waiting: Waiting
    news: Sequence[News]
    expression: Expression

    @property
    def match(self) -> Match:
        """The change and the search."""
        return self.waiting.change.sequence, self.waiting.version.number

    def holds(self, fields: Mapping[str, Any]) -> bool:
        """Whether the search matches a listing."""
        return evaluate(self.expression, fields) is True


def _is_outdated(waiting: Waiting, expression: Expression) -> bool:
    """Whether the search was edited since, and does not match any more."""
    version, change = waiting.version, waiting.change
    return version.from_sequence > change.sequence and evaluate(expression, change.after) is not True


def gathered(waiting: Iterable[Waiting], listings: Mapping[UUID, Listings], drops: Drops) -> list[HomeInDigest]:
    """What each person is told of each home, over all of their searches that match it now; in the order of the changes.

    What several searches tell of one change is in the order of these, whichever was due first.
    `listings` has the listings of each home as they are now. Matches that are told no more are added to `drops`.
    """
    in_order = sorted(waiting, key=lambda each: (each.change.sequence, each.version.number))
    groups: dict[tuple[int, UUID], list[_Wanted]] = {}
    for one in readable(in_order, _wanted, "search.unreadable", lambda each: each.version.number):
        if one.news:
            groups.setdefault((one.waiting.version.person, one.waiting.change.property_id), []).append(one)
        else:
            edited = (ReasonCode.NO_LONGER_ASKED_FOR, ReasonCode.NO_LONGER_MATCHES)[
                _is_outdated(one.waiting, one.expression)
            ]
            drops.add(edited, [one.match])
    return [_home(some, listings.get(property_id, {}), drops) for (_, property_id), some in groups.items()]


def _wanted(waiting: Waiting) -> _Wanted:
    """What a search still wants to tell of a match; one that was edited since is judged again as it is now."""
    version, change = waiting.version, waiting.change
    expression = from_json(version.expression)
    if _is_outdated(waiting, expression):
        return _Wanted(waiting, (), expression)
    news = asked_for(expression, version.change_types, change, is_new=waiting.is_new)
    return _Wanted(waiting, news, expression)


def _home(some: Sequence[_Wanted], listings: Listings, drops: Drops) -> HomeInDigest:
    newest = some[-1].waiting.change
    # Another agent may still offer the home.
    ids = sorted(listings, key=lambda id_: (id_ != newest.listing_id, id_))
    now = offered([listings[id_] for id_ in ids], lambda fields: any(one.holds(fields) for one in some))
    listing_id = next((id_ for id_ in ids if listings[id_] is now), None)
    home = HomeInDigest(some[0].waiting.version.person, newest.property_id, newest, listing_id, now)
    for one in some:
        if now is not None and one.holds(now):
            number = one.waiting.version.number
            home.news.update({each.key: each for each in one.news})
            for each in one.news:
                home.told_by.setdefault(each.key, {})[one.waiting.change.listing_id] = one.waiting.change.sequence
            home.searches[number] = home.searches.get(number, False) or one.waiting.is_new
            home.wanted.setdefault(number, set()).update(each.key for each in one.news)
            home.matches.append(one.match)
        else:
            drops.add(ReasonCode.LISTING_GONE if home.is_gone else ReasonCode.NO_LONGER_MATCHES, [one.match])
    return home


def net_facts(news: Sequence[News], price: Any) -> list[ToldFact]:
    """The facts in their order; of several prices the first before and that of now."""
    return net((fact for one in news for fact in ToldFact.all_of(one)), price)
