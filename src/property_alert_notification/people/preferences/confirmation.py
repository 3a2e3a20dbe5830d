"""Double opt-in: which opt-ins a change of preferences leaves unconfirmed, and which it confirms. Pure.

A place is a category on a channel. A user is opted in to it if the channel is switched on and the frequency is not
`never`. Who is opted in when the category begins to demand confirmation stays so: a new opt-in has to be confirmed.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import NamedTuple

from property_alert_notification.base.vocabulary import Channel, Frequency
from property_alert_notification.people.categories.rules import Categories
from property_alert_notification.people.preferences.rules import Preferences, is_unreadable

Place = tuple[str, Channel]
"""A category and a channel."""

Unconfirmed = Mapping[Place, datetime]
"""The unconfirmed opt-ins, each with the time until which the user can confirm it."""

IsMeant = Callable[[str, Channel, datetime], bool]
"""Whether the user confirms the opt-in to a category on a channel that can be confirmed until a time."""


class Period(NamedTuple):
    """The time in which the user can confirm an opt-in of now."""

    now: datetime
    until: datetime
    """In whole seconds, as in the link of the confirmation message."""


def marked(before: Preferences | None, after: Preferences, categories: Categories, period: Period) -> Preferences:
    """The preferences after a change, with a mark on each opt-in that the user has to confirm.

    An opt-out removes the mark. An opt-in that was not confirmed in time is marked anew by the next change that keeps
    it.
    """
    known = None if before is None or is_unreadable(before) else before
    marks = unconfirmed_of(known)
    if not categories.confirmed and not marks:
        return after
    demanded = {one.name for one in categories.confirmed}
    places = ((one.name, channel) for one in categories.confirmed for channel in Channel)
    now = {
        place: _until(marks.get(place), period, may_ask=place[0] in demanded)
        for place in dict.fromkeys((*places, *marks))
        if is_opted_in(place, after, categories)
        and (place in marks or known is None or not is_opted_in(place, known, categories))
    }
    return _with_marks(after, now)


def confirmed(before: Preferences, is_meant: IsMeant, now: datetime) -> Preferences:
    """The preferences without the marks that the user confirms in time."""
    kept = {
        place: until for place, until in unconfirmed_of(before).items() if until <= now or not is_meant(*place, until)
    }
    return _with_marks(before, kept)


def requested(before: Preferences | None, after: Preferences) -> Unconfirmed:
    """The opt-ins that a change has marked: the user is asked to confirm them."""
    marks = unconfirmed_of(before)
    return {place: until for place, until in unconfirmed_of(after).items() if marks.get(place) != until}


def unconfirmed_of(preferences: Preferences | None) -> Unconfirmed:
    """All marks of these preferences."""
    return dict(_marks(preferences)) if preferences is not None and preferences.rules.unconfirmed else {}


def is_opted_in(place: Place, preferences: Preferences, categories: Categories) -> bool:
    """Whether the user wants messages of the place, confirmed or not."""
    name, channel = place
    if channel not in preferences.opted_in:
        return False
    default = categories.of(name).default.get(channel, Frequency.ASAP)
    return preferences.rules.frequencies.get(name, {}).get(channel, default) is not Frequency.NEVER


def _marks(preferences: Preferences) -> Iterator[tuple[Place, datetime]]:
    for category, by_channel in preferences.rules.unconfirmed.items():
        for channel, until in by_channel.items():
            yield (category, channel), until


def _until(mark: datetime | None, period: Period, *, may_ask: bool) -> datetime:
    return mark if mark is not None and (mark > period.now or not may_ask) else period.until


def _with_marks(preferences: Preferences, marks: Unconfirmed) -> Preferences:
    if marks == unconfirmed_of(preferences):
        return preferences
    by_category: dict[str, dict[Channel, datetime]] = {}
    for (category, channel), until in marks.items():
        by_category.setdefault(category, {})[channel] = until
    return preferences._replace(rules=preferences.rules._replace(unconfirmed=by_category))
