"""Which messages fit into a user's cap. Pure.

A week is from Monday to Sunday, and both it and a day are in the user's zone.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta, tzinfo
from typing import NamedTuple
from uuid import UUID

from property_alert_notification.base.vocabulary import CategoryKind, Channel, Frequency
from property_alert_notification.people.categories.rules import DIGEST, Category
from property_alert_notification.people.digest_times import local_day, next_digest
from property_alert_notification.people.person import Person
from property_alert_notification.people.preferences.rules import Cap, DigestTimes

_LOOKED_AT = 100
"""Days on which a place is looked for. If digests fill them all, it is looked for again then."""


class Capped(NamedTuple):
    """A message that is about to be sent to a user who has a cap."""

    delivery_id: UUID
    user: tuple[int, bool]
    """The user's id, and whether it is for a test."""
    cap: Cap
    zones: Sequence[tzinfo]
    digest: DigestTimes | None
    is_digest: bool
    """It is not collected, but waits, if it does not fit."""


class Use(NamedTuple):
    """A message that counts on a day."""

    delivery_id: UUID
    day: date


class Fits(NamedTuple):
    """The message may be sent, and counts on this day."""

    day: date


class OverCap(NamedTuple):
    """The message may not be sent now."""

    period: str
    """`day` or `week`: whose cap it would exceed."""
    until: datetime
    """The next digest time of a day on which there is a place."""
    reserved: date | None
    """The day on which a digest has its place from now on; None for other messages."""


def cap_of(channel: Channel, category: Category, person: Person) -> Cap | None:
    """The cap that counts for a message; None when it may be sent however many there were."""
    if category.kind is not CategoryKind.PROMOTIONAL or person.preferences is None:
        return None
    return person.preferences.rules.caps.get(channel)


def place(wanted: Iterable[Capped], uses: Iterable[Use], now: datetime) -> dict[UUID, Fits | OverCap]:
    """Which of these messages of one user and channel fit beside those that count already, in order.

    One that counts already is not counted twice, and keeps its place before the others.
    """
    messages = list(wanted)
    own = {message.delivery_id for message in messages}
    earlier = list(uses)
    counts = Counter(use.day for use in earlier if use.delivery_id not in own)
    placed = {use.delivery_id for use in earlier}
    found: dict[UUID, Fits | OverCap] = {}
    for message in sorted(messages, key=lambda message: message.delivery_id not in placed):
        today = local_day(message.zones, now)
        if (period := _exceeded(message.cap, counts, today)) is None:
            found[message.delivery_id] = Fits(today)
            counts[today] += 1
            continue
        until, day = _next_place(message, counts, now)
        reserved = day if message.is_digest else None
        found[message.delivery_id] = OverCap(period, until, reserved)
        if reserved is not None:
            counts[reserved] += 1
    return found


def _exceeded(cap: Cap, counts: Counter[date], day: date) -> str | None:
    """The period whose cap one more message on a day would exceed."""
    if cap.day is not None and counts[day] >= cap.day:
        return "day"
    if cap.week is not None and sum(counts[one] for one in days_of_week(day)) >= cap.week:
        return "week"
    return None


def days_of_week(day: date) -> list[date]:
    """The days of its week."""
    monday = day - timedelta(days=day.weekday())
    return [monday + timedelta(days=number) for number in range(7)]


def _next_place(message: Capped, counts: Counter[date], now: datetime) -> tuple[datetime, date | None]:
    """The next digest time of a day on which there is a place, and that day; None when none is found."""
    today, until = local_day(message.zones, now), now
    for _ in range(_LOOKED_AT):
        until = next_digest(Frequency.DAILY, message.digest, message.zones, until)
        day = local_day(message.zones, until)
        if day > today and _exceeded(message.cap, counts, day) is None:
            return until, day
    return until, None


def is_digest(category: Category) -> bool:
    """Whether messages of this category are digests."""
    return category.name == DIGEST
