"""What becomes of a notification that waits for addresses, by what is known of its user. Pure."""

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
"""How long a notification waits after the User service failed on its user: half of its age, within these."""

PARKED_FOR = timedelta(minutes=10)
"""How long it waits at most while the User service is not asked. When that is well again it is brought back earlier."""

IN_FRONT = timedelta(seconds=1)
"""How long it may stand in front of others when there is no room for its question; then it is parked."""


class Availability(Enum):
    """Whether the User service may be asked about a user."""

    ROOM = auto()
    """It may be asked now."""
    ASKED = auto()
    """A question about the user is under way."""
    FULL = auto()
    """It is asked about as many users as it bears."""
    FAILED = auto()
    """It was asked about the user, and has just failed."""
    AWAY = auto()
    """It is left alone, because it failed time and again; or there is none."""


@dataclass(frozen=True, slots=True)
class Ages:
    """How old what is known of a user may be."""

    ttl: timedelta
    """When nothing speaks against asking again."""
    stale_for: timedelta
    """When the User service does not answer."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Its deliveries are created now."""

    reach: Reach


@dataclass(frozen=True, slots=True)
class Ask:
    """The User service is asked about its user; until then it is looked at no more."""


@dataclass(frozen=True, slots=True)
class Leave:
    """It stays as it is."""


@dataclass(frozen=True, slots=True)
class Wait:
    """It is looked at again at this time; `parked` ones earlier, when the User service is well again."""

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
    """What becomes of a notification whose addresses are to be looked up now.

    Args:
        notification: as it is stored.
        entry: what the directory holds of its user.
        availability: whether the User service may be asked.
        ages: how old the entry may be.
        deadline: when it is of no use any more.
        now: this moment.
        jitter: in [0, 1), so that those that failed together do not come back together.
    """
    if entry is not None and entry.is_fresh(ages.ttl, now):
        return Plan(reach(notification, entry.profile))
    if now >= deadline:
        return Plan(_too_late(notification, now))
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
    """It ends on every channel: the claim expires what has an address."""
    given = read_addresses(notification.addresses)
    expired = notification.expires_at is not None and notification.expires_at <= now
    reason = Reason(ReasonCode.EXPIRED if expired else ReasonCode.TOO_OLD)
    return Reach(given, {channel: reason for channel in notification.looked_up if channel not in given})


def wanted_at(notification: Notification) -> datetime:
    """When its user should have it at the earliest."""
    known = (time_of(notification.id), notification.send_at, notification.moved_at)
    return max(moment for moment in known if moment is not None)


def deadline_of(notification: Notification, ttl: timedelta) -> datetime:
    """When it is of no use any more; `ttl` is how long after it was wanted it may be sent."""
    end = later(wanted_at(notification), ttl)
    return end if notification.expires_at is None else min(end, notification.expires_at)


def users_of(notifications: Collection[Notification]) -> set[int]:
    """The users of these notifications."""
    return {notification.user_id for notification in notifications}
