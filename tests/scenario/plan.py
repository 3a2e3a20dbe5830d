"""What happens in the two weeks: random, but the same for the same seed. Nothing here knows what should come of it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

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
class Prefer:
    """A user says all of their preferences; None withdraws all consent."""

    user: int
    preferences: Mapping[str, Any] | None


@dataclass(frozen=True)
class Merge:
    """A user changes some of their preferences (RFC 7396)."""

    user: int
    patch: Mapping[str, Any]


@dataclass(frozen=True)
class Submit:
    """A caller submits a notification."""

    key: str
    user: int
    category: str
    urgent: bool = False
    send_at: datetime | None = None
    expires_at: datetime | None = None
    channels: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Repeat:
    """A caller has a notification sent again and again."""

    key: str
    user: int
    category: str
    rrule: str
    start: datetime
    """A local time."""
    zone: str


@dataclass(frozen=True)
class Cancel:
    """A caller cancels a notification, if that is possible."""

    key: str


@dataclass(frozen=True)
class Define:
    """An operator defines a category."""

    name: str
    definition: Mapping[str, Any]


@dataclass(frozen=True)
class Stop:
    """Every worker is away until a later moment."""

    until: datetime


@dataclass(frozen=True)
class Kill:
    """A worker claims some of what is due, and dies."""

    submits: bool
    """It dies after it stored that it is about to submit, so that its provider may have the message."""


Action = Prefer | Merge | Submit | Cancel | Define | Stop | Kill | Repeat

_ORDER = (Stop, Define, Prefer, Merge, Submit, Repeat, Cancel, Kill)
"""Of what happens at the same moment."""


@dataclass(frozen=True)
class Plan:
    """Two weeks."""

    start: datetime
    residents: Mapping[int, Resident]
    actions: Mapping[datetime, list[Action]]


CATEGORIES = ("general", "listing_alert", "listing_alert", "listing_alert", "price_drop", "viewing", "account", "news")
QUIET_DAYS = (
    ["mon", "tue", "wed", "thu", "fri", "sat", "sun"],
    ["mon", "tue", "wed", "thu", "sun"],
    ["fri", "sat"],
    ["sat", "sun"],
)
QUIET_TIMES = (
    ("22:00", "07:00"),
    ("21:30", "08:00"),
    ("23:00", "09:30"),
    ("00:00", "06:00"),
    ("01:30", "02:30"),
    ("13:00", "14:30"),
    ("18:00", "10:00"),
)
RULES = (
    "FREQ=DAILY;BYHOUR=2",
    "FREQ=DAILY;INTERVAL=2;BYHOUR=1,9;COUNT=5",
    "FREQ=WEEKLY;BYDAY=MO,SU",
    "FREQ=HOURLY;INTERVAL=12;COUNT=12",
    "FREQ=MONTHLY;BYMONTHDAY=1,28",
)
DIGEST_TIMES = ("08:00", "18:30", "02:30", "01:15", "12:00", "23:45")


def make_plan(seed: int, users: int) -> Plan:
    """The events of two weeks in the life of so many users."""
    chance = Random(seed)
    start = SPRING if seed % 2 else AUTUMN
    residents = {number: _resident(number) for number in range(1, users + 1)}
    happenings: list[tuple[datetime, Action]] = [(start + 2 * MINUTE, one) for one in _categories()]
    for resident in residents.values():
        happenings += _life(resident, start, chance)
    happenings += [(start + 5 * DAY + 7 * MINUTE, Define("price_drop", _PRICE_DROP | {"default": {"email": "weekly"}}))]
    happenings += [(_moment(start, chance), Kill(submits=number % 2 == 0)) for number in range(30)]
    for day, hours in ((3, 5), (9, 30)):
        begin = start + day * DAY + chance.randrange(96) * QUARTER + 8 * MINUTE
        happenings += [(begin, Stop(begin + timedelta(hours=hours)))]
    actions: dict[datetime, list[Action]] = {}
    for moment, action in sorted(happenings, key=lambda one: (one[0], _ORDER.index(type(one[1])))):
        actions.setdefault(moment, []).append(action)
    return Plan(start, residents, actions)


_PRICE_DROP = {"kind": "promotional", "default": {"email": "daily"}}


def _categories() -> Iterator[Action]:
    yield Define("price_drop", _PRICE_DROP)
    yield Define("news", {"kind": "promotional", "default": {"email": "weekly", "sms": "never"}, "message_ttl": "12h"})


def _resident(number: int) -> Resident:
    place = PLACES[number % len(PLACES)]
    return Resident(number, place, f"{place.prefix}{number:04}", f"user{number}@example.com")


def _life(resident: Resident, start: datetime, chance: Random) -> Iterator[tuple[datetime, Action]]:
    """What one user and those who write to them do."""
    yield start + 2 * MINUTE, Prefer(resident.id, preferences(resident, chance))
    for number in range(chance.randint(4, 14)):
        at = _moment(start, chance)
        submit = _submission(f"{resident.id}-{number}", resident, at, chance)
        yield at, submit
        if chance.random() < 0.08:
            yield at + chance.randint(1, 20) * 3 * HOUR, Cancel(submit.key)
    if chance.random() < 0.25:
        at = _moment(start, chance)
        yield at, _recurring(resident, at, chance)
    for _ in range(chance.choice((0, 0, 1, 1, 2))):
        at = _moment(start, chance)
        if chance.random() < 0.3:
            yield at, Prefer(resident.id, preferences(resident, chance))
        else:
            yield at, Merge(resident.id, _change(resident, chance))
    if chance.random() < 0.06:
        at = _moment(start, chance)
        yield at, Prefer(resident.id, None)
        yield at + chance.randint(1, 33) * 3 * HOUR, Prefer(resident.id, preferences(resident, chance))


def _moment(start: datetime, chance: Random) -> datetime:
    """Some moment between two quarters of an hour, at which nothing falls due by itself."""
    return start + chance.randrange(1, 14 * 8) * 3 * HOUR + 7 * MINUTE


def _submission(key: str, resident: Resident, at: datetime, chance: Random) -> Submit:
    later = chance.random() < 0.3
    send_at = at - 7 * MINUTE + chance.randint(1, 150) * HALF_HOUR if later else None
    lives = chance.random() < 0.15
    return Submit(
        key,
        resident.id,
        chance.choice(CATEGORIES),
        urgent=chance.random() < 0.1,
        send_at=send_at,
        expires_at=(send_at or at - 7 * MINUTE) + chance.randint(4, 200) * QUARTER if lives else None,
        channels=chance.choice((None, None, None, ("email",), ("sms",))),
    )


def _recurring(resident: Resident, at: datetime, chance: Random) -> Repeat:
    """Of those that no time begins with a moment that has passed."""
    local = at.replace(tzinfo=None, minute=0) + 2 * DAY
    rrule = chance.choice(RULES)
    category = chance.choice(("general", "viewing", "listing_alert"))
    hour = chance.choice((1, 2, 9))
    return Repeat(f"again-{resident.id}", resident.id, category, rrule, local.replace(hour=hour), resident.place.zone)


def preferences(resident: Resident, chance: Random) -> dict[str, Any]:
    """What a user says of everything."""
    chosen: dict[str, Any] = {"email_enabled": chance.random() < 0.9, "sms_enabled": chance.random() < 0.75}
    if chance.random() < 0.7:
        chosen["time_zone"] = resident.place.zone
    if "time_zone" in chosen and chance.random() < 0.6:
        chosen["quiet_hours"] = quiet_hours(chance)
    if chance.random() < 0.6:
        chosen["categories"] = frequencies(chance)
    if chance.random() < 0.4:
        chosen["digest"] = digest(chance)
    if chance.random() < 0.5:
        chosen["caps"] = {
            channel: chance.choice(({"day": 1}, {"week": 3}, {"day": 2, "week": 3})) for channel in ("email", "sms")
        }
    return chosen


def quiet_hours(chance: Random) -> list[dict[str, Any]]:
    return [
        {"days": chance.choice(QUIET_DAYS), "from": start, "to": end}
        for start, end in chance.sample(QUIET_TIMES, chance.choice((1, 1, 2)))
    ]


def frequencies(chance: Random) -> dict[str, dict[str, str]]:
    """How often a user wants some categories."""
    found: dict[str, dict[str, str]] = {}
    for name in chance.sample(("listing_alert", "price_drop", "news", "viewing", "account"), 2):
        found[name] = {
            channel: chance.choice(("asap", "daily", "daily", "weekly", "monthly", "never"))
            for channel in chance.sample(("email", "sms"), chance.choice((1, 2)))
        }
    if chance.random() < 0.05:
        found["digest"] = {"email": "never"}
    return found


def digest(chance: Random) -> dict[str, Any]:
    return {
        "at": chance.choice(DIGEST_TIMES),
        "weekday": chance.choice(("mon", "sat", "sun")),
        "day": chance.choice((1, 25, 28, 31)),
    }


def _change(resident: Resident, chance: Random) -> dict[str, Any]:
    """One thing that a user changes their mind about."""
    zones = (*resident.place.moves_to, resident.place.zone)
    changes: list[dict[str, Any]] = [
        {"time_zone": chance.choice(zones)},
        {"time_zone": chance.choice(zones), "quiet_hours": quiet_hours(chance)},
        {"quiet_hours": None},
        {"categories": frequencies(chance)},
        {"categories": frequencies(chance)},
        {"categories": {"listing_alert": {"email": chance.choice(("never", "asap", "daily", "weekly"))}}},
        {"categories": None},
        {"email_enabled": chance.random() < 0.5},
        {"sms_enabled": chance.random() < 0.5},
        {"digest": digest(chance)},
    ]
    return chance.choice(changes)
