"""Applies the user's cap to a hypothetical message at a moment. Pure."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from property_alert_notification.base.vocabulary import Frequency
from property_alert_notification.people.caps.rules import (
    Capped,
    OverCap,
    Use,
    cap_of,
    days_of_week,
    is_digest,
    place,
)
from property_alert_notification.people.decide import Message, decide, zones_of
from property_alert_notification.people.decisions import Collect, Decision, Hold, Rule, Send, Suppress
from property_alert_notification.people.digest_times import local_day
from property_alert_notification.people.permission import NO_DIGESTS, refuses_digests
from property_alert_notification.people.person import Person

_NOT_STORED = UUID(int=0)
"""The id of the hypothetical message."""


def decide_with_cap(message: Message, person: Person, at: datetime, uses: Sequence[Use]) -> Decision:
    """Decide about a message to a person, whose messages in `uses` count towards the cap."""
    decision = decide(message, person, at)
    return (_over_cap(message, person, at, uses) or decision) if isinstance(decision, Send) else decision


def _over_cap(message: Message, person: Person, at: datetime, uses: Sequence[Use]) -> Collect | Hold | Suppress | None:
    cap = cap_of(message.channel, message.category, person)
    if cap is None or person.preferences is None:
        return None
    zones, digest = zones_of(person, message.address), person.preferences.rules.digest
    wanted = Capped(_NOT_STORED, (0, False), cap, zones, digest, is_digest(message.category))
    found = place([wanted], uses, at)[_NOT_STORED]
    if not isinstance(found, OverCap):
        return None
    if wanted.is_digest:
        return Hold(found.reason, Rule.CAP, found.until)
    if refuses_digests(message.channel, message.category, person.preferences):
        return Suppress(NO_DIGESTS, Rule.CAP)
    return Collect(found.reason, Rule.CAP, Frequency.DAILY, found.until)


def cap_in_words(message: Message, person: Person, at: datetime, uses: Sequence[Use]) -> str:
    """The used part of the cap: `2 of 5 a day, 9 of 20 a week`."""
    cap = cap_of(message.channel, message.category, person)
    if cap is None:
        return "none"
    today = local_day(zones_of(person, message.address), at)
    week = days_of_week(today)
    counts = (
        ("day", cap.day, sum(use.day == today for use in uses)),
        ("week", cap.week, sum(use.day in week for use in uses)),
    )
    return ", ".join(f"{count} of {most} a {period}" for period, most, count in counts if most is not None)
