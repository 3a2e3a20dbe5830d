"""Every statement of the scripts that process digest windows, each on a batch."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from types import NoneType
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Integer, Text, bindparam, func, or_, select, text, update

from property_alert_notification.base.errors import UnreadableRow
from property_alert_notification.base.reasons import Reason, ReasonCode
from property_alert_notification.base.vocabulary import Channel, DeliveryState
from property_alert_notification.database import (
    BatchStatement,
    Script,
    Statement,
    as_rows,
    columns_of,
    of_kinds,
    table_of,
    time_type,
    true_of_many,
)
from property_alert_notification.deliveries.models import Delivery
from property_alert_notification.deliveries.states import COLLECTED
from property_alert_notification.deliveries.windows.keys import held_by
from property_alert_notification.deliveries.windows.models import IS_DUE
from property_alert_notification.deliveries.windows.scripts import IDS, windows
from property_alert_notification.digests.rules import Item, Leaving, Window
from property_alert_notification.notifications.models import Notification

_deliveries = table_of(Delivery)
_notifications = table_of(Notification)
_now = bindparam("now", type_=time_type())
_limit = bindparam("limit", type_=Integer)
_is_due = (text(IS_DUE), windows.c.due_at <= _now)
_WINDOW = [windows.c[name] for name in Window._fields]

_TAKE_DUE = BatchStatement(
    {},
    lambda _: (
        select(*_WINDOW).where(*_is_due).order_by(windows.c.due_at).limit(_limit).with_for_update(skip_locked=True)
    ),
)
_TAKE_THESE = BatchStatement(
    IDS,
    lambda wanted: (
        select(*_WINDOW)
        .where(windows.c.id.in_(select(wanted.c.id)), true_of_many(*_is_due))
        .with_for_update(skip_locked=True)
    ),
)


def take_due(*, now: datetime, limit: int, only: Collection[UUID] | None = None) -> Script[list[Window]]:
    """Lock up to `limit` windows that are due, or those of `only` that are; skips locked rows."""
    due = Statement(_TAKE_DUE, (), {"now": now, "limit": limit})
    these = Statement(_TAKE_THESE, as_rows(only or ()), {"now": now})
    return [_window(row) for row in (yield due if only is None else these)]


_TAKE_UNFINISHED = BatchStatement(
    columns_of(windows, "digest_id"),
    lambda wanted: (
        select(*_WINDOW)
        .where(windows.c.digest_id.in_(select(wanted.c.digest_id)), true_of_many(text(IS_DUE)))
        .with_for_update(skip_locked=True)
    ),
)


def take_unfinished(digests: Collection[UUID]) -> Script[list[Window]]:
    """Lock the windows of these digests whose items have not ended yet."""
    return [_window(row) for row in (yield Statement(_TAKE_UNFINISHED, as_rows(digests)))]


def _window(row: Sequence[Any]) -> Window:
    window = Window(*row)
    # Of a window that was closed only its digest and its items are of interest.
    return window if window.closed_at is not None else checked(window)


def checked(window: Window) -> Window:
    """The window, when it can be decided about what it has collected.

    Raises:
        UnreadableRow: a column holds an impossible value.
    """
    if window.channel not in _CHANNELS:
        raise UnreadableRow("its channel is none that there is")
    return of_kinds(window._replace(channel=Channel(window.channel)), _WINDOW_KINDS)


_CHANNELS = frozenset[str](Channel)
_WINDOW_KINDS = (("user_id", int), ("category", str))
_DUE_IDS = BatchStatement({}, lambda _: select(windows.c.id).where(*_is_due).order_by(windows.c.due_at).limit(_limit))


def due_ids(*, now: datetime, limit: int) -> Script[list[UUID]]:
    """The ids of up to `limit` windows that are due, without a lock."""
    return [row[0] for row in (yield Statement(_DUE_IDS, (), {"now": now, "limit": limit}))]


_EXCERPT = 500
"""How many characters of a message a digest can show."""

_HOLDERS = {"holder": Text()}
# Stores from before digests have no collected deliveries.
_is_collected = true_of_many(or_(*[_deliveries.c.state == state for state in COLLECTED]))
_is_free = (_deliveries.c.reason_code.is_distinct_from(ReasonCode.IN_DIGEST), _is_collected)
_LOCK_ITEMS = (
    select(
        _deliveries.c.id,
        _deliveries.c.notification_id,
        _deliveries.c.held_by,
        _deliveries.c.address,
        _deliveries.c.urgent,
        _notifications.c.title,
        func.substr(_notifications.c.message, 1, _EXCERPT),
        _notifications.c.expires_at,
        _notifications.c.caller,
        _notifications.c.digest_at,
    )
    .join(_notifications, _notifications.c.id == _deliveries.c.notification_id)
    .where(*_is_free)
    .order_by(_deliveries.c.id)
    .with_for_update(of=_deliveries, key_share=True)
)

_ITEMS = BatchStatement(_HOLDERS, lambda wanted: _LOCK_ITEMS.where(_deliveries.c.held_by.in_(select(wanted.c.holder))))
_THESE_ITEMS = BatchStatement(
    columns_of(_deliveries, "id"), lambda wanted: _LOCK_ITEMS.where(_deliveries.c.id.in_(select(wanted.c.id)))
)


def items_of(taken: Iterable[Window]) -> Script[dict[str, list[Item]]]:
    """Lock the items of these windows that no digest carries yet, by `held_by`, in order."""
    found: dict[str, list[Item]] = {}
    for row in (yield Statement(_ITEMS, [(window.held_by,) for window in taken])):
        item = _item(row)
        found.setdefault(item.held_by, []).append(item)
    return found


def check_items(deliveries: Collection[UUID]) -> Script[None]:
    """Read these items.

    Raises:
        UnreadableRow: an item has a value of a wrong type.
    """
    for row in (yield Statement(_THESE_ITEMS, as_rows(deliveries))):
        _item(row)


def _item(row: Sequence[Any]) -> Item:
    return of_kinds(Item(*row), _KINDS)


_KINDS = (("address", str), ("title", str), ("message", str), ("caller", (str, NoneType)))

_IDS_OF_ITEMS = BatchStatement(
    _HOLDERS,
    lambda wanted: (
        select(_deliveries.c.id)
        .where(_deliveries.c.held_by.in_(select(wanted.c.holder)), *_is_free)
        .order_by(_deliveries.c.id)
    ),
)


def ids_of_items(window: UUID) -> Script[list[UUID]]:
    """The ids of the items of a window that no digest carries yet."""
    return [row[0] for row in (yield Statement(_IDS_OF_ITEMS, [(held_by(window),)]))]


_LEAVE = BatchStatement(
    columns_of(_deliveries, "id", "state", "reason_code", "reason_parameters", "held_by", "due_at"),
    lambda leaving: (
        update(_deliveries)
        .where(_deliveries.c.id == leaving.c.id, or_(*[_deliveries.c.state == state for state in COLLECTED]))
        .values(
            state=leaving.c.state,
            reason_code=leaving.c.reason_code,
            reason_parameters=leaving.c.reason_parameters,
            held_by=leaving.c.held_by,
            due_at=leaving.c.due_at,
            changed_at=_now,
        )
    ),
)


def leave(leaving: Iterable[Leaving], *, now: datetime) -> Statement:
    """Remove these locked items from their windows; queued ones are due now."""
    rows = [
        (
            one.item.delivery_id,
            one.state,
            one.reason.code.value,
            one.reason.stored,
            None if one.window is None else one.window.held_by,
            now if one.state is DeliveryState.QUEUED else None,
        )
        for one in leaving
    ]
    return Statement(_LEAVE, rows, {"now": now})


_WANT_NOW = BatchStatement(
    columns_of(_notifications, "id"),
    lambda released: update(_notifications).where(_notifications.c.id.in_(select(released.c.id))).values(moved_at=_now),
)


def want_now(released: Collection[UUID], *, now: datetime) -> Statement:
    """Count the age of these notifications from now on: the wait for a digest was the user's choice."""
    return Statement(_WANT_NOW, as_rows(released), {"now": now})


class Closed(NamedTuple):
    """The new values of a processed window."""

    id: UUID
    due_at: datetime | None
    closed_at: datetime | None
    digest_id: UUID | None
    items: int


_UPDATE_WINDOWS = BatchStatement(
    columns_of(windows, *Closed._fields),
    lambda closed: (
        update(windows).where(windows.c.id == closed.c.id).values({name: closed.c[name] for name in Closed._fields[1:]})
    ),
)


def update_windows(closed: Sequence[Closed]) -> Statement:
    """Store the new values of these locked windows."""
    return Statement(_UPDATE_WINDOWS, closed)


_CARRY = BatchStatement(
    _HOLDERS | columns_of(_deliveries, "reason_parameters"),
    lambda carried: (
        update(_deliveries)
        .where(_deliveries.c.held_by == carried.c.holder, _is_collected)
        .values(reason_code=ReasonCode.IN_DIGEST.value, reason_parameters=carried.c.reason_parameters, changed_at=_now)
    ),
)


def in_digest(digest: UUID) -> Reason:
    """The reason of items that this digest carries."""
    return Reason(ReasonCode.IN_DIGEST, {"digest": str(digest)})


def carry(digests: Iterable[tuple[str, UUID]], *, now: datetime) -> Statement:
    """Record the digest on all items that are still in these windows, which are named by the `held_by` of the items."""
    return Statement(_CARRY, [(holder, in_digest(digest).stored) for holder, digest in digests], {"now": now})
