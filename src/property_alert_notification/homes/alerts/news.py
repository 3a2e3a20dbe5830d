"""What a change of a listing means for the searches that match it: the facts that people are told, each with its key.

The key of a fact is the same for every listing of a property that tells it: two agents who cut the price to the same
amount tell one fact. When it happens again, it is another one. Pure.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from property_alert_notification.homes.alerts.differences import Difference
from property_alert_notification.homes.listings.facts import Fact
from property_alert_notification.homes.listings.snapshot import Snapshot
from property_alert_notification.homes.reso.display import may_be_displayed
from property_alert_notification.homes.reso.open_house_times import names_of
from property_alert_notification.homes.reso.words import NOT_TO_BE_HAD, ChangeType, StandardStatus

IN_RANGE = "In Range"
"""The kind of the fact that a listing, which is not new, has begun to match a search."""

_CAUSES = {"ListPrice": 0, "StandardStatus": 1}
"""Which of several facts is taken for the one that brought a listing into a range: another listing of the property may
tell the others at another time."""

_OPEN_HOUSE = "OpenHouse"
"""The field of facts about open houses."""

_GONE = (StandardStatus.DELETE, StandardStatus.INCOMPLETE)

_STATUS_FIELDS = frozenset({"StandardStatus", "MlsStatus"})
"""MlsStatus is the same in the words of one feed."""


@dataclass(frozen=True, slots=True)
class News:
    """One fact that people may be told."""

    key: str
    """Identifies it among the facts of its property."""
    kind: str
    """A ChangeType, or `IN_RANGE`."""
    to_new: bool
    """It concerns the searches that the listing did not match before; otherwise those that it matched."""
    fact: Fact | None = None
    """What changed; None if a listing came into the range of a search by no fact at all."""
    differences: Sequence[Difference] = ()
    """What else is different, if a listing came into the range of a search."""

    @property
    def is_status(self) -> bool:
        """Whether it says which status the listing has now."""
        return self.kind != IN_RANGE and self.fact is not None and self.fact.field in _STATUS_FIELDS


@dataclass(frozen=True, slots=True)
class Earlier:
    """What a home told before a change: the facts of its last changes, with their numbers, in their order."""

    facts: Sequence[tuple[int, Sequence[Fact]]] = ()
    begins: int | None = None
    """The number of the first of these changes, if there may be others before it."""


def may_be_shown(fields: Mapping[str, Any] | None) -> bool:
    """Whether people may hear of a listing in this state; None is a listing that was not known."""
    if fields is None or fields.get("StandardStatus") in _GONE:
        return False
    return may_be_displayed(fields)


def can_be_had(fields: Mapping[str, Any]) -> bool:
    """Whether a home can be had under a listing, by its status. Of one that cannot, only the status is news.

    This does not count for searches that name the status: who looks for pending homes hears of their prices, too.
    """
    return fields.get("StandardStatus") not in NOT_TO_BE_HAD


def without_status(fields: Mapping[str, Any]) -> Mapping[str, Any]:
    """A listing of unknown status: it matches the searches that name none."""
    return {name: value for name, value in fields.items() if name not in _STATUS_FIELDS}


def is_first(facts: Iterable[Fact], *, was_known: bool) -> bool:
    """Whether the change makes the listing known, so that it comes into no range but is new."""
    return not was_known or any(fact.change_type is ChangeType.NEW_LISTING for fact in facts)


def news_of(
    facts: Sequence[Fact],
    *,
    was_known: bool,
    now: Snapshot,
    earlier: Earlier,
    different: Iterable[Difference] = (),
) -> list[News]:
    """The facts of a change that people may be told.

    Args:
        facts: what changed.
        was_known: whether the listing was known before.
        now: the record that the change led to.
        earlier: what the same home told before.
        different: what else the change made different.
    """
    keys = [_key(_identity(fact), _told_before(fact, earlier), earlier.begins) for fact in facts]
    first = is_first(facts, was_known=was_known)
    news = [News(key, fact.change_type, first, fact) for key, fact in zip(keys, facts, strict=True)]
    if first:
        return news
    others = tuple(different)
    if facts:
        cause = min(range(len(facts)), key=lambda place: _CAUSES.get(facts[place].field, len(_CAUSES)))
        return [*news, News(_short(f"{IN_RANGE}:{keys[cause]}"), IN_RANGE, True, facts[cause], others)]
    # A home may come into the range again by the same values. Its record, which has its time from the feed's own clock,
    # is another one then, and the same one in whatever order records come.
    return [News(_short(f"{IN_RANGE}:{now.searched}:{now.at.isoformat()}"), IN_RANGE, True, None, others)]


def _told_before(fact: Fact, earlier: Earlier) -> int | None:
    """The number of the last change that told a fact, before another one was told of the same field.

    If none was told since, it is still the same fact: the changes of a home are found again when a listing leaves it.
    """
    same = [(_identity(one), sequence) for sequence, some in earlier.facts for one in some if _is_about(one, fact)]
    identity = _identity(fact)
    while same and same[-1][0] == identity:
        same.pop()
    return next((sequence for its, sequence in reversed(same) if its == identity), None)


def _is_about(one: Fact, other: Fact) -> bool:
    if one.field != other.field:
        return False
    return one.field != _OPEN_HOUSE or not _times_of(one).isdisjoint(_times_of(other))


def _times_of(fact: Fact) -> set[object]:
    """All times of the open house that a fact is about."""
    return {name for value in (fact.before, fact.after) if value is not None for name in names_of(value)}


def _identity(fact: Fact) -> str:
    if fact.field == _OPEN_HOUSE:
        # People know it by its time: its key differs from agent to agent, and where it was before does not matter.
        at = names_of(fact.before if fact.after is None else fact.after)[0]
        return json.dumps([fact.change_type, fact.after is not None, at])
    # A price is the same one, whatever it was before: another agent's listing may have skipped a step.
    other = () if fact.before_currency is None else (fact.before_currency,)
    return json.dumps([fact.change_type, fact.after, fact.open_house, *other], sort_keys=True)


def _key(identity: str, last: int | None, begins: int | None) -> str:
    # A fact that happens again is named after the change that told it last, so nobody has to count all changes.
    last = begins if last is None else last
    return _short(f"{json.loads(identity)[0]}:{identity}:{'1' if last is None else f'after {last}'}")


def _short(text: str) -> str:
    kind = text.partition(":")[0]
    return f"{kind}/{blake2b(text.encode(), digest_size=9).hexdigest()}"
