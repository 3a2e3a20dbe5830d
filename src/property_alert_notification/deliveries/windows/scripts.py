"""Steps of the accept and claim scripts: statements about digest windows, each on a batch."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import FromClause, Text, bindparam, delete, or_, select, text, true, update

# SQLite has the same ON CONFLICT syntax as PostgreSQL.
from sqlalchemy.dialects.postgresql import Insert, insert

from property_alert_notification.base.reasons import Reason, ReasonCode
from property_alert_notification.base.vocabulary import DeliveryState
from property_alert_notification.database import (
    BatchStatement,
    Script,
    Statement,
    as_rows,
    columns_of,
    is_in_batch,
    table_of,
    time_type,
    true_of_many,
)
from property_alert_notification.deliveries.models import Delivery
from property_alert_notification.deliveries.states import COLLECTED, Event, after
from property_alert_notification.deliveries.windows.keys import WindowKey, held_by
from property_alert_notification.deliveries.windows.models import IS_OPEN, DigestWindow

windows = table_of(DigestWindow)
IDS = columns_of(windows, "id")
_deliveries = table_of(Delivery)
_now = bindparam("now", type_=time_type())
_NEW = ("id", *WindowKey._fields, "due_at")


def _join_these(joined: FromClause) -> Insert:
    wanted = insert(windows).from_select(_NEW, select(*joined.c).where(true()), include_defaults=False)
    # An open window is locked, so that no worker closes it before the joining deliveries are stored.
    # A closed window becomes due again, so that a worker moves the deliveries to the next window.
    return wanted.on_conflict_do_update(
        index_elements=["id"], set_={"due_at": windows.c.closes_at}, where=windows.c.closed_at.is_not(None)
    )


_JOIN = BatchStatement(columns_of(windows, *_NEW), _join_these)


def join(keys: Collection[WindowKey]) -> Statement:
    """Create or lock these windows, for deliveries that are stored or settled in the same transaction.

    A window that has closed becomes due again: a worker moves the deliveries to the next window.
    """
    by_id: dict[UUID, WindowKey] = {key.id: key for key in keys}
    # Rows are locked in one order everywhere, or two transactions deadlock.
    return Statement(_JOIN, [(id_, *by_id[id_], by_id[id_].closes_at) for id_ in sorted(by_id)])


_RECHECK = BatchStatement(
    columns_of(windows, "user_id"),
    lambda changed: (
        update(windows).where(is_in_batch(changed, windows.c.user_id, windows.c.id, text(IS_OPEN))).values(due_at=_now)
    ),
)


def recheck(users: Collection[int], *, now: datetime) -> Statement:
    """Make the windows of these users due, so that a worker reevaluates their items."""
    return Statement(_RECHECK, as_rows(users), {"now": now})


_CATEGORIES = BatchStatement(
    columns_of(windows, "digest_id"),
    lambda digests: select(windows.c.digest_id, windows.c.category).where(
        windows.c.digest_id.in_(select(digests.c.digest_id))
    ),
)


def categories_of(digests: Collection[UUID]) -> Script[dict[UUID, str]]:
    """The categories of the items of these digests; omits those whose window was deleted."""
    found = yield Statement(_CATEGORIES, as_rows(digests))
    return {row[0]: row[1] for row in found}


_RELEASE = BatchStatement(
    {"holder": Text()} | columns_of(_deliveries, "reason_code", "reason_parameters"),
    lambda released: (
        update(_deliveries)
        .where(
            _deliveries.c.held_by == released.c.holder,
            _deliveries.c.reason_code.is_distinct_from(ReasonCode.IN_DIGEST),
            true_of_many(or_(*[_deliveries.c.state == state for state in COLLECTED])),
        )
        .values(
            state=after(DeliveryState.COLLECTED, Event.RELEASED),
            reason_code=released.c.reason_code,
            reason_parameters=released.c.reason_parameters,
            held_by=None,
            due_at=_now,
            changed_at=_now,
        )
    ),
)
_REMOVE_EMPTIED = BatchStatement(
    IDS,
    lambda broken: delete(windows).where(
        windows.c.id.in_(select(broken.c.id)), or_(text(IS_OPEN), windows.c.digest_id.is_(None))
    ),
)
_SET_DUE = BatchStatement(
    columns_of(windows, "id", "due_at"),
    lambda wanted: update(windows).where(windows.c.id == wanted.c.id).values(due_at=wanted.c.due_at),
)


def set_due(wanted: Sequence[tuple[UUID, datetime | None]]) -> Statement:
    """Store when each of these locked windows is due next; None if nothing is left to do."""
    return Statement(_SET_DUE, wanted)


def dissolve(window: UUID, reason: Reason, *, now: datetime, until: datetime) -> Script[None]:
    """Make due what a window that cannot be processed has collected, and delete the window unless it became a digest.

    One that did is needed to end the items of its digest: it is looked at again at `until`.
    """
    yield Statement(_RELEASE, [(held_by(window), reason.code.value, reason.stored)], {"now": now})
    yield Statement(_REMOVE_EMPTIED, [(window,)])
    yield set_due([(window, until)])
