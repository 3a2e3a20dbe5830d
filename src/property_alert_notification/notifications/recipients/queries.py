"""Every statement about the addresses of users and the users of addresses."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from collections.abc import Set as AbstractSet
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


_AT_ONCE = 100
"""Users whose notifications one statement reads: SQLite joins at most 500 selections."""

AddressesOfUsers = Mapping[int, AbstractSet[tuple[Channel, str]]]
"""The addresses of each user, with their channels."""


async def addresses_of(connection: AsyncConnection, user_id: int) -> AbstractSet[tuple[Channel, str]]:
    """The addresses of a user's newest notifications, without tests."""
    return (await addresses_of_users(connection, [user_id])).get(user_id, set())


async def addresses_of_users(connection: AsyncConnection, user_ids: Collection[int]) -> AddressesOfUsers:
    """The addresses of the newest notifications of these users, without tests; users without any are left out."""
    known, reached = set(Channel), defaultdict[int, set[tuple[Channel, str]]](set)
    users = sorted(set(user_ids))
    for start in range(0, len(users), _AT_ONCE):
        newest = union_all(*map(_newest_of, users[start : start + _AT_ONCE])).subquery()
        found = (
            select(newest.c.user_id, _deliveries.c.channel, _deliveries.c.address)
            .join(_deliveries, _deliveries.c.notification_id == newest.c.id)
            .where(_deliveries.c.address != "")
        )
        for user_id, channel, address in await connection.execute(found.distinct()):
            if channel in known:
                reached[user_id].add((Channel(channel), address))
    return reached


def _newest_of(user_id: int) -> Select[UUID, int]:
    its = select(_notifications.c.id, _notifications.c.user_id).where(
        _notifications.c.user_id == user_id, _notifications.c.test.is_(False)
    )
    return select(its.order_by(_notifications.c.id.desc()).limit(_MOST_REACHED).subquery())


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
