"""The step of the claim script that brings alerts, and digests of them, up to date right before they are sent.

Quiet hours may have held a digest for a night.
"""

from collections.abc import Collection, Mapping, Sequence
from itertools import groupby
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Text, func, select

from property_alert_notification.base.reasons import Reason, ReasonCode
from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.channels.definition import definition_of
from property_alert_notification.database import (
    BatchStatement,
    Script,
    Statement,
    as_rows,
    columns_of,
    table_of,
    true_of_many,
)
from property_alert_notification.deliveries.models import Delivery
from property_alert_notification.deliveries.windows.keys import held_by
from property_alert_notification.deliveries.windows.scripts import windows
from property_alert_notification.digests.layout import Part, compose
from property_alert_notification.digests.rules import Reworded
from property_alert_notification.homes.alerts.scripts import refreshed
from property_alert_notification.notifications.models import Notification
from property_alert_notification.notifications.scripts import Content
from property_alert_notification.people.categories.rules import LISTING_ALERT

_EXCERPT = 500
"""How many characters of a message a digest can show."""

_deliveries, _notifications = table_of(Delivery), table_of(Notification)
_WINDOWS = BatchStatement(
    columns_of(windows, "digest_id"),
    lambda wanted: select(windows.c.digest_id, windows.c.id).where(windows.c.digest_id.in_(select(wanted.c.digest_id))),
)
_ITEMS = BatchStatement(
    {"holder": Text()},
    lambda wanted: (
        select(
            _deliveries.c.held_by,
            _deliveries.c.notification_id,
            _notifications.c.title,
            func.substr(_notifications.c.message, 1, _EXCERPT),
        )
        .join(_notifications, _notifications.c.id == _deliveries.c.notification_id)
        .where(
            _deliveries.c.held_by.in_(select(wanted.c.holder)),
            true_of_many(_deliveries.c.reason_code == ReasonCode.IN_DIGEST),
        )
        .order_by(_deliveries.c.held_by, _deliveries.c.id)
    ),
)


class _Item(NamedTuple):
    """A delivery that a digest carries."""

    holder: str
    notification_id: UUID
    title: str
    message: str


def _digests_now(digests: Collection[UUID], channel: Channel) -> Script[Mapping[UUID, Reworded | Reason]]:
    """What these digests of alerts tell now, or why they must not be sent: none of their alerts holds any more."""
    holders = {held_by(id_): digest for digest, id_ in (yield Statement(_WINDOWS, as_rows(digests)))}
    if not holders:
        return {}
    items = [_Item(*row) for row in (yield Statement(_ITEMS, as_rows(holders)))]
    now = yield from refreshed(sorted({item.notification_id for item in items}), channel)
    groups = groupby(items, key=lambda item: item.holder)
    return {holders[holder]: _digest(list(some), now, channel) for holder, some in groups}


def _digest(items: Sequence[_Item], now: Mapping[UUID, Reworded | Reason], channel: Channel) -> Reworded | Reason:
    told = [now.get(item.notification_id, Reworded(item.title, item.message)) for item in items]
    parts = [Part(one.title, one.message[:_EXCERPT]) for one in told if isinstance(one, Reworded)]
    if not parts:
        return next(one for one in told if isinstance(one, Reason))
    return Reworded(*compose(LISTING_ALERT, parts, short=definition_of(channel).measure is not None))


def up_to_date(contents: dict[UUID, Content], channel: Channel) -> Script[dict[UUID, Content]]:
    """The contents of notifications; alerts and their digests as they are sent now, or with why they must not be."""
    alerts = [id_ for id_, content in contents.items() if content.category == LISTING_ALERT]
    digests = [id_ for id_, content in contents.items() if content.carries == LISTING_ALERT]
    told = dict((yield from refreshed(alerts, channel))) if alerts else {}
    if digests:
        told |= yield from _digests_now(digests, channel)
    for id_, now in told.items():
        if isinstance(now, Reason):
            contents[id_] = contents[id_]._replace(outdated=now)
        else:
            contents[id_] = contents[id_]._replace(title=now.title, message=now.message)
    return contents
