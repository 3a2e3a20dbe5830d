"""What happens in the two weeks: random, but the same for the same seed. Nothing here knows what should come of it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from tests.scenario.actions import (
    ORDER,
    Action,
    Cancel,
    Define,
    Kill,
    Learn,
    Merge,
    Prefer,
    Profile,
    Push,
    Repeat,
    Stop,
    Submit,
    Trouble,
)
from tests.scenario.people import change, preferences, profile
from tests.scenario.places import PLACES, Place

MINUTE, QUARTER, HALF_HOUR, HOUR, DAY = (timedelta(minutes=length) for length in (1, 15, 30, 60, 24 * 60))
LENGTH = 14 * DAY

AUTUMN = datetime(2026, 10, 21, tzinfo=UTC)
"""Europe's clocks go back on the 25th, America's on the 1st of November."""

SPRING = datetime(2027, 3, 14, 6, tzinfo=UTC)
"""America's clocks go forward at 8:00 UTC of the first day, Europe's at 1:00 UTC of the last."""


@dataclass(frozen=True)
class Resident:
    """A user, as the plan has them."""

    id: int
    place: Place
    phone_number: str
    email: str


@dataclass(frozen=True)
class Plan:
    """Two weeks."""

    start: datetime
    residents: Mapping[int, Resident]
    profiles: Mapping[int, Profile | None]
    """What the User service knows at the beginning."""
    actions: Mapping[datetime, list[Action]]


CATEGORIES = ("general", "listing_alert", "listing_alert", "listing_alert", "price_drop", "viewing", "account", "news")
RULES = (
    "FREQ=DAILY;BYHOUR=2",
    "FREQ=DAILY;INTERVAL=2;BYHOUR=1,9;COUNT=5",
    "FREQ=WEEKLY;BYDAY=MO,SU",
    "FREQ=HOURLY;INTERVAL=12;COUNT=12",
    "FREQ=MONTHLY;BYMONTHDAY=1,28",
)

_PRICE_DROP: dict[str, Any] = {"kind": "promotional", "default": {"email": "daily"}}
_NEWS: dict[str, Any] = {"kind": "promotional", "default": {"email": "weekly", "sms": "never"}, "message_ttl": "12h"}

CATEGORY_CHANGES = (
    (0, "price_drop", _PRICE_DROP),
    (0, "news", _NEWS),
    (4, "viewing", {"kind": "transactional", "default": {"sms": "daily"}}),
    (5, "price_drop", _PRICE_DROP | {"default": {"email": "weekly"}}),
    (7, "news", _NEWS | {"default": {"email": "daily"}}),
    (8, "price_drop", _PRICE_DROP | {"default": {"email": "never"}}),
    (10, "viewing", None),
    (11, "price_drop", _PRICE_DROP | {"default": {}}),
    (12, "news", None),
)
"""On which day what is said of a category; None takes it back."""

STOPS = ((3, 5), (9, 30))
"""On which day the workers go away, and for how many hours."""

TROUBLES = ((6, 10, "down", 9), (8, 3, "nonsense", 6), (11, 14, "slow", 5))
"""On which day and at which hour the User service is in trouble, in which, and for how many hours."""


def make_plan(seed: int, users: int) -> Plan:
    """The events of two weeks in the life of so many users."""
    chance = Random(seed)
    start = SPRING if seed % 2 else AUTUMN
    residents = {number: _resident(number) for number in range(1, users + 1)}
    profiles = {one.id: profile(one.place, one.phone_number, one.email, chance) for one in residents.values()}
    happenings = list(_operations(start, chance))
    for resident in residents.values():
        happenings += _life(resident, start, chance)
    actions: dict[datetime, list[Action]] = {}
    for moment, action in sorted(happenings, key=lambda one: (one[0], ORDER.index(type(one[1])))):
        actions.setdefault(moment, []).append(action)
    return Plan(start, residents, profiles, actions)


def _operations(start: datetime, chance: Random) -> Iterator[tuple[datetime, Action]]:
    """What operators do, and what goes wrong."""
    for day, name, definition in CATEGORY_CHANGES:
        yield start + day * DAY + (7 if day else 2) * MINUTE, Define(name, definition)
    for moment in (*chance.sample(_MOMENTS, 20), *chance.sample(_QUARTERS, 20)):
        yield start + moment, Kill(chance.choice((1, 2, 3, 4, 6, 9, 13, 18, 25)))
    for day, hours in STOPS:
        begin = start + day * DAY + chance.randrange(96) * QUARTER + 8 * MINUTE
        yield begin, Stop(begin + timedelta(hours=hours))
    for day, hour, kind, hours in TROUBLES:
        begin = start + day * DAY + hour * HOUR + 8 * MINUTE
        yield begin, Trouble(kind)
        yield begin + hours * HOUR, Trouble(None)


def _resident(number: int) -> Resident:
    place = PLACES[number % len(PLACES)]
    return Resident(number, place, f"{place.prefix}{number:04}", f"user{number}@example.com")


_MOMENTS = [number * 3 * HOUR + 7 * MINUTE for number in range(1, 14 * 8)]
"""Some moments between two quarters of an hour, at which nothing falls due by itself."""

_QUARTERS = [number * QUARTER for number in range(1, 14 * 96)]
"""Those at which something does."""


def _life(resident: Resident, start: datetime, chance: Random) -> Iterator[tuple[datetime, Action]]:
    """What one user, those who write to them, and the User service do: one thing at a time."""
    moments = iter([start + moment for moment in chance.sample(_MOMENTS, 30)])
    place = resident.place
    yield start + 2 * MINUTE, Prefer(resident.id, preferences(place, chance))
    for number, at in zip(range(chance.randint(4, 14)), moments, strict=False):
        submit = _submission(f"{resident.id}-{number}", resident, at, chance)
        yield at, submit
        if chance.random() < 0.08:
            yield at + chance.randint(1, 20) * 3 * HOUR, Cancel(submit.key)
    if chance.random() < 0.25:
        at = next(moments)
        yield at, _recurring(resident, at, chance)
    for _ in range(chance.choice((0, 0, 1, 1, 2))):
        if chance.random() < 0.3:
            yield next(moments), Prefer(resident.id, preferences(place, chance))
        else:
            yield next(moments), Merge(resident.id, change(place, chance))
    if chance.random() < 0.06:
        first, second = sorted((next(moments), next(moments)))
        yield first, Prefer(resident.id, None)
        yield second, Prefer(resident.id, preferences(place, chance))
    for _ in range(chance.choice((0, 0, 0, 1, 2))):
        kind = chance.choice((Learn, Push))
        yield next(moments), kind(resident.id, profile(place, resident.phone_number, resident.email, chance))


def _submission(key: str, resident: Resident, at: datetime, chance: Random) -> Submit:
    lives, given = chance.random() < 0.15, chance.choice((("email", "sms"), ("email", "sms"), (), (), ("email",)))
    hour = at - 7 * MINUTE
    send_at = send_at_local = None
    match chance.choice(("now", "now", "now", "later", "local")):
        case "later":  # what is looked up falls due when nothing else does
            send_at = (hour if given[1:] else at) + chance.randint(1, 150) * HALF_HOUR
        case "local":
            given, lives = ("email", "sms"), False
            send_at_local = hour.replace(tzinfo=None) + chance.randint(-10, 150) * HALF_HOUR
    return Submit(
        key,
        resident.id,
        chance.choice(CATEGORIES),
        urgent=chance.random() < 0.15,
        send_at=send_at,
        send_at_local=send_at_local,
        expires_at=(send_at or hour) + chance.randint(4, 200) * QUARTER if lives else None,
        channels=chance.choice((None, None, None, ("email",), ("sms",))),
        given=given,
    )


def _recurring(resident: Resident, at: datetime, chance: Random) -> Repeat:
    """Of those that no time begins with a moment that has passed."""
    local = at.replace(tzinfo=None, minute=0) + 2 * DAY
    category = chance.choice(("general", "viewing", "listing_alert"))
    zone = resident.place.zone if chance.random() < 0.5 else None
    start = local.replace(hour=chance.choice((1, 2, 9)))
    return Repeat(f"again-{resident.id}", resident.id, category, chance.choice(RULES), start, zone)
