"""Which open houses of a home are new, were moved or were cancelled between two records. Pure.

People know open houses by their times, and not by the keys of a feed, which may number them anew or have no keys at
all. So two at the same time are the same one, whatever their keys are.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from itertools import groupby

from property_alert_notification.homes.listings.snapshot import OpenHouse
from property_alert_notification.homes.reso.open_house_times import end_of, names_of_time
from property_alert_notification.homes.reso.open_houses import takes_place
from property_alert_notification.homes.reso.words import OpenHouseStatus

Pair = tuple[OpenHouse | None, OpenHouse | None]
"""An open house before and after a change; None if there was none, or is none any more."""

_Names = Callable[[OpenHouse], Iterable[object]]


def same_time(one: OpenHouse) -> tuple[object, ...]:
    """What the time of an open house is called: two that have such a name in common are at the same time."""
    return names_of_time(one.day, one.start, one.end)


def pairs_of(old: Sequence[OpenHouse], new: Sequence[OpenHouse], now: datetime) -> list[Pair]:
    """The open houses that changed, in the order of their times.

    One that is over by `now` neither is new, nor was it moved or cancelled. Those that remain at their times are the
    same; of the others those with one key were moved. What then disappeared was moved to what is new, if there is only
    one way to see it: as many on one day as before, in their order, or else one before and one now. What its feed calls
    cancelled was not moved.
    """
    if old == new:
        return []
    gone, come = _planned(old, now), _planned(new, now)
    ended, cancelled = (_with(new, status) for status in (OpenHouseStatus.ENDED, OpenHouseStatus.CANCELED))
    _take_pairs(gone, come, same_time)
    _take_pairs(gone, ended, same_time)
    moved = _take_pairs(gone, come, _same_key)
    _take_pairs(gone, ended, _same_key)
    off = [was for names in (same_time, _same_key) for was, _ in _take_pairs(gone, cancelled, names)]
    moved += _take_evident(gone, come)
    pairs: list[Pair] = [*moved, *((was, None) for was in (*off, *gone)), *((None, is_) for is_ in come)]
    return sorted(pairs, key=_order_of_pair)


def _planned(some: Iterable[OpenHouse], now: datetime) -> list[OpenHouse]:
    """Those that take place and are not over, in the order of their times; one of those at the same time."""
    planned: list[OpenHouse] = []
    known: set[object] = set()
    for one in sorted(filter(_takes_place, some), key=_order):
        if known.isdisjoint(names := same_time(one)) and end_of(one.day, one.start, one.end) > now:
            planned.append(one)
        known.update(names)
    return planned


def _takes_place(one: OpenHouse) -> bool:
    return takes_place(one.status)


def _with(some: Iterable[OpenHouse], status: OpenHouseStatus) -> list[OpenHouse]:
    return [one for one in some if one.status == status]


def _take_pairs(gone: list[OpenHouse], come: list[OpenHouse], names_of: _Names) -> list[tuple[OpenHouse, OpenHouse]]:
    """Take from both lists, and return, those that have a name in common."""
    pairs = []
    for was in list(gone):
        names = set(names_of(was))
        is_ = next((one for one in come if not names.isdisjoint(names_of(one))), None)
        if is_ is not None:
            gone.remove(was)
            come.remove(is_)
            pairs.append((was, is_))
    return pairs


def _take_evident(gone: list[OpenHouse], come: list[OpenHouse]) -> list[tuple[OpenHouse, OpenHouse]]:
    """Take from both lists, and return, those that can only have been moved to each other's time."""
    on_day = {day: list(some) for day, some in groupby(list(come), _day)}
    pairs = []
    for day, some in [(day, list(some)) for day, some in groupby(list(gone), _day)]:
        if len(some) == len(on_day.get(day, ())):
            pairs += list(zip(some, on_day[day], strict=True))
    for was, is_ in pairs:
        gone.remove(was)
        come.remove(is_)
    if len(gone) == len(come) == 1:
        pairs.append((gone.pop(), come.pop()))
    return pairs


def _same_key(one: OpenHouse) -> Iterator[object]:
    yield one.key


def _day(one: OpenHouse) -> str:
    return one.day


def _order(one: OpenHouse) -> tuple[str, ...]:
    return one.day, one.start or "", one.end or "", str((one.is_online, one.by_appointment)), one.key


def _order_of_pair(pair: Pair) -> tuple[str, ...]:
    was, is_ = pair
    one = is_ or was
    assert one is not None  # noqa: S101 - a pair has one of them
    return _order(one)
