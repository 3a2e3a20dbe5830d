"""Decides whether a message may be sent to a person, and when. Pure. Accept and claim evaluate the same rules."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import NamedTuple

from property_alert_notification.base.reasons import Reason, ReasonCode
from property_alert_notification.base.times import later
from property_alert_notification.base.vocabulary import CategoryKind, Channel
from property_alert_notification.people.caps.rules import cap_of
from property_alert_notification.people.categories.rules import DIGEST, Category
from property_alert_notification.people.collect import DIGESTS, collect, collect_for
from property_alert_notification.people.decisions import Collect, Decision, Hold, Rule, Send, Suppress
from property_alert_notification.people.hours import current
from property_alert_notification.people.hours.hold import hold, where
from property_alert_notification.people.hours.hold import needs_profile as hold_needs_profile
from property_alert_notification.people.hours.moments import Zones
from property_alert_notification.people.permission import NO_DIGESTS, Permission, permit, refuses_digests
from property_alert_notification.people.person import Person
from property_alert_notification.people.preferences.rules import NO_RULES, DigestTimes, is_unreadable
from property_alert_notification.people.suppressions import rules as suppressions

RECHECK_AFTER = timedelta(hours=1)
"""How long a message waits if the preferences of its user are unreadable. New preferences end the wait."""

_UNREADABLE = Reason(ReasonCode.PREFERENCES_UNREADABLE)


class Message(NamedTuple):
    """The message to decide about: a delivery, or a hypothetical message."""

    channel: Channel
    category: Category
    address: str | None = None
    """The address of the message; None if it is unknown."""
    urgent: bool = False
    at_local_time: bool = False
    """The notification has a `send_at_local`."""
    digest_at: datetime | None = None
    """When the digest is made that it was submitted for, if its user wants no other one; None if it is for none."""


def decide(message: Message, person: Person, now: datetime) -> Decision:
    """Decide about a message that is due at `now`: send, hold, collect or suppress it."""
    if person.suppressions and (stop := suppressed(message, person, now)) is not None:
        return stop
    permission = permit(message.channel, message.category, person.preferences)
    if is_unreadable(person.preferences):
        return _while_unreadable(message, permission, now)
    if isinstance(permission, Suppress):
        return permission
    if _is_plain(message, person):
        return _at_once(message, permission)
    return _when(message, person, now, permission) or permission.send


def suppressed(message: Message, person: Person, now: datetime) -> Suppress | None:
    """Why the suppression list stops a message; None when it does not."""
    return suppressions.suppressed(person.suppressions, message.address, message.channel, message.category, now)


def _while_unreadable(message: Message, permission: Permission | Suppress, now: datetime) -> Decision:
    """What becomes of a message while the rules of its user cannot be read: they may forbid it, or ask for it."""
    if isinstance(permission, Suppress):
        if permission.rule is Rule.CHANNEL_SWITCH:
            return permission
    elif message.category.required and _goes_at_once(message):
        return Send(permission.send.reason, Rule.URGENT)
    return Hold(_UNREADABLE, Rule.USER_RULE, later(now, RECHECK_AFTER))


def needs_profile(message: Message, person: Person) -> bool:
    """Whether the decision depends on the person's profile."""
    if _is_plain(message, person) and not message.at_local_time:
        return False
    if message.at_local_time and person.preferences and person.preferences.rules.time_zone is None:
        return True
    if _goes_at_once(message):
        return False
    if cap_of(message.channel, message.category, person) is not None or _is_collected(message, person):
        return person.preferences is not None and person.preferences.rules.time_zone is None
    return hold_needs_profile(message.channel, message.category.kind, person, current.windows())


def _is_plain(message: Message, person: Person) -> bool:
    """Whether no rule can hold or collect the message. This is true of most messages, and needs no further query."""
    preferences, category = person.preferences, message.category
    return message.digest_at is None and (
        (preferences is None or preferences.rules is NO_RULES)
        and not category.default
        and not current.windows().limit(message.channel, category.kind)
    )


def _at_once(message: Message, permission: Permission) -> Send:
    return Send(permission.send.reason, Rule.URGENT) if _goes_at_once(message) else permission.send


def _goes_at_once(message: Message) -> bool:
    return message.urgent and message.category.kind is CategoryKind.TRANSACTIONAL


def _is_collected(message: Message, person: Person) -> bool:
    permission = permit(message.channel, message.category, person.preferences)
    return isinstance(permission, Permission) and _goes_into_a_digest(message, permission)


def _goes_into_a_digest(message: Message, permission: Permission) -> bool:
    """Whether the message is collected: by its frequency, or because it is for a digest. A digest never is."""
    is_collected = permission.frequency in DIGESTS or message.digest_at is not None
    return is_collected and message.category.name != DIGEST


def _why_no_digest(message: Message, person: Person, closes_at: datetime) -> Suppress | None:
    """Why the digest that is made then must not carry a message to a person; None if it may."""
    if refuses_digests(message.channel, message.category, person.preferences):
        return Suppress(NO_DIGESTS, Rule.FREQUENCY)
    if not person.suppressions:
        return None
    as_digest = message._replace(category=replace(message.category, name=DIGEST))
    stop = suppressed(as_digest, person, closes_at)
    return None if stop is None else Suppress(stop.reason, Rule.FREQUENCY)


def _when(message: Message, person: Person, now: datetime, permission: Permission) -> Decision | None:
    """Decide when a permitted message is sent; None if no rule delays it.

    Hours do not matter for a collected message: its digest is held if the digest is due at a forbidden hour.
    """
    if _goes_at_once(message):
        return Send(permission.send.reason, Rule.URGENT)
    default = current.default_time_zone()
    if _goes_into_a_digest(message, permission):
        collected = _collect(message, person, now, permission)
        return _why_no_digest(message, person, collected.closes_at) or collected
    return hold(message.channel, message.category.kind, message.address, person, now, current.windows(), default)


def _collect(message: Message, person: Person, now: datetime, permission: Permission) -> Collect:
    """The digest of a collected message. The frequency that its user wants counts before that of a saved search."""
    if permission.frequency in DIGESTS:
        return collect(permission.frequency, _digest_times(person), zones_of(person, message.address), now)
    assert message.digest_at is not None  # noqa: S101 - or it were not collected
    return collect_for(message.digest_at, now)


def _digest_times(person: Person) -> DigestTimes | None:
    return person.preferences.rules.digest if person.preferences else None


def zones_of(person: Person, address: str | None) -> Zones:
    """The zones that define a person's days and digest times; empty if the person's zone is unknown."""
    here = where(person, (address,), current.default_time_zone())
    return here.zones if here.is_known else ()
