"""The step of the claim script that brings alerts, and digests of them, up to date right before they are sent.

Quiet hours may have held a digest for a night.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Text, bindparam, func, or_, select, update

from property_alert_notification.base.reasons import Reason, ReasonCode
from property_alert_notification.base.vocabulary import Channel, DeliveryState
from property_alert_notification.channels.definition import definition_of
from property_alert_notification.database import (
    BatchStatement,
    Script,
    Statement,
    as_rows,
    columns_of,
    table_of,
    time_type,
    true_of_many,
)
from property_alert_notification.deliveries.models import Delivery
from property_alert_notification.deliveries.states import COLLECTED, Event, after
from property_alert_notification.deliveries.windows.keys import held_by
from property_alert_notification.deliveries.windows.scripts import windows
from property_alert_notification.digests.layout import Part, compose
from property_alert_notification.digests.rules import Reworded
from property_alert_notification.homes.alerts.before_sending.refresh.scripts import NamedHome, record_named, refresh
from property_alert_notification.notifications import scripts as notification_scripts
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
            _deliveries.c.id,
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


_END = BatchStatement(
    columns_of(_deliveries, "id", "reason_code", "reason_parameters"),
    lambda ended: (
        update(_deliveries)
        .where(_deliveries.c.id == ended.c.id, or_(*[_deliveries.c.state == state for state in COLLECTED]))
        .values(
            state=after(DeliveryState.COLLECTED, Event.UNWANTED).value,
            reason_code=ended.c.reason_code,
            reason_parameters=ended.c.reason_parameters,
            held_by=None,
            changed_at=bindparam("now", type_=time_type()),
        )
    ),
)


class _Item(NamedTuple):
    """A delivery that a digest carries."""

    holder: str
    delivery_id: UUID
    notification_id: UUID
    title: str
    message: str


class LeftOut(NamedTuple):
    """What messages leave out that they told before, or were to tell."""

    items: Mapping[UUID, Mapping[UUID, Reason]]
    """For each digest, by its notification, the deliveries of its items that do not hold any more."""
    named: Sequence[NamedHome]
    """The homes that first alerts name no longer, or name now."""

    @property
    def is_any(self) -> bool:
        """Whether there is anything to record."""
        return bool(self.named) or any(self.items.values())


class _DigestItems(NamedTuple):
    """The items of a digest."""

    id: UUID
    """Of its notification."""
    items: Sequence[_Item]


def _digests_of(digests: Collection[UUID]) -> Script[list[_DigestItems]]:
    """The items of these digests."""
    holders = {held_by(id_): digest for digest, id_ in (yield Statement(_WINDOWS, as_rows(digests)))}
    if not holders:
        return []
    items = [_Item(*row) for row in (yield Statement(_ITEMS, as_rows(holders)))]
    groups = groupby(items, key=lambda item: item.holder)
    return [_DigestItems(holders[holder], list(some)) for holder, some in groups]


def _digest(items: Sequence[_Item], now: Mapping[UUID, Reworded | Reason], channel: Channel) -> Reworded | Reason:
    """What a digest tells now, or why it must not be sent: none of its alerts holds any more."""
    told = [now.get(item.notification_id, Reworded(item.title, item.message)) for item in items]
    parts = [Part(one.title, one.message[:_EXCERPT], one.lines) for one in told if isinstance(one, Reworded)]
    if not parts:
        return next(one for one in told if isinstance(one, Reason))
    language = next((one.language for one in told if isinstance(one, Reworded) and one.language), None)
    short = definition_of(channel).measure is not None
    return Reworded(*compose(LISTING_ALERT, parts, short=short, language=language))


def up_to_date(
    contents: Mapping[UUID, Content], channel: Channel, now: datetime
) -> Script[tuple[dict[UUID, Content], LeftOut]]:
    """The contents of notifications; alerts and their digests as they are sent now, or with why they must not be."""
    alerts = [id_ for id_, content in contents.items() if content.category == LISTING_ALERT]
    digests = [id_ for id_, content in contents.items() if content.carries == LISTING_ALERT]
    carried = (yield from _digests_of(digests)) if digests else []
    wanted = {*alerts, *(item.notification_id for one in carried for item in one.items)}
    if not wanted:
        return dict(contents), LeftOut({}, ())
    current, named = yield from refresh(sorted(wanted), channel, now, frozenset(alerts))
    told = {id_: current[id_] for id_ in alerts if id_ in current} | {
        one.id: _digest(one.items, current, channel) for one in carried
    }
    left_out = {one.id: _left_out(one.items, current) for one in carried}
    return dict(contents) | {id_: _as_of_now(contents[id_], its) for id_, its in told.items()}, LeftOut(left_out, named)


def _as_of_now(content: Content, now: Reworded | Reason) -> Content:
    if isinstance(now, Reason):
        return content._replace(outdated=now)
    return content._replace(title=now.title, message=now.message)


def _left_out(items: Sequence[_Item], now: Mapping[UUID, Reworded | Reason]) -> dict[UUID, Reason]:
    found = ((item.delivery_id, now.get(item.notification_id)) for item in items)
    return {id_: reason for id_, reason in found if isinstance(reason, Reason)}


def record_left_out(left_out: LeftOut, settled: Collection[UUID], *, now: datetime) -> Script[None]:
    """Record what these messages leave out, which are sent now, or never: an item of a digest ends with its reason."""
    if ended := {id_: reason for digest in settled for id_, reason in left_out.items.get(digest, {}).items()}:
        yield Statement(_END, [(id_, ended[id_].code.value, ended[id_].stored) for id_ in sorted(ended)], {"now": now})
        yield from notification_scripts.conclude(sorted(ended), at=now)
    if left_out.named:
        yield record_named(left_out.named)
