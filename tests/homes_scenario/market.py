"""What happens to homes: the sales of King County with their stories, in the order in which a feed sends them. Pure.

Most homes come in the order of time, mixed with all others. Of every fifth home the records come in any order. Some
records come again, at any time after they came first.
"""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from random import Random
from typing import NamedTuple

from property_alert_notification.reso_server.sales import Sale, read_sales
from property_alert_notification.reso_server.timeline import Step, story_of

CALLS = range(24, 131)
"""As many there shall be, about."""

BATCH = range(25, 81)
"""Records of one call; more if there were too many calls otherwise."""

SHUFFLED = 0.2
"""Of the homes: their records come in any order."""

REPEATED = 0.1
"""Of the records."""

RESTLESS = 0.1
"""Of the records of homes on the market: the price changes again within seconds, maybe back."""


class Event(NamedTuple):
    """A record that a feed sends."""

    home: str
    """The number of its parcel."""
    step: Step
    further: tuple[Step, ...] = ()
    """Records of the same listing within the quiet time, which come in the same call."""


def some_sales(random: Random, count: int) -> list[Sale]:
    """`count` sales or a few more: of a home that was sold twice both."""
    by_parcel: dict[str, list[Sale]] = {}
    for sale in read_sales():
        by_parcel.setdefault(sale.parcel, []).append(sale)
    several = [parcel for parcel, its in by_parcel.items() if len(its) > 1]
    single = [parcel for parcel, its in by_parcel.items() if len(its) == 1]
    random.shuffle(several)
    random.shuffle(single)
    # Homes that were sold twice are rare, and say most about who is told what.
    chosen: list[Sale] = []
    for parcel in several[: max(count // 20, 1)] + single + several[max(count // 20, 1) :]:
        if len(chosen) >= count:
            break
        chosen += by_parcel[parcel]
    return chosen


def arrivals(random: Random, sales: Sequence[Sale]) -> Iterator[list[Event]]:
    """The calls of a feed, none of which has two different records of one home."""
    stories: dict[str, list[Step]] = {}
    for sale in sales:
        stories.setdefault(sale.parcel, []).extend(story_of(sale))
    waiting: list[tuple[float, Event]] = []
    for parcel, steps in stories.items():
        moments = [random.random() for _ in steps]
        in_order = sorted(steps, key=lambda step: step.at)
        if random.random() >= SHUFFLED:
            moments.sort()
        for moment, step in zip(moments, in_order, strict=True):
            waiting.append((moment, Event(parcel, step, tuple(_further(random, step)))))
            if random.random() < REPEATED:
                waiting.append((random.uniform(moment, 1), Event(parcel, step)))
    waiting.sort(key=lambda one: one[0])
    yield from _calls([event for _, event in waiting])


def _further(random: Random, step: Step) -> Iterator[Step]:
    if step.record["StandardStatus"] != "Active" or random.random() >= RESTLESS:
        return
    for seconds in sorted(random.sample(range(1, 29), random.randint(1, 3))):
        at = step.at + timedelta(seconds=seconds)
        written = at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        price = round(step.record["ListPrice"] * random.choice((0.95, 1, 1.05)), -3)
        yield Step(at, step.listing_key, step.record | {"ModificationTimestamp": written, "ListPrice": int(price)})


def _calls(events: Sequence[Event]) -> Iterator[list[Event]]:
    left = list(events)
    batch = max(min(max(len(events) // CALLS[0], BATCH[0]), BATCH[-1]), len(events) // CALLS[-1])
    while left:
        call: list[Event] = []
        later: list[Event] = []
        homes: dict[str, Step] = {}
        for place, event in enumerate(left):
            if homes.setdefault(event.home, event.step) is event.step:
                call.append(event)
            else:
                later.append(event)
            if len(call) == batch:
                later += left[place + 1 :]
                break
        yield call
        left = later
