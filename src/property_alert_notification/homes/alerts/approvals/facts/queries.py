"""Every statement about the facts of alerts that need approval, each on a batch."""

from collections.abc import Collection, Iterable
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import FromClause, select, true

# Its words for conflicts are SQLite's too.
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.database import BatchStatement, as_rows, columns_of, table_of, true_of_many
from property_alert_notification.homes.alerts.ledger.queries import PersonsFact
from property_alert_notification.homes.alerts.models import ApprovalFact
from property_alert_notification.homes.properties.ids.queries import with_mates

_facts = table_of(ApprovalFact)


class WaitingFact(NamedTuple):
    """A fact that an alert tells if it is approved."""

    notification_id: UUID
    listing_id: UUID
    """The listing whose change tells it."""
    fact: str
    person: int
    sequence: int
    """The number of the change."""
    in_first_alert: bool
    """Whether it is one of a first alert, which tells what holds, also if its user was told."""


def _add_these(new: FromClause) -> Insert:
    wanted = insert(_facts).from_select(WaitingFact._fields, select(*new.c).where(true()), include_defaults=False)
    return wanted.on_conflict_do_nothing()


_ADD = BatchStatement(columns_of(_facts, *WaitingFact._fields), _add_these)


async def add(connection: AsyncConnection, new: Iterable[WaitingFact]) -> None:
    """Store what alerts tell if they are approved."""
    if rows := list(new):
        await _ADD.run(connection, rows)


def _known_these(wanted: FromClause) -> Any:
    homes, mate, _ = with_mates(wanted, wanted.c.listing_id)
    return (
        select(wanted.c.listing_id, wanted.c.fact, wanted.c.person)
        .select_from(homes)
        .join(_facts, (_facts.c.listing_id == mate) & (_facts.c.fact == wanted.c.fact))
        .where(true_of_many(_facts.c.person == wanted.c.person))
        .distinct()
    )


_KNOWN = BatchStatement(columns_of(_facts, "listing_id", "fact", "person"), _known_these)


async def known(connection: AsyncConnection, wanted: Collection[PersonsFact]) -> set[PersonsFact]:
    """Those of these that an alert to the person would tell, whatever was decided about it, of the same homes."""
    found = await _KNOWN.run(connection, sorted(wanted)) if wanted else ()
    return {(row[0], row[1], row[2]) for row in found}


_OF = BatchStatement(
    columns_of(_facts, "notification_id"),
    lambda wanted: (
        select(*[_facts.c[name] for name in WaitingFact._fields])
        .join(wanted, wanted.c.notification_id == _facts.c.notification_id)
        .order_by(_facts.c.notification_id)
    ),
)


async def of_alerts(connection: AsyncConnection, notifications: Collection[UUID]) -> list[WaitingFact]:
    """What these alerts tell, in the order of the alerts."""
    return [WaitingFact(*row) for row in await _OF.run(connection, as_rows(sorted(notifications)))]
