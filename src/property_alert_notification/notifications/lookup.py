"""Finds a notification by an id, a reference or the header of an email."""

import re
from dataclasses import replace
from uuid import UUID

from property_alert_notification.database import Connection
from property_alert_notification.deliveries import queries as deliveries
from property_alert_notification.notifications import lists, queries
from property_alert_notification.notifications.list_paths import Summary
from property_alert_notification.notifications.lists import NO_ID, Filters
from property_alert_notification.notifications.models import Notification
from property_alert_notification.notifications.schemas import NotificationQuery

_UUID = r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}"
_ID = re.compile(rf"\s*({_UUID})\s*\Z")
_MESSAGE_ID = re.compile(rf"\s*(?:Message-ID:\s*)?<?\s*({_UUID})(?:\.[a-z2-7]+)?@[^\s<>@]+>?\s*\Z", re.IGNORECASE)


def delivery_of(message_id: str) -> UUID | None:
    """The delivery that a Message-ID names, with or without brackets; None if the Message-ID is not of this service."""
    found = _MESSAGE_ID.match(message_id)
    return UUID(found[1]) if found else None


def filters_of(query: NotificationQuery) -> Filters:
    """The filters of a query."""
    filters = Filters(**query.model_dump(exclude={"limit", "cursor", "message_id"}))
    if query.message_id is None:
        return filters
    return replace(filters, message_id=delivery_of(query.message_id) or NO_ID)


async def find_notifications(connection: Connection, words: str, *, limit: int, repair: bool = False) -> list[Summary]:
    """Find notifications by a notification id, a delivery id, a Message-ID or a reference.

    Returns at most `limit`, newest first: many may have the same reference. With `repair`, damaged rows are shown with
    default values.
    """
    id_ = _ID.match(words)
    named = delivery_of(words) or (UUID(id_[1]) if id_ else None)
    found: list[Summary] = []
    if named is not None:
        if id_:
            found += (await lists.find(connection, Filters(id=named), before=None, limit=1, repair=repair)).items
        found += (await lists.find(connection, Filters(delivery_id=named), before=None, limit=1, repair=repair)).items
    page = await lists.find(connection, Filters(reference=words.strip()), before=None, limit=limit, repair=repair)
    found += [one for one in page.items if one not in found]
    return found[:limit]


async def deliveries_named(connection: Connection, words: str, *, limit: int) -> list[UUID]:
    """The deliveries of the notifications that `find_notifications` finds by these words."""
    found = await find_notifications(connection, words, limit=limit)
    if not found:
        return []
    return [delivery.id for delivery in await deliveries.of_notifications(connection, [one.id for one in found])]


async def origin_of(connection: Connection, delivery: UUID) -> Notification | None:
    """The notification of a delivery; None if it was deleted."""
    page = await lists.find(connection, Filters(delivery_id=delivery), before=None, limit=1)
    return await queries.get(connection, page.items[0].id) if page.items else None
