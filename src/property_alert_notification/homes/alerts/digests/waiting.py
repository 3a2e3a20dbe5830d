"""What a person is told in a digest of all that their saved searches matched since the last one. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from uuid import UUID

from property_alert_notification.base.damaged import readable
from property_alert_notification.homes.alerts.changes import ReadChange
from property_alert_notification.homes.alerts.details import ToldFact
from property_alert_notification.homes.alerts.freshness import OFF_MARKET
from property_alert_notification.homes.alerts.news import News, may_be_shown
from property_alert_notification.homes.alerts.searches import KINDS, kinds_of
from property_alert_notification.homes.criteria.evaluate import evaluate
from property_alert_notification.homes.criteria.expression import from_json
from property_alert_notification.homes.saved_searches.versions.queries import CurrentVersion


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
    changes: dict[int, ReadChange] = field(default_factory=dict)
    """By their numbers."""
    news: dict[str, News] = field(default_factory=dict)
    """By their keys, in the order of the changes."""
    searches: dict[int, bool] = field(default_factory=dict)
    """The numbers of the searches, and whether the home was new to each."""

    @property
    def newest(self) -> ReadChange:
        """The newest of its changes."""
        return self.changes[max(self.changes)]


def still_wanted(waiting: Waiting) -> list[News]:
    """What a search still wants to tell of a match; one that was edited since is judged again as it is now."""
    version, change = waiting.version, waiting.change
    if version.from_sequence > change.sequence and evaluate(from_json(version.expression), change.after) is not True:
        return []
    kinds = kinds_of(version.change_types)
    return [one for one in change.news if one.to_new == waiting.is_new and kinds & KINDS[one.kind]]


def gathered(waiting: Iterable[Waiting]) -> list[HomeInDigest]:
    """What each person is told of each home, over all of their searches; in the order of the changes."""
    homes: dict[tuple[int, UUID], HomeInDigest] = {}
    for one in sorted(waiting, key=lambda each: each.change.sequence):
        [*found] = readable([one], still_wanted, "search.unreadable", lambda each: each.version.number)
        if not found or not (news := found[0]):
            continue
        key = one.version.person, one.change.property_id
        home = homes.setdefault(key, HomeInDigest(*key))
        home.changes[one.change.sequence] = one.change
        home.news.update({each.key: each for each in news})
        home.searches[one.version.number] = home.searches.get(one.version.number, False) or one.is_new
    return list(homes.values())


def is_gone(now: Mapping[str, Any] | None, told: ReadChange) -> bool:
    """Whether a home can not be had any more; one whose alert tells its very status is not gone."""
    if now is None or not may_be_shown(now):
        return True
    status = now.get("StandardStatus")
    return status in OFF_MARKET and status != told.after.get("StandardStatus")


def net_facts(news: Sequence[News], price: Any) -> list[ToldFact]:
    """The facts in their order; of several prices the first before and that of now."""
    facts: dict[tuple[str | None, str], ToldFact] = {}
    for place, one in enumerate(news):
        fact = ToldFact.of(one)
        key = (fact.field, "") if fact.field == "ListPrice" else (fact.field, str(place))
        facts[key] = facts[key]._replace(after=fact.after) if key in facts else fact
    now = [fact._replace(after=price) if fact.field == "ListPrice" else fact for fact in facts.values()]
    return [fact for fact in now if fact.field != "ListPrice" or fact.before != fact.after]
