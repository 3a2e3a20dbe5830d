"""Counts the claimed messages of users who have caps, and settles those over a cap unsent."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID

from property_alert_notification.base.vocabulary import Channel, DeliveryState
from property_alert_notification.database import Script
from property_alert_notification.deliveries.records import Claim, Settlement
from property_alert_notification.deliveries.windows.keys import WindowKey
from property_alert_notification.notification_worker.settlement import collected, held, unsent
from property_alert_notification.notifications.scripts import Content
from property_alert_notification.people.caps.rules import Capped, OverCap, cap_of, is_digest
from property_alert_notification.people.caps.scripts import count
from property_alert_notification.people.categories.rules import Categories
from property_alert_notification.people.decide import zones_of
from property_alert_notification.people.decisions import Rule
from property_alert_notification.people.permission import NO_DIGESTS, refuses_digests
from property_alert_notification.people.person import UNKNOWN, Person
from property_alert_notification.people.scripts import UserOf


def over_cap(
    claims: Iterable[tuple[Claim, Content]],
    people: Mapping[UserOf, Person],
    categories: Categories,
    channel: Channel,
    now: datetime,
) -> Script[dict[UUID, Settlement]]:
    """Count messages that are about to be sent; returns the settlements of deliveries over the cap of their user.

    It runs no statement unless a cap applies to one of them. A message that may have been sent already keeps its count.
    """
    if not any(person.preferences and person.preferences.rules.caps for person in people.values()):
        return {}
    capped = {
        claim.delivery_id: (message, claim, content)
        for claim, content in claims
        if not claim.unknowns and (message := _capped(claim, content, people, categories, channel)) is not None
    }
    if not capped:
        return {}
    placed = yield from count(channel, [message for message, _, _ in capped.values()], now)
    return {
        delivery: _settlement(*capped[delivery], found, now)
        for delivery, found in placed.items()
        if isinstance(found, OverCap)
    }


def _capped(
    claim: Claim, content: Content, people: Mapping[UserOf, Person], categories: Categories, channel: Channel
) -> Capped | None:
    user = content.user_id, claim.test
    person, category = people.get(user, UNKNOWN), categories.of_message(content.category, content.carries)
    cap = cap_of(channel, category, person)
    if cap is None or person.preferences is None:
        return None
    zones = zones_of(person, claim.address)
    digest = person.preferences.rules.digest
    refuses = refuses_digests(channel, category, person.preferences)
    return Capped(claim.delivery_id, user, cap, zones, digest, is_digest(category), refuses)


def _settlement(message: Capped, claim: Claim, content: Content, over: OverCap, now: datetime) -> Settlement:
    """Hold a digest until a day below the cap; collect any other message for a digest, unless its user refuses it."""
    if message.is_digest:
        return held(claim, over.reason, by=Rule.CAP, until=over.until, now=now)
    if message.refuses_digests:
        return unsent(claim, DeliveryState.SUPPRESSED, NO_DIGESTS, now=now)
    window = WindowKey(content.user_id, claim.test, claim.channel, content.category, over.until)
    return collected(claim, over.reason, into=window, now=now)
