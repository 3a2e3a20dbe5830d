"""Steps of the accept, claim and settle scripts that record holds."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import select, true

# SQLite has the same ON CONFLICT syntax as PostgreSQL.
from sqlalchemy.dialects.postgresql import insert

from property_alert_notification.base.vocabulary import DeliveryState
from property_alert_notification.database import (
    BatchStatement,
    Statement,
    columns_of,
    table_of,
)
from property_alert_notification.deliveries.models import Hold
from property_alert_notification.deliveries.records import NewDelivery, Settlement

_holds = table_of(Hold)


class NewHold(NamedTuple):
    """The row of a hold to insert."""

    delivery_id: UUID
    fence: int
    at: datetime
    reason_code: str
    reason_parameters: str | None


_NEW = NewHold._fields
_ADD = BatchStatement(
    columns_of(_holds, *_NEW),
    # After a commit whose answer was lost, the hold is stored already.
    lambda new: insert(_holds).from_select(_NEW, select(*new.c).where(true())).on_conflict_do_nothing(),
)


def of_planned(deliveries: Iterable[NewDelivery]) -> list[Statement]:
    """The statements that record the holds of planned deliveries; usually none."""
    return _record(
        NewHold(one.id, 0, one.changed_at, one.reason_code, one.reason_parameters)
        for one in deliveries
        if one.state is DeliveryState.HELD
    )


def of_settled(settlements: Iterable[Settlement]) -> list[Statement]:
    """The statements that record the holds of settled deliveries; usually none."""
    return _record(
        NewHold(one.delivery_id, one.fence, one.settled_at, one.reason.code.value, one.reason.stored)
        for one in settlements
        if one.state is DeliveryState.HELD
    )


def _record(holds: Iterable[NewHold]) -> list[Statement]:
    new = list(holds)
    return [Statement(_ADD, new)] if new else []
