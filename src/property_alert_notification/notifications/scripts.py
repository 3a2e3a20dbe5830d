"""Steps of the scripts that accept, claim and settle: statements about notifications, each on a batch."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    FromClause,
    Update,
    case,
    func,
    null,
    select,
    update,
)

from property_alert_notification.base.clock import time_of
from property_alert_notification.base.reasons import Reason
from property_alert_notification.base.vocabulary import NotificationStatus
from property_alert_notification.database import (
    BatchStatement,
    Script,
    Statement,
    as_rows,
    columns_of,
    insert_rows,
    of_kinds,
    table_of,
)
from property_alert_notification.deliveries.models import Delivery
from property_alert_notification.deliveries.states import BEST_FIRST, UNFULFILLED
from property_alert_notification.deliveries.windows import scripts as windows
from property_alert_notification.events.scripts import IS_ANYONE_LISTENING
from property_alert_notification.notifications.ends.scripts import record_ends
from property_alert_notification.notifications.models import Notification
from property_alert_notification.people.categories.rules import DIGEST

_notifications = table_of(Notification)
_deliveries = table_of(Delivery)
_IDS = columns_of(_notifications, "id")


class NewNotification(NamedTuple):
    """The row of a notification to insert."""

    id: UUID
    user_id: int
    category: str
    reference: str | None
    title: str
    message: str
    urgent: bool
    channels: str | None
    accepted_at: datetime
    expires_at: datetime | None
    caller: str | None
    test: bool
    status: NotificationStatus | None
    send_at: datetime | None
    addresses: str | None
    send_at_local: str | None = None


class Content(NamedTuple):
    """The columns of a notification that a worker needs to send it."""

    id: UUID
    user_id: int
    category: str
    title: str
    message: str
    urgent: bool
    expires_at: datetime | None
    cancelled_at: datetime | None = None
    cancelled_by: str | None = None
    send_at: datetime | None = None
    moved_at: datetime | None = None
    digest_at: datetime | None = None
    carries: str | None = None
    """The category of the items of a digest; None for other notifications."""
    outdated: Reason | None = None
    """Why what it tells no longer holds, so that it is not sent; None if it holds."""

    @property
    def wanted_at(self) -> datetime:
        """The time from which the age of the notification counts.

        It is the latest of its acceptance, its `send_at`, and the change that made it due at once: a `send_at` in the
        past does not make it old.
        """
        known = (time_of(self.id), self.send_at, self.moved_at)
        return max(moment for moment in known if moment is not None)


_NEW = NewNotification._fields


_ADD = BatchStatement(columns_of(_notifications, *_NEW), lambda new: insert_rows(_notifications, new))


def add(notifications: Sequence[NewNotification]) -> Statement:
    """Insert accepted notifications."""
    return Statement(_ADD, notifications)


WITH_LOOK_UP = (*_NEW, "look_up", "look_up_at", "digest_at", "approval")
_ADD_LOOKED_UP = BatchStatement(columns_of(_notifications, *WITH_LOOK_UP), lambda new: insert_rows(_notifications, new))


def add_looked_up(notifications: Sequence[tuple[Any, ...]]) -> Statement:
    """Insert accepted notifications whose addresses are looked up: their columns are those of `WITH_LOOK_UP`."""
    return Statement(_ADD_LOOKED_UP, notifications)


_CONTENTS = BatchStatement(
    _IDS,
    lambda wanted: select(*(_notifications.c[name] for name in Content._fields[:-2])).where(
        _notifications.c.id.in_(select(wanted.c.id))
    ),
)


def contents(notifications: Collection[UUID]) -> Script[dict[UUID, Content]]:
    """Read the contents of notifications, by id; of digests also the category of their items."""
    found = {row[0]: of_kinds(Content(*row), _KINDS) for row in (yield Statement(_CONTENTS, as_rows(notifications)))}
    if digests := [id_ for id_, content in found.items() if content.category == DIGEST]:
        for id_, category in (yield from windows.categories_of(digests)).items():
            found[id_] = found[id_]._replace(carries=category)
    return found


_KINDS = (("user_id", int), ("category", str), ("title", str), ("message", str), ("urgent", bool))

PLACES = {state: place for place, (state, _) in enumerate(BEST_FIRST, start=1)}
"""The rank of each end state; the best is 1."""


RANK = func.min(case(PLACES, value=_deliveries.c.state, else_=0))
"""The rank of the best end of a notification's deliveries; 0 while any delivery is open."""


_LOCK_THEIRS = BatchStatement(
    _IDS,
    lambda ended: (
        select(_notifications.c.id, IS_ANYONE_LISTENING)
        .where(
            _notifications.c.id.in_(
                select(_deliveries.c.notification_id).where(_deliveries.c.id.in_(select(ended.c.id)))
            )
        )
        .order_by(_notifications.c.id)
        .with_for_update(key_share=True)
    ),
)


def _conclude_these(wanted: FromClause) -> Update:
    ends = (
        select(_deliveries.c.notification_id.label("id"), RANK.label("rank"))
        .where(_deliveries.c.notification_id.in_(select(wanted.c.id)))
        .group_by(_deliveries.c.notification_id)
        .subquery("ends")
    )
    kept = case(
        *[(ends.c.rank == PLACES[state], str(status)) for state, status in BEST_FIRST if state in UNFULFILLED],
        else_=null(),
    )
    return (
        update(_notifications)
        .where(_notifications.c.id == ends.c.id, _notifications.c.status.is_distinct_from(kept))
        .values(status=kept)
    )


_CONCLUDE = BatchStatement(_IDS, _conclude_these)


def conclude(ended: Collection[UUID], *, at: datetime) -> Script[None]:
    """Update the status of the notifications of these deliveries, which ended neither sent nor delivered.

    Two deliveries of one notification may end at the same time. The second transaction waits for the notification's
    row, and then sees the end of the other delivery. The caller has locked the deliveries: every transaction locks
    deliveries before notifications. If an endpoint wants to know, the ends of these deliveries are recorded as events.
    """
    theirs = yield Statement(_LOCK_THEIRS, as_rows(ended))
    yield Statement(_CONCLUDE, as_rows([row[0] for row in theirs]))
    if any(is_anyone_listening for _, is_anyone_listening in theirs):
        yield from record_ends(ended, at=at)
