"""Reads which users searches alert, when, and on which channels."""

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.base.damaged import readable
from property_alert_notification.database import BatchStatement, as_rows, columns_of, table_of
from property_alert_notification.homes.saved_searches.models import SavedSearch
from property_alert_notification.homes.saved_searches.words import ScheduleType

_searches = table_of(SavedSearch)


class SearchTarget(NamedTuple):
    """The user whom a search alerts, when, and on which channels."""

    number: int
    name: str
    user_id: int
    version: int
    schedule_type: ScheduleType
    daily_schedule: tuple[str, ...]
    channels: tuple[str, ...] | None
    """None means all that the user wants."""
    concierge: bool
    """Whether its alerts need approval."""
    active: bool


_TARGETS = BatchStatement(
    columns_of(_searches, "number"),
    lambda wanted: select(
        _searches.c.number,
        _searches.c.name,
        _searches.c.user_id,
        _searches.c.version,
        _searches.c.schedule_type,
        _searches.c.daily_schedule,
        _searches.c.channels,
        _searches.c.concierge,
        _searches.c.active,
    ).join(wanted, wanted.c.number == _searches.c.number),
)


async def targets_of(connection: AsyncConnection, numbers: Collection[int]) -> dict[int, SearchTarget]:
    """The targets of these searches as they are now, by the numbers of the searches.

    Deleted and damaged searches are left out.
    """
    rows = await _TARGETS.run(connection, as_rows(sorted(numbers)))
    return {one.number: one for one in readable(rows, _target, "search.unreadable", lambda row: row[0])}


def _target(row: Sequence[Any]) -> SearchTarget:
    number, name, user_id, version, schedule_type, daily_schedule, channels, concierge, active = row
    return SearchTarget(
        number,
        name,
        user_id,
        version,
        ScheduleType(schedule_type),
        tuple(daily_schedule.split()),
        None if channels is None else tuple(channels.split()),
        concierge,
        active,
    )
