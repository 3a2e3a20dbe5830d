"""Every statement that replays a period."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import BigInteger, Integer, bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.database import table_of
from property_alert_notification.homes.alerts.changes.queries import SELECT_CHANGES, ChangeToMatch
from property_alert_notification.homes.alerts.match_log.queries import entries_between
from property_alert_notification.homes.listings.models import ListingChange

_changes = table_of(ListingChange)
_after, _until = bindparam("after", type_=BigInteger), bindparam("until", type_=BigInteger)


class PastChange(NamedTuple):
    """A numbered change, and what the matcher logged of it."""

    change: ChangeToMatch
    made_at: datetime
    matches: Sequence[str]
    """As the match log has them: an entry of each shard that found any."""


_PAST = (
    SELECT_CHANGES.add_columns(_changes.c.made_at)
    .where(_changes.c.sequence > _after, _changes.c.sequence <= _until)
    .order_by(_changes.c.sequence)
    .limit(bindparam("limit", type_=Integer))
)


async def changes_after(connection: AsyncConnection, *, after: int, until: int, limit: int) -> list[PastChange]:
    """The next changes with numbers above `after` and up to `until`, in their order."""
    found = await connection.execute(_PAST, {"after": after, "until": until, "limit": limit})
    changes = [(ChangeToMatch(*row[:-1]), row[-1]) for row in found]
    last = changes[-1][0].sequence if changes else after
    logged = await entries_between(connection, after=after, until=last) if changes else {}
    return [PastChange(change, made_at, logged.get(change.sequence, ())) for change, made_at in changes]


_NEXT = (
    select(_changes.c.sequence, _changes.c.made_at)
    .where(_changes.c.sequence > _after)
    .order_by(_changes.c.sequence)
    .limit(1)
)


async def number_before(connection: AsyncConnection, moment: datetime, *, last: int) -> int:
    """A number with which all changes up to it were made before a moment, and the next one was not.

    Numbers are in the order of commits, and so nearly in that of times: it halves the numbers up to `last`, which needs
    no index of times.
    """
    low, high = 0, last
    while low < high:
        middle = (low + high) // 2
        row = (await connection.execute(_NEXT, {"after": middle})).first()
        if row is None or row[1] >= moment:
            high = middle
        else:
            low = min(row[0], high)
    return low
