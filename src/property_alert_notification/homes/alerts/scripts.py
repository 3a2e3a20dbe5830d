"""The step of the claim script that brings alerts up to date right before they are sent: one query for a batch."""

import json
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import FromClause, Text, bindparam, literal, or_, select

from property_alert_notification.base.damaged import UNREADABLE
from property_alert_notification.base.logs import origin
from property_alert_notification.base.reasons import Reason
from property_alert_notification.base.vocabulary import Channel, DeliveryState
from property_alert_notification.database import BatchStatement, Script, Statement, as_rows, columns_of, table_of
from property_alert_notification.deliveries.models import Delivery
from property_alert_notification.deliveries.states import COLLECTED, WAITING
from property_alert_notification.digests.rules import Reworded
from property_alert_notification.homes.alerts.details import AlertDetails
from property_alert_notification.homes.alerts.freshness import offered, still_holds
from property_alert_notification.homes.alerts.models import Alert
from property_alert_notification.homes.alerts.wording import write
from property_alert_notification.homes.listings.models import Listing, ListingVersion
from property_alert_notification.notifications.models import Notification
from property_alert_notification.notifications.scripts import Content
from property_alert_notification.people.categories.rules import LISTING_ALERT

log = structlog.get_logger()

_OUT = (DeliveryState.SENDING, DeliveryState.UNKNOWN, DeliveryState.SENT, DeliveryState.DELIVERED)
"""The states of a delivery that goes out, or may have."""

_OPEN = (*WAITING, *COLLECTED)
"""The states of a delivery that will go out unless something changes."""

_alerts, _deliveries, _notifications = table_of(Alert), table_of(Delivery), table_of(Notification)
_listings, _versions = table_of(Listing), table_of(ListingVersion)
_own = _listings.alias("own")
_newer = _alerts.alias("newer")
_is_newer = (
    (_newer.c.property_id == _alerts.c.property_id)
    & (_newer.c.person == _alerts.c.person)
    & (_newer.c.sequence > _alerts.c.sequence)
)


_its_channel = (_deliveries.c.notification_id == _newer.c.notification_id) & (
    _deliveries.c.channel == bindparam("channel", type_=_deliveries.c.channel.type)
)
_looks_up = (
    (_notifications.c.id == _newer.c.notification_id)
    & _notifications.c.look_up_at.is_not(None)
    & (literal(" ") + _notifications.c.look_up + " ").like(bindparam("channel_word", type_=Text()))
)
"""The channels of these are not known yet."""


def _now_of(wanted: FromClause) -> Any:
    newer = select(_newer.c.sequence).where(_is_newer)
    is_out = _its_channel & _deliveries.c.state.in_(_OUT)
    goes_out = _its_channel & _deliveries.c.state.in_((*_OPEN, *_OUT))
    return (
        select(
            _alerts.c.notification_id,
            _alerts.c.details,
            _listings.c.id == _own.c.id,
            _versions.c.record,
            or_(newer.join(_deliveries, goes_out).exists(), newer.join(_notifications, _looks_up).exists()),
            newer.join(_deliveries, is_out).exists(),
        )
        .join(wanted, wanted.c.notification_id == _alerts.c.notification_id)
        .outerjoin(_own, _own.c.id == _alerts.c.listing_id)
        # Another agent may still offer the home.
        .outerjoin(_listings, _listings.c.property_id == _own.c.property_id)
        .outerjoin(
            _versions,
            (_versions.c.listing_id == _listings.c.id) & (_versions.c.modified_at == _listings.c.modified_at),
        )
    )


_NOW = BatchStatement(columns_of(_alerts, "notification_id"), _now_of)


def refreshed(notifications: Sequence[UUID], channel: Channel) -> Script[Mapping[UUID, Reworded | Reason]]:
    """What those of these notifications tell now that are alerts, or why they must not be sent on this channel."""
    found: dict[UUID, Reworded | Reason] = {}
    its = {"channel": channel, "channel_word": f"% {channel} %"}
    rows = sorted((yield Statement(_NOW, as_rows(notifications), its)), key=lambda row: row[0])
    for id_, some in groupby(rows, key=lambda row: row[0]):
        try:
            found[id_] = _refresh(list(some))
        except UNREADABLE as error:
            _leave_as_it_is(id_, error)
    return found


def _refresh(rows: Sequence[Sequence[Any]]) -> Reworded | Reason:
    """What an alert tells now; a row for each listing of its home."""
    _, stored, _, _, has_newer, is_overtaken = rows[0]
    # Its own listing comes first.
    records = [json.loads(row[3]) for row in sorted(rows, key=lambda row: not row[2]) if row[3] is not None]
    held = still_holds(AlertDetails.read(stored), offered(records), has_newer=has_newer, is_overtaken=is_overtaken)
    return held if isinstance(held, Reason) else Reworded(*write(held))


def _leave_as_it_is(notification: UUID, error: Exception) -> None:
    """An alert whose row is damaged is sent as it was written."""
    log.error("alert.unreadable", notification_id=str(notification), **origin(error))


def up_to_date(contents: dict[UUID, Content], channel: Channel) -> Script[dict[UUID, Content]]:
    """The contents of notifications; those that are alerts as they are sent now, or with why they must not be."""
    alerts = [id_ for id_, content in contents.items() if content.category == LISTING_ALERT]
    if not alerts:
        return contents
    for id_, now in (yield from refreshed(alerts, channel)).items():
        if isinstance(now, Reason):
            contents[id_] = contents[id_]._replace(outdated=now)
        else:
            contents[id_] = contents[id_]._replace(title=now.title, message=now.message)
    return contents
