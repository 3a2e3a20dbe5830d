"""Lists notifications, the newest first, by filters, at a bounded cost."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from property_alert_notification.api.paging import LAST_ID, page_of
from property_alert_notification.base.clock import first_id_from
from property_alert_notification.base.reasons import ReasonCode
from property_alert_notification.base.vocabulary import Channel, NotificationStatus
from property_alert_notification.database import Connection, Database, is_row_fault, repaired
from property_alert_notification.notifications.list_paths import (
    EXACT,
    NOTIFICATION_OF,
    STATUS_AT,
    ListPath,
    Summary,
    path_for,
)
from property_alert_notification.notifications.repaired import known_channels

Matched = TypeVar("Matched")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Filters:
    """The filters of a list; None filters nothing."""

    user_id: int | None = None
    status: NotificationStatus | None = None
    category: str | None = None
    reference: str | None = None
    channel: Channel | None = None
    reason_code: ReasonCode | None = None
    """At least one delivery has this reason code."""
    accepted_after: datetime | None = None
    """The first included moment."""
    accepted_before: datetime | None = None
    """The first excluded moment."""
    id: UUID | None = None
    delivery_id: UUID | None = None
    """Only the notification of this delivery."""
    message_id: UUID | None = None
    """Only the notification of the email with this Message-ID."""
    schedule_id: UUID | None = None
    """Only notifications that this schedule created."""
    caller: str | None = None
    """The API key that submitted it."""
    test: bool | None = None
    """Submitted with a test key, or not."""


FIRST_WALKED = 3
"""The first query checks this many times `limit` rows: most lists find their page among them."""


NO_ID = UUID(int=0)
"""Of nothing."""


MOST_WALKED = 2_000
"""How many notifications one page checks if no index covers all filters."""


@dataclass(frozen=True, slots=True)
class Found:
    """One page of a list, and where the next one begins."""

    items: list[Summary]
    next: UUID | None
    """The next page begins below this id; None if there is none."""


async def read_page(
    database: Database,
    filters: Filters,
    *,
    before: UUID | None,
    limit: int,
    read: Callable[[Found], Result],
) -> Result:
    """Read one page; if a row is damaged, read it again with default values in the damaged fields.

    Raises:
        StoreUnavailable: the store cannot be reached.
    """
    return await with_repair(
        database,
        lambda connection, repair: find(connection, filters, before=before, limit=limit, repair=repair),
        read,
    )


async def with_repair(
    database: Database, find: Callable[[Connection, bool], Awaitable[Matched]], read: Callable[[Matched], Result]
) -> Result:
    """Apply `read` to the result of `find`; if a row is damaged, to the result of `find` with `repair`.

    Raises:
        StoreUnavailable: the store cannot be reached.
    """
    try:
        async with database.quick_reading() as connection:
            found = await find(connection, False)
        return read(found)
    except Exception as error:
        if not is_row_fault(error):
            raise
        async with database.quick_reading(repair=True) as connection:
            found = await find(connection, True)
        return read(found)


async def find(
    connection: Connection, filters: Filters, *, before: UUID | None, limit: int, repair: bool = False
) -> Found:
    """Up to `limit` notifications, newest first; with `before` only those below that id.

    The cost is bounded: after `MOST_WALKED` checked rows the page ends although more may follow. With `repair`, damaged
    rows are shown with default values.
    """
    given = {name: getattr(filters, name) for name in EXACT if getattr(filters, name) is not None}
    has_reason, of_schedule = filters.reason_code is not None, filters.schedule_id is not None
    path = path_for(
        frozenset(given), filters.status, filters.channel, filters.test, has_reason, of_schedule=of_schedule
    )
    given |= _bounds(filters, before) | ({"reason_code": filters.reason_code} if has_reason else {})
    given |= {"schedule": filters.schedule_id} if of_schedule else {}
    for delivery in filter(None, (filters.delivery_id, filters.message_id)):
        for (id_,) in await NOTIFICATION_OF.fetch(connection, delivery=delivery):
            given |= _only(id_, given)
            break
        else:
            return Found([], None)
    if filters.id is not None:
        given |= _only(filters.id, given)
    found = await _walk(connection, path, given, limit, along=limit * FIRST_WALKED, repair=repair)
    if found.next is not None and len(found.items) < limit:
        found = await _walk(connection, path, given, limit, along=MOST_WALKED, repair=repair)
    return found


async def _walk(
    connection: Connection, path: ListPath, given: Mapping[str, Any], limit: int, *, along: int, repair: bool
) -> Found:
    floor = None
    if path.filters_rows:
        for (last,) in await path.ids.fetch(connection, **given, skipped=along - 1):
            floor = last
    rows = await path.page.fetch(connection, **given, floor=floor or given["from"], limit=limit + 1, walked=along)
    convert = _repaired_summary if repair else _summary
    items, below = page_of([convert(row) for row in rows], limit)
    return Found(list(items), below or floor)


def _summary(row: Sequence[Any]) -> Summary:
    *shown, kept, rank, codes = row
    return Summary(*[*shown, _status(kept, rank), codes])


def _repaired_summary(row: Sequence[Any]) -> Summary:
    *shown, kept, rank, codes = row
    read = Summary(*[*shown, _status(kept if kept in list(NotificationStatus) else None, rank), codes])
    summary = repaired(read)
    summary = replace(summary, channels=known_channels(summary.channels))
    return summary if summary == read else replace(summary, reason_codes=_said_to_be_damaged(summary.reason_codes))


def _said_to_be_damaged(codes: str | None) -> str:
    return " ".join([*(codes or "").split(), ReasonCode.ROW_UNREADABLE])


def _bounds(filters: Filters, before: UUID | None) -> dict[str, UUID]:
    """`accepted_at` is the millisecond of the id, so bounds of `accepted_at` become bounds of the id."""
    ends = [end for end in (before, filters.accepted_before and first_id_from(filters.accepted_before)) if end]
    begin = NO_ID if filters.accepted_after is None else first_id_from(filters.accepted_after)
    return {"from": begin, "before": min(ends, default=LAST_ID)}


def _only(id_: UUID, bounds: Mapping[str, Any]) -> dict[str, UUID]:
    """Narrow the bounds to one id, unless they exclude it: every index here ends with the id."""
    return {"from": max(bounds["from"], id_), "before": min(bounds["before"], UUID(int=id_.int + 1))}


def _status(kept: str | None, rank: int | None) -> NotificationStatus:
    return NotificationStatus(kept) if kept is not None else STATUS_AT[rank]
