"""Reads what alerts tell now, right before they are sent: one query for a batch."""

import json
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import FromClause, Text, bindparam, literal, or_, select

from property_alert_notification.base.damaged import readable
from property_alert_notification.base.reasons import Reason
from property_alert_notification.base.vocabulary import Approval, Channel, DeliveryState
from property_alert_notification.database import BatchStatement, Script, Statement, as_rows, columns_of, table_of
from property_alert_notification.deliveries.models import Delivery
from property_alert_notification.deliveries.states import COLLECTED, WAITING
from property_alert_notification.digests.rules import Reworded
from property_alert_notification.homes.alerts.details import AlertDetails
from property_alert_notification.homes.alerts.freshness import offered, still_holds, still_matches
from property_alert_notification.homes.alerts.models import Alert
from property_alert_notification.homes.alerts.queries import EXPRESSIONS
from property_alert_notification.homes.alerts.wording import write
from property_alert_notification.homes.criteria.expression import Expression, from_json
from property_alert_notification.homes.listings.models import Listing, ListingChange, ListingVersion
from property_alert_notification.notifications.models import Notification

_OUT = (DeliveryState.SENDING, DeliveryState.UNKNOWN, DeliveryState.SENT, DeliveryState.DELIVERED)
"""The states of a delivery that goes out, or may have."""

_OPEN = (*WAITING, *COLLECTED)
"""The states of a delivery that will go out unless something changes."""

_alerts, _deliveries, _notifications = table_of(Alert), table_of(Delivery), table_of(Notification)
_listings, _versions = table_of(Listing), table_of(ListingVersion)
_told_changes = table_of(ListingChange)
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
    # One that is to be approved may never be sent.
    & _notifications.c.approval.is_distinct_from(Approval.WAITING)
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
            (_listings.c.id == _own.c.id) & (_listings.c.modified_at == _told_changes.c.modified_at),
            _versions.c.record,
            or_(newer.join(_deliveries, goes_out).exists(), newer.join(_notifications, _looks_up).exists()),
            newer.join(_deliveries, is_out).exists(),
        )
        .join(wanted, wanted.c.notification_id == _alerts.c.notification_id)
        .outerjoin(_own, _own.c.id == _alerts.c.listing_id)
        .outerjoin(
            _told_changes,
            (_told_changes.c.sequence == _alerts.c.sequence) & (_told_changes.c.listing_id == _alerts.c.listing_id),
        )
        # Another agent may still offer the home.
        .outerjoin(_listings, _listings.c.property_id == _own.c.property_id)
        .outerjoin(
            _versions,
            (_versions.c.listing_id == _listings.c.id) & (_versions.c.modified_at == _listings.c.modified_at),
        )
    )


_UNREADABLE = "alert.unreadable"
"""Logged for an alert whose row is damaged; it is sent as it was written."""

_NOW = BatchStatement(columns_of(_alerts, "notification_id"), _now_of)


class _Known(NamedTuple):
    """An alert, and what the store knows of its home now."""

    id: UUID
    details: AlertDetails
    listings: Sequence[Mapping[str, Any]]
    """Of the home; that of the alert comes first."""
    is_unchanged: bool
    """Whether the listing of the alert is as it was when it matched."""
    has_newer: bool
    is_overtaken: bool


def refreshed(notifications: Sequence[UUID], channel: Channel) -> Script[Mapping[UUID, Reworded | Reason]]:
    """What those of these notifications tell now that are alerts, or why they must not be sent on this channel.

    A home that changed since is compared with the searches again, as they are now.
    """
    its = {"channel": channel, "channel_word": f"% {channel} %"}
    rows = sorted((yield Statement(_NOW, as_rows(notifications), its)), key=lambda row: row[0])
    groups = [list(some) for _, some in groupby(rows, key=lambda row: row[0])]
    known = list(readable(groups, _known, _UNREADABLE, lambda rows: rows[0][0]))
    changed = [search for one in known if not one.is_unchanged for search in one.details.searches]
    wanted = {search.number for search in changed if search.number is not None}
    stored = (yield Statement(EXPRESSIONS, as_rows(sorted(wanted)))) if wanted else ()
    expressions = dict(readable(stored, _read_expression, "search.unreadable", lambda row: row[0]))
    return dict(readable(known, lambda one: (one.id, _refresh(one, expressions)), _UNREADABLE, lambda one: one.id))


def _known(rows: Sequence[Sequence[Any]]) -> _Known:
    """An alert with its home; a row for each listing."""
    id_, stored, _, _, _, has_newer, is_overtaken = rows[0]
    own_first = [row for row in sorted(rows, key=lambda row: not row[2]) if row[4] is not None]
    is_unchanged = bool(own_first and own_first[0][3])
    return _Known(
        id_, AlertDetails.read(stored), [json.loads(row[4]) for row in own_first], is_unchanged, has_newer, is_overtaken
    )


def _read_expression(row: Sequence[Any]) -> tuple[int, Expression]:
    return row[0], from_json(row[1])


def _refresh(one: _Known, expressions: Mapping[int, Expression]) -> Reworded | Reason:
    """What an alert tells now."""
    if one.is_unchanged:
        details, now = one.details, offered(one.listings[:1])
    else:
        details, now = still_matches(one.details, one.listings, expressions)
    held = still_holds(details, now, has_newer=one.has_newer, is_overtaken=one.is_overtaken)
    return held if isinstance(held, Reason) else Reworded(*write(held))
