"""Which messages fit into a user's cap. Pure.

A week is from Monday to Sunday, and both it and a day are in the user's zone.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta, tzinfo
from typing import NamedTuple
from uuid import UUID

from property_alert_notification.base.reasons import Reason, ReasonCode
from property_alert_notification.base.vocabulary import CategoryKind, Channel, Frequency
from property_alert_notification.people.categories.rules import DIGEST, Category
from property_alert_notification.people.digest_times import local_day, next_digest
from property_alert_notification.people.person import Person
from property_alert_notification.people.preferences.rules import Cap, DigestTimes

_LOOKED_AT = 100
"""How many days ahead the search for a day below the cap goes. If all are full, the worker searches again
afterwards."""


class Capped(NamedTuple):
    """A message that is about to be sent to a user who has a cap."""

    delivery_id: UUID
    user: tuple[int, bool]
    """The user's id, and whether a test key submitted the message."""
    cap: Cap
    zones: Sequence[tzinfo]
    digest: DigestTimes | None
    is_digest: bool
    """The message is a digest: over the cap it is held, not collected."""
    refuses_digests: bool = False
    """The user refuses the digest that would carry the message: over the cap it is suppressed."""


class Use(NamedTuple):
    """A message that counts on a day."""

    delivery_id: UUID
    day: date


class Fits(NamedTuple):
    """The message may be sent, and counts on this day."""

    day: date


class Reached(NamedTuple):
    """A cap that one more message would exceed."""

    period: str
    """`day` or `week`."""
    most: int
    """The cap: how many messages the user gets in this period."""
    counted: int
    """The messages that count in it. Those that a cap which was higher before let pass are among them."""


class OverCap(NamedTuple):
    """The message may not be sent now."""

    reached: Reached
    until: datetime
    """The first digest time on a day whose caps are not reached."""
    reserved: date | None
    """The day on which a digest counts from now on; None for other messages."""

    @property
    def reason(self) -> Reason:
        """Why it is not sent, with the numbers."""
        return Reason(ReasonCode.OVER_CAP, self.reached._asdict())


def cap_of(channel: Channel, category: Category, person: Person) -> Cap | None:
    """The cap that applies to a message; None if no cap applies."""
    if category.kind is not CategoryKind.PROMOTIONAL or person.preferences is None:
        return None
    return person.preferences.rules.caps.get(channel)


def place(wanted: Iterable[Capped], uses: Iterable[Use], now: datetime) -> dict[UUID, Fits | OverCap]:
    """Decide which messages of one user and channel fit under the cap, next to those that count already.

    The oldest comes first. A message that counts already is not counted twice, and keeps its day until it has another:
    so it does not matter which messages one worker claims together.
    """
    day_of = {use.delivery_id: use.day for use in uses}
    counts = Counter(day_of.values())
    found: dict[UUID, Fits | OverCap] = {}
    for message in sorted(wanted, key=lambda message: message.delivery_id):
        if (day := day_of.get(message.delivery_id)) is not None:
            counts[day] -= 1
        placed = found[message.delivery_id] = _place(message, counts, now)
        if (day := placed.day if isinstance(placed, Fits) else placed.reserved) is not None:
            counts[day] += 1
    return found


def _place(message: Capped, counts: Counter[date], now: datetime) -> Fits | OverCap:
    today = local_day(message.zones, now)
    if (reached := _reached(message.cap, counts, today)) is None:
        return Fits(today)
    until, day = _next_place(message, counts, now)
    return OverCap(reached, until, day if message.is_digest else None)


def _reached(cap: Cap, counts: Counter[date], day: date) -> Reached | None:
    """The cap that one more message on a day would exceed."""
    if cap.day is not None and counts[day] >= cap.day:
        return Reached("day", cap.day, counts[day])
    if cap.week is not None and (count := sum(counts[one] for one in days_of_week(day))) >= cap.week:
        return Reached("week", cap.week, count)
    return None


def days_of_week(day: date) -> list[date]:
    """The seven days of the week of this day."""
    monday = day - timedelta(days=day.weekday())
    return [monday + timedelta(days=number) for number in range(7)]


def _next_place(message: Capped, counts: Counter[date], now: datetime) -> tuple[datetime, date | None]:
    """The first digest time on a day whose caps are not reached, and that day; None if `DAYS_AHEAD` days have none."""
    today, until = local_day(message.zones, now), now
    for _ in range(_LOOKED_AT):
        until = next_digest(Frequency.DAILY, message.digest, message.zones, until)
        day = local_day(message.zones, until)
        if day > today and _reached(message.cap, counts, day) is None:
            return until, day
    return until, None


def is_digest(category: Category) -> bool:
    """Whether messages of this category are digests."""
    return category.name == DIGEST
