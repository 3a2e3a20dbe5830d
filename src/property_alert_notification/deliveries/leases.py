"""Every statement about leases: renewing them, and taking over expired ones."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    FromClause,
    Integer,
    Update,
    bindparam,
    select,
    text,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.database import (
    BatchStatement,
    Connection,
    among,
    as_rows,
    columns_of,
    table_of,
    time_type,
    true_of_many,
)
from property_alert_notification.deliveries.models import IS_LEASED, Delivery
from property_alert_notification.deliveries.records import Claim
from property_alert_notification.deliveries.scripts import CLAIMED, checked, is_ours

_deliveries = table_of(Delivery)
_IDS = columns_of(_deliveries, "id")
_leased_until = bindparam("leased_until", type_=time_type())
_HELD = columns_of(_deliveries, "id", "fence")


def _renew_these(held: FromClause) -> Update:
    free = select(_deliveries.c.id).where(is_ours(held)).with_for_update(of=_deliveries, skip_locked=True)
    return (
        update(_deliveries)
        .where(_deliveries.c.id.in_(free.correlate(None).scalar_subquery()))
        .values(due_at=_leased_until)
        .returning(_deliveries.c.id, _deliveries.c.fence)
    )


_RENEW = BatchStatement(_HELD, _renew_these)
_STILL_OURS = BatchStatement(_HELD, lambda held: select(_deliveries.c.id, _deliveries.c.fence).where(is_ours(held)))


_SAME_FENCE = BatchStatement(
    _HELD,
    lambda held: select(_deliveries.c.id).join(
        held, (held.c.id == _deliveries.c.id) & (held.c.fence == _deliveries.c.fence)
    ),
)


async def not_claimed_again(connection: Connection, held: Collection[tuple[UUID, int]]) -> set[UUID]:
    """Those of these deliveries (id and fence) that no other worker has claimed since, whatever their state is."""
    return {row[0] for row in await _SAME_FENCE.fetch(connection, held)}


@dataclass(frozen=True, slots=True)
class Renewal:
    """The result of renewing leases, by id and fence. Deliveries in neither set were locked by another transaction."""

    renewed: set[tuple[UUID, int]]
    lost: set[tuple[UUID, int]]
    """Deliveries that another worker has taken over."""


async def renew(connection: AsyncConnection, held: Collection[tuple[UUID, int]], *, leased_until: datetime) -> Renewal:
    """Renew the leases of these deliveries (id and fence), unless another transaction has locked their rows."""
    renewed = {(id_, fence) for id_, fence in await _RENEW.run(connection, held, leased_until=leased_until)}
    missed = set(held) - renewed
    if not missed:
        return Renewal(renewed, missed)
    return Renewal(renewed, missed - {(id_, fence) for id_, fence in await _STILL_OURS.run(connection, list(missed))})


_SEIZE_ABANDONED = (
    update(_deliveries)
    .where(
        among(
            _deliveries.c.id,
            select(_deliveries.c.id)
            .where(
                text(IS_LEASED),
                _deliveries.c.due_at <= bindparam("ran_out_by", type_=time_type()),
            )
            .order_by(_deliveries.c.due_at)
            .limit(bindparam("limit", type_=Integer)),
        )
    )
    .values(fence=_deliveries.c.fence + 1, due_at=_leased_until)
    .returning(*CLAIMED)
)


async def seize_abandoned(
    connection: AsyncConnection, *, ran_out_by: datetime, leased_until: datetime, limit: int
) -> list[Claim]:
    """Take over deliveries whose lease has expired by then. The new fence stops their old worker from settling."""
    values = {"ran_out_by": ran_out_by, "leased_until": leased_until, "limit": limit}
    return [checked(Claim(*row)) for row in await connection.execute(_SEIZE_ABANDONED, values)]


_ran_out_by = bindparam("ran_out_by", type_=time_type())


_ABANDONED = (
    select(_deliveries.c.id)
    .where(text(IS_LEASED), _deliveries.c.due_at <= _ran_out_by)
    .order_by(_deliveries.c.due_at)
    .limit(bindparam("limit", type_=Integer))
)


async def abandoned(connection: AsyncConnection, *, ran_out_by: datetime, limit: int) -> list[UUID]:
    """The ids of up to `limit` deliveries whose lease has expired by then."""
    values = {"ran_out_by": ran_out_by, "limit": limit}
    return list((await connection.execute(_ABANDONED, values)).scalars())


_SEIZE_THESE = BatchStatement(
    _IDS,
    lambda wanted: (
        update(_deliveries)
        .where(
            _deliveries.c.id.in_(
                select(_deliveries.c.id)
                .where(
                    _deliveries.c.id.in_(select(wanted.c.id)),
                    true_of_many(text(IS_LEASED), _deliveries.c.due_at <= _ran_out_by),
                )
                .with_for_update(skip_locked=True)
                .scalar_subquery()
            )
        )
        .values(fence=_deliveries.c.fence + 1, due_at=_leased_until)
        .returning(*CLAIMED)
    ),
)


async def seize_these(
    connection: AsyncConnection, wanted: Collection[UUID], *, ran_out_by: datetime, leased_until: datetime
) -> list[Claim]:
    """Take over those of these deliveries whose lease has expired by then."""
    seized = await _SEIZE_THESE.run(connection, as_rows(wanted), ran_out_by=ran_out_by, leased_until=leased_until)
    return [checked(Claim(*row)) for row in seized]
