"""Every statement about the addresses of users and the users of addresses."""

from uuid import UUID

from sqlalchemy import ColumnElement, Select, TextClause, bindparam, select, text, union_all
from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.base.vocabulary import Channel, DeliveryState
from property_alert_notification.database import table_of
from property_alert_notification.deliveries.models import FULFILLED, IS_LEASED, OPEN, Delivery
from property_alert_notification.notifications.models import Notification

_notifications = table_of(Notification)
_deliveries = table_of(Delivery)

_MOST_REACHED = 1_000
"""Notifications of a user whose addresses are read, the newest."""


async def addresses_of(connection: AsyncConnection, user_id: int) -> set[tuple[Channel, str]]:
    """The addresses of a user's newest notifications, without tests."""
    its = select(_notifications.c.id).where(_notifications.c.user_id == user_id, _notifications.c.test.is_(False))
    newest = its.order_by(_notifications.c.id.desc()).limit(_MOST_REACHED)
    reached = select(_deliveries.c.channel, _deliveries.c.address).where(
        _deliveries.c.notification_id.in_(newest), _deliveries.c.address != ""
    )
    found = await connection.execute(reached.distinct())
    known = set(Channel)
    return {(Channel(channel), address) for channel, address in found if channel in known}


_NEWEST = 20_000
"""Deliveries of a kind among which the users of an address are looked for: there is no index on addresses."""


def _newest(*conditions: ColumnElement[bool] | TextClause) -> Select[UUID, str, str]:
    its = select(_deliveries.c.notification_id, _deliveries.c.channel, _deliveries.c.address).where(*conditions)
    return select(its.order_by(_deliveries.c.notification_id.desc()).limit(_NEWEST).subquery())


# Each part is read in the order of an index. People may answer before the result of the sending is stored.
_SENT_TO = union_all(
    *(
        _newest(text(FULFILLED), _deliveries.c.state == state)
        for state in (DeliveryState.SENT, DeliveryState.DELIVERED)
    ),
    *(_newest(text(condition)) for condition in (OPEN, IS_LEASED)),
).subquery()
_IS_THEIRS = (_SENT_TO.c.channel == bindparam("channel")) & (_SENT_TO.c.address == bindparam("address"))
_THEIRS = select(_SENT_TO.c.notification_id).where(_IS_THEIRS)
_USERS_AT = select(_notifications.c.user_id).where(_notifications.c.id.in_(_THEIRS), _notifications.c.test.is_(False))


async def users_at(connection: AsyncConnection, channel: Channel, address: str) -> list[int]:
    """The users to whom messages were sent at this address of late, or are about to be."""
    found = await connection.execute(_USERS_AT.distinct(), {"channel": channel, "address": address})
    return sorted(found.scalars())
