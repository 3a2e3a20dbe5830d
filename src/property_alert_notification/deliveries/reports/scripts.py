"""Steps of the script that applies reports to deliveries, each on a batch."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Insert,
    Integer,
    ScalarSelect,
    Select,
    Update,
    bindparam,
    case,
    func,
    literal,
    or_,
    select,
    update,
)

# SQLite has the same ON CONFLICT syntax as PostgreSQL.
from sqlalchemy.dialects.postgresql import insert

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
from property_alert_notification.deliveries.models import Attempt, Delivery
from property_alert_notification.deliveries.reports.models import DeliveryReport
from property_alert_notification.deliveries.reports.records import AttemptMade, Move, Moved, Report, Reported
from property_alert_notification.deliveries.states import REPORTABLE
from property_alert_notification.deliveries.windows.scripts import windows
from property_alert_notification.events.scripts import IS_ANYONE_LISTENING

MOST_ALIKE = 20
"""Reports with the same result and cause that are kept of one delivery; further ones change nothing."""
MOST_PARKED = 10_000
"""Reports about unknown messages that are kept apart at a time, and used tokens; further ones are not stored."""

EMPTIED = "emptied"
"""The result of a report about an unknown message of which only the key is left."""

_reports, _deliveries, _attempts = table_of(DeliveryReport), table_of(Delivery), table_of(Attempt)
_now = bindparam("now", type_=time_type())


_BY_MESSAGE_ID = BatchStatement(
    columns_of(_attempts, "provider", "provider_message_id"),
    lambda wanted: select(_attempts.c.provider, _attempts.c.provider_message_id, _attempts.c.delivery_id).join(
        wanted,
        (wanted.c.provider_message_id == _attempts.c.provider_message_id) & (wanted.c.provider == _attempts.c.provider),
    ),
)


def deliveries_by_message_id(wanted: Iterable[tuple[str, str]]) -> Script[dict[tuple[str, str], UUID]]:
    """The delivery of each of these pairs of a provider and its id of a message; unknown ones are left out."""
    if not (pairs := set(wanted)):
        return {}
    found = yield Statement(_BY_MESSAGE_ID, list(pairs))
    return {(provider, message_id): delivery for provider, message_id, delivery in found}


_IDS = columns_of(_deliveries, "id")


def _lock_these(wanted: FromClause, *, skip_locked: bool) -> Select[*tuple[Any, ...]]:
    return (
        select(*(_deliveries.c[name] for name in Reported._fields))
        .where(_deliveries.c.id.in_(select(wanted.c.id)))
        .order_by(_deliveries.c.id)
        .with_for_update(key_share=True, skip_locked=skip_locked)
    )


_LOCK_FREE = BatchStatement(_IDS, lambda wanted: _lock_these(wanted, skip_locked=True))
_LOCK = BatchStatement(_IDS, lambda wanted: _lock_these(wanted, skip_locked=False))


def lock(deliveries: Collection[UUID], *, wait: bool) -> Script[dict[UUID, Reported]]:
    """Lock those of these deliveries that exist; without `wait` those that another transaction has locked are left out.

    A worker settles many deliveries in one statement, in no order: a transaction that held some of them and waited for
    others could deadlock with it.
    """
    if not deliveries:
        return {}
    found = yield Statement(_LOCK if wait else _LOCK_FREE, as_rows(deliveries))
    return {row[0]: Reported(*row) for row in found}


_EXISTING = BatchStatement(
    _IDS, lambda wanted: select(_deliveries.c.id).where(_deliveries.c.id.in_(select(wanted.c.id)))
)


def existing(deliveries: Collection[UUID]) -> Script[set[UUID]]:
    """Those of these deliveries that exist."""
    if not deliveries:
        return set()
    return {row[0] for row in (yield Statement(_EXISTING, as_rows(deliveries)))}


_ATTEMPTS = BatchStatement(
    _IDS,
    lambda wanted: (
        select(*(_attempts.c[name] for name in AttemptMade._fields))
        .where(_attempts.c.delivery_id.in_(select(wanted.c.id)))
        .order_by(_attempts.c.delivery_id, _attempts.c.fence)
    ),
)


def attempts(deliveries: Collection[UUID]) -> Script[dict[UUID, list[AttemptMade]]]:
    """The attempts of these deliveries, in order."""
    made: dict[UUID, list[AttemptMade]] = {}
    if deliveries:
        for row in (yield Statement(_ATTEMPTS, as_rows(deliveries))):
            made.setdefault(row[0], []).append(AttemptMade(*row))
    return made


_NEW = Report._fields


def _names_message(reports: FromClause) -> ColumnElement[bool]:
    return or_(reports.c.named_delivery_id.is_not(None), reports.c.provider_message_id.is_not(None))


def _number_parked(condition: ColumnElement[bool]) -> ScalarSelect[int]:
    parked = select(_reports.c.id).where(_reports.c.retry_at.is_not(None), condition).limit(MOST_PARKED)
    return select(func.count()).select_from(parked.subquery()).scalar_subquery()


_NAMES_MESSAGE = _names_message(_reports)


def _insert_reports(new: FromClause) -> Insert:
    number_parked = _number_parked(_NAMES_MESSAGE)
    number_of_tokens = _number_parked(~_NAMES_MESSAGE & (_reports.c.result != EMPTIED))
    # Many reports that a message is still on its way leave room for a bounce or a complaint.
    number_alike = (
        select(func.count())
        .where(
            _reports.c.delivery_id == new.c.delivery_id,
            _reports.c.result == new.c.result,
            _reports.c.cause.is_not_distinct_from(new.c.cause),
        )
        .correlate(new)
        .scalar_subquery()
    )
    has_room = or_(
        new.c.delivery_id.is_(None)
        & case(
            (_names_message(new), number_parked < literal(MOST_PARKED, Integer)),
            else_=number_of_tokens < literal(MOST_PARKED, Integer),
        ),
        new.c.delivery_id.is_not(None) & (number_alike < literal(MOST_ALIKE, Integer)),
    )
    return (
        insert(_reports)
        .from_select(_NEW, select(*new.c).where(has_room))
        .on_conflict_do_nothing(index_elements=["key"])
        .returning(_reports.c.key)
    )


_ADD = BatchStatement(columns_of(_reports, *_NEW), _insert_reports)


def add(reports: Sequence[Report]) -> Script[set[str]]:
    """Insert reports, which are all different; returns the keys of those that are new and have room."""
    if not reports:
        return set()
    # Always in the same order, or two processes wait for each other.
    ordered: list[Report] = sorted(reports, key=lambda report: report.key)
    return {row[0] for row in (yield Statement(_ADD, ordered))}


_MOVED = columns_of(_deliveries, *Move._fields)
_WINDOW_OF_DIGEST = (
    select(windows.c.id)
    .where(windows.c.digest_id == _deliveries.c.notification_id)
    .correlate(_deliveries)
    .scalar_subquery()
)


def _move_these(moved: FromClause) -> Update:
    return (
        update(_deliveries)
        .where(
            _deliveries.c.id == moved.c.id,
            true_of_many(_deliveries.c.state.in_([literal(state.value) for state in REPORTABLE])),
        )
        .values(
            {name: moved.c[name] for name in ("state", "reason_code", "reason_parameters", "changed_at")}
            | {"held_by": None, "due_at": None, "published_at": None}
        )
        .returning(_deliveries.c.id, _WINDOW_OF_DIGEST, IS_ANYONE_LISTENING)
    )


_MOVE = BatchStatement(_MOVED, _move_these)


def move(moves: Sequence[Move]) -> Script[Moved]:
    """Move locked deliveries to states in which no worker has anything more to do."""
    rows = yield Statement(_MOVE, moves)
    return Moved({row[0]: row[1] for row in rows if row[1] is not None}, any(row[2] for row in rows))


_SOFT = BatchStatement(
    columns_of(_reports, "subject"),
    lambda wanted: (
        select(_reports.c.subject, func.count(_reports.c.delivery_id.distinct()))
        .where(
            _reports.c.subject.in_(select(wanted.c.subject)),
            true_of_many(_reports.c.received_at > bindparam("since", type_=time_type())),
        )
        .group_by(_reports.c.subject)
    ),
)


def soft_bounces(subjects: Collection[str], *, since: datetime) -> Script[Mapping[str, int]]:
    """How many deliveries to each of these addresses bounced softly since then."""
    if not subjects:
        return {}
    found = yield Statement(_SOFT, as_rows(subjects), {"since": since})
    return {row[0]: row[1] for row in found}
