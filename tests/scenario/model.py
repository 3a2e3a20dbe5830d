"""An independent model of the decision about one message to one person at one moment, in plain Python on `zoneinfo`
alone.

It is written from docs/people.md, and shares nothing with the implementation but the words of the API.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from tests.scenario.places import ALSO_BY_NUMBER, ZONES_OF, Place, everywhere, laws_of, legal_hours

QUARTER = timedelta(minutes=15)
"""Every hour of the scenario, and every offset of a zone, is a multiple of this."""

DAY = timedelta(days=1)
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True)
class Category:
    """The properties of all messages of a category."""

    kind: str = "transactional"
    required: bool = False
    default: tuple[tuple[str, str], ...] = ()
    message_ttl: timedelta = timedelta(days=5)

    @property
    def is_promotional(self) -> bool:
        return self.kind == "promotional"


BUILT_IN = {
    "general": Category(),
    "viewing": Category(),
    "offer": Category(),
    "account": Category(required=True),
    "listing_alert": Category("promotional"),
    "digest": Category("promotional"),
}


@dataclass(frozen=True)
class Verdict:
    """The decision about a message now."""

    decision: str
    """`send`, `hold`, `collect` or `suppress`."""
    code: str
    """The expected reason code."""
    until: datetime | None = None
    """When a held message is reevaluated, or a collected one is sent."""


@dataclass(frozen=True)
class Person:
    """The data about a person at a moment."""

    place: Place
    """The place of their phone number."""
    preferences: Mapping[str, Any] | None
    """The preferences as in the API; None without any."""
    profile: Mapping[str, Any] | None
    """The profile from the User service."""

    def preference(self, field: str) -> Any:
        return (self.preferences or {}).get(field)

    def zone(self) -> str | None:
        """The known zone, if there is one."""
        return self.preference("time_zone") or (self.profile or {}).get("time_zone")

    def zones(self, channel: str) -> tuple[str, ...]:
        """All zones in which they may be; empty if nothing is known."""
        if zone := self.zone():
            return (zone,)
        country = (self.profile or {}).get("country")
        if (self.profile or {}).get("phone_number") or channel == "sms":
            return (*ZONES_OF[self.place.country], *ALSO_BY_NUMBER.get(self.place.country, ()))
        return ZONES_OF[country] if country else ()


def may(person: Person, channel: str, name: str, category: Category) -> tuple[str, str]:
    """Whether a message may be sent at all: its frequency, or `never`, and the reason code."""
    if person.preferences is None:
        return "never", "no_preferences"
    if not person.preferences[f"{channel}_enabled"]:
        return "never", "user_opted_out"
    default = dict(category.default).get(channel)
    if category.required:
        return ("asap" if default in (None, "never") else default), "category_required"
    if rule := (person.preference("categories") or {}).get(name, {}).get(channel):
        return rule, "category_refused" if rule == "never" else "category_wanted"
    if default == "never":
        return "never", "category_not_asked_for"
    return default or "asap", "user_opted_in"


def refuses_digests(person: Person, channel: str, category: Category) -> bool:
    """Whether no digest may carry a message of this category to them."""
    refused = (person.preference("categories") or {}).get("digest", {}).get(channel) == "never"
    return refused and not category.required


def decide(person: Person, channel: str, name: str, category: Category, *, urgent: bool, now: datetime) -> Verdict:
    """What becomes of a message that is to leave now."""
    frequency, code = may(person, channel, name, category)
    if frequency == "never":
        return Verdict("suppress", code)
    if urgent and not category.is_promotional:
        return Verdict("send", code)
    if frequency != "asap" and name != "digest":
        if refuses_digests(person, channel, category):
            return Verdict("suppress", "category_refused")
        return Verdict("collect", "collected", next_digest(frequency, person, channel, now))
    is_legal = channel == "sms" and category.is_promotional
    held = hold(person, channel, now, is_legal=is_legal)
    if held is not None:
        return held
    return Verdict("send", code)


def hold(person: Person, channel: str, now: datetime, *, is_legal: bool) -> Verdict | None:
    """Until when the law or the person forbid the hour; None when neither does."""
    quiet = read_quiet(person.preference("quiet_hours") or ())
    laws = tuple(laws_of(person.place, person.zone())) if is_legal else ()
    if not quiet and not laws:
        return None
    zones = person.zones(channel) or everywhere()
    if not any(not_legal(laws, zone, now) or is_quiet(quiet, zone, now) for zone in zones):
        return None
    code = "legal_window" if any(not_legal(laws, zone, now) for zone in zones) else "quiet_hours"
    for moment in quarters(now, now + 8 * DAY):
        if not any(not_legal(laws, zone, moment) or is_quiet(quiet, zone, moment) for zone in zones):
            return Verdict("hold", code, moment)
    return Verdict("hold", "no_allowed_moment", now + DAY)


Quiet = tuple[tuple[frozenset[int], time, time], ...]


def read_quiet(preference: Sequence[Mapping[str, Any]]) -> Quiet:
    return tuple(
        (
            frozenset(DAYS.index(day) for day in one["days"]),
            time.fromisoformat(one["from"]),
            time.fromisoformat(one["to"]),
        )
        for one in preference
    )


def is_quiet(quiet: Quiet, zone: str, moment: datetime) -> bool:
    """Whether the local time is within quiet hours."""
    local = local_of(zone, moment)
    shown, today = local.time(), local.weekday()
    for days, start, end in quiet:
        if start < end and today in days and start <= shown < end:
            return True
        if start > end and ((today in days and shown >= start) or ((today - 1) % 7 in days and shown < end)):
            return True
    return False


def not_legal(laws: Sequence[str], zone: str, moment: datetime) -> bool:
    """Whether one of the laws forbids promotional SMS at the time that the clock on the wall shows."""
    local = local_of(zone, moment)
    hour = local.hour + local.minute / 60
    return not all(start <= hour < end for start, end in (legal_hours(law, local.date()) for law in laws))


@lru_cache(100_000)
def local_of(zone: str, moment: datetime) -> datetime:
    """What the clock on the wall shows."""
    return moment.astimezone(ZoneInfo(zone))


def quarters(after: datetime, until: datetime) -> Iterator[datetime]:
    """Every quarter of an hour after a moment."""
    moment = after.replace(minute=after.minute // 15 * 15, second=0, microsecond=0) + QUARTER
    while moment <= until:
        yield moment
        moment += QUARTER


def next_digest(frequency: str, person: Person, channel: str, after: datetime) -> datetime:
    """The first digest time after a moment: when the hour has come in every zone in which the person may be."""
    times = {"at": "08:00", "weekday": "mon", "day": 1, **(person.preference("digest") or {})}
    zones = person.zones(channel) or ("UTC",)
    day = after.date() - 2 * DAY
    while True:
        day += DAY
        if is_digest_day(day, frequency, times):
            moment = max(at_local(day, time.fromisoformat(times["at"]), zone) for zone in zones)
            if moment > after:
                return moment


def is_digest_day(day: date, frequency: str, times: Mapping[str, Any]) -> bool:
    if frequency == "weekly":
        return bool(DAYS[day.weekday()] == times["weekday"])
    if frequency == "monthly":
        return bool(day.day == times["day"] or (day.day < times["day"] and (day + DAY).month != day.month))
    return True


def at_local(day: date, at: time, zone: str) -> datetime:
    """A local time in UTC: one in the gap moves forward by what is left out, one in the fold is the first."""
    return datetime.combine(day, at, tzinfo=ZoneInfo(zone)).astimezone(UTC)


def moment_of(person: Person, local: datetime) -> datetime:
    """When the clock of a person shows this, of whom a telephone number is known: in no possible zone later."""
    return max(at_local(local.date(), local.time(), zone) for zone in person.zones("sms"))


def local_day(person: Person, channel: str, moment: datetime) -> date:
    """The day that it is for a person."""
    return min(local_of(zone, moment).date() for zone in person.zones(channel) or ("UTC",))
