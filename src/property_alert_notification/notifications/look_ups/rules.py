"""Decides the next step for a notification that waits for addresses: plan it, request the profile, or wait. Pure."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto

from property_alert_notification.base.clock import time_of
from property_alert_notification.base.reasons import Reason, ReasonCode
from property_alert_notification.base.times import later
from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.channels.definition import definition_of
from property_alert_notification.notifications.models import Notification
from property_alert_notification.notifications.release import Reach
from property_alert_notification.notifications.stored_addresses import read_addresses
from property_alert_notification.people.directory.profile import Entry, Profile

FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=2), timedelta(seconds=20)
"""The shortest and longest wait after the User service failed on a user. The wait is half of the notification's age."""

PARKED_FOR = timedelta(minutes=10)
"""The longest wait while the breaker is open. When the User service recovers, parked notifications become due
earlier."""

IN_FRONT = timedelta(seconds=1)
"""How long a notification retries if the request limit is reached. After that it is parked."""


class Availability(Enum):
    """Whether a request about a user may be sent to the User service."""

    ROOM = auto()
    """A request may be sent now."""
    ASKED = auto()
    """A request about the user is open."""
    FULL = auto()
    """The limit of open requests is reached."""
    FAILED = auto()
    """A request about the user has just failed."""
    AWAY = auto()
    """Its breaker is open, or no User service is set."""


@dataclass(frozen=True, slots=True)
class Ages:
    """The maximum ages of a profile."""

    ttl: timedelta
    """If the User service can be requested."""
    stale_for: timedelta
    """If the User service does not answer."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Create its deliveries now."""

    reach: Reach


@dataclass(frozen=True, slots=True)
class Ask:
    """Request the profile of its user, and wait for the answer."""


@dataclass(frozen=True, slots=True)
class Leave:
    """Leave it as it is."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Recheck it at this time. A `parked` one is rechecked earlier if the User service recovers."""

    until: datetime
    parked: bool = False


Step = Plan | Ask | Leave | Wait


def next_step(
    notification: Notification,
    entry: Entry | None,
    availability: Availability,
    ages: Ages,
    deadline: datetime,
    *,
    now: datetime,
    jitter: float,
) -> Step:
    """Decide the next step for a notification whose lookup is due.

    Args:
        notification: the stored notification.
        entry: the directory's entry of its user.
        availability: whether a request may be sent.
        ages: how old the entry may be.
        deadline: when the notification expires.
        now: the current time.
        jitter: in [0, 1), spreads notifications that failed together.
    """
    if now >= deadline:  # first, or the outcome would depend on whose answer another notification has waited for
        return Plan(_too_late(notification, now))
    if entry is not None and entry.is_fresh(ages.ttl, now):
        return Plan(reach(notification, entry.profile))
    if availability in (Availability.ROOM, Availability.ASKED):
        return Ask()
    if availability is Availability.FULL and now - (notification.look_up_at or now) < IN_FRONT:
        return Leave()
    if entry is not None and entry.profile is not None and entry.is_younger(ages.stale_for, now):
        return Plan(reach(notification, entry.profile))
    if availability is Availability.FAILED:
        wait = min(max((now - wanted_at(notification)) / 2, FIRST_WAIT), LONGEST_WAIT)
        return Wait(min(now + wait / 2 + wait / 2 * jitter, deadline))
    return Wait(min(now + PARKED_FOR, deadline), parked=True)


def reach(notification: Notification, profile: Profile | None) -> Reach:
    """Where the user is reached: as the caller said, and for the rest as the profile says; None is a user unknown."""
    given = read_addresses(notification.addresses)
    missing = [channel for channel in notification.looked_up if channel not in given]
    if profile is None:
        return Reach(given, dict.fromkeys(missing, Reason(ReasonCode.NO_SUCH_USER)))
    known = {channel: _address(profile, channel) for channel in missing}
    return Reach(
        given | {channel: address for channel, address in known.items() if address is not None},
        {channel: Reason(ReasonCode.NO_ADDRESS) for channel, address in known.items() if address is None},
        profile,
    )


def _address(profile: Profile, channel: Channel) -> str | None:
    field = definition_of(channel).profile_field
    return None if field is None else getattr(profile, field)


def _too_late(notification: Notification, now: datetime) -> Reach:
    """End it on every channel: the claim expires the deliveries that have an address."""
    given = read_addresses(notification.addresses)
    expired = notification.expires_at is not None and notification.expires_at <= now
    reason = Reason(ReasonCode.EXPIRED if expired else ReasonCode.TOO_OLD)
    return Reach(given, {channel: reason for channel in notification.looked_up if channel not in given})


def wanted_at(notification: Notification) -> datetime:
    """The time from which the age of a notification counts."""
    known = (time_of(notification.id), notification.send_at, notification.moved_at)
    return max(moment for moment in known if moment is not None)


def deadline_of(notification: Notification, ttl: timedelta) -> datetime:
    """When a notification expires; `ttl` counts from `wanted_at`."""
    end = later(wanted_at(notification), ttl)
    return end if notification.expires_at is None else min(end, notification.expires_at)


def users_of(notifications: Collection[Notification]) -> set[int]:
    """The users of these notifications."""
    return {notification.user_id for notification in notifications}
