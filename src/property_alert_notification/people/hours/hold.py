"""Decides whether legal windows or quiet hours hold a message, in every zone in which the person may be. Pure."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import lru_cache

from property_alert_notification.base import times
from property_alert_notification.base.reasons import Reason, ReasonCode
from property_alert_notification.base.vocabulary import CategoryKind, Channel
from property_alert_notification.people.decisions import Hold, Rule
from property_alert_notification.people.hours.legal import LegalWindows
from property_alert_notification.people.hours.moments import Law, first_allowed
from property_alert_notification.people.hours.whereabouts import Whereabouts, whereabouts
from property_alert_notification.people.person import Person
from property_alert_notification.people.preferences.rules import QuietHours

RECHECK_AFTER = timedelta(days=1)
"""How long a message waits if no moment is allowed. Then the worker evaluates the rules again."""


def where(person: Person, addresses: Iterable[str | None], default_time_zone: str | None) -> Whereabouts:
    """The zones and places in which a person with these addresses may be."""
    preferences, profile = person.preferences, person.profile
    named = preferences.rules.time_zone if preferences else None
    return whereabouts(
        time_zone=named or (profile.time_zone if profile else None),
        country=profile.country if profile else None,
        phone_numbers=(*addresses, profile.phone_number if profile else None),
        default_time_zone=default_time_zone,
    )


def hold(
    channel: Channel,
    kind: CategoryKind,
    address: str | None,
    person: Person,
    now: datetime,
    windows: LegalWindows,
    default_time_zone: str | None = None,
) -> Hold | None:
    """The hold of a message, with its end and its reason; None if the message may be sent now."""
    quiet_hours = person.preferences.rules.quiet_hours if person.preferences else ()
    if not quiet_hours and not windows.limit(channel, kind):
        return None
    here = where(person, [address], default_time_zone)
    if quiet_hours:
        return _hold(windows, channel, kind, here, quiet_hours, now)
    return _hold_by_law(windows, channel, kind, here, now)


@lru_cache(maxsize=4096)
def _hold_by_law(
    windows: LegalWindows, channel: Channel, kind: CategoryKind, here: Whereabouts, now: datetime
) -> Hold | None:
    """The cached result for all messages of a batch whose users may be at the same places."""
    return _hold(windows, channel, kind, here, (), now)


def _hold(
    windows: LegalWindows,
    channel: Channel,
    kind: CategoryKind,
    here: Whereabouts,
    quiet_hours: tuple[QuietHours, ...],
    now: datetime,
) -> Hold | None:
    law = _law(windows, channel, kind, here.places)
    until = first_allowed(now, law, quiet_hours, here.zones)
    if until == now:
        return None
    lawful = first_allowed(now, law, (), here.zones) == now
    rule = Rule.QUIET_HOURS if lawful else Rule.LEGAL_WINDOW
    if until is None:
        until = times.later(now, RECHECK_AFTER)
        return Hold(_reason(ReasonCode.NO_ALLOWED_MOMENT, until, here), rule, until)
    code = ReasonCode.QUIET_HOURS if lawful else ReasonCode.LEGAL_WINDOW
    return Hold(_reason(code, until, here), rule, until)


def needs_profile(channel: Channel, kind: CategoryKind, person: Person, windows: LegalWindows) -> bool:
    """Whether the hold of a message depends on the person's profile."""
    rules = person.preferences.rules if person.preferences else None
    return windows.limit(channel, kind) or bool(rules and rules.quiet_hours and rules.time_zone is None)


@lru_cache(maxsize=8192)
def _law(windows: LegalWindows, channel: Channel, kind: CategoryKind, places: tuple[str, ...]) -> Law:
    """The hours that the laws of these places allow. Cached, because `allowed_in` caches by the identity of a Law."""
    return Law(windows.of(channel, kind, places))


def _reason(code: ReasonCode, until: datetime, here: Whereabouts) -> Reason:
    local = until.astimezone(here.zones[0]).isoformat() if len(here.zones) == 1 else times.in_words(until)
    parameters = {"until": local, "zone": _in_words([zone.key for zone in here.zones])}
    if code is not ReasonCode.QUIET_HOURS:
        parameters["place"] = _in_words(here.places) or "any place"
    return Reason(code, parameters)


_LISTED = 3
"""How many names a sentence lists."""


def _in_words(names: Iterable[str]) -> str:
    listed = list(names)
    return ", ".join(listed) if len(listed) <= _LISTED else f"any of {len(listed)}"
