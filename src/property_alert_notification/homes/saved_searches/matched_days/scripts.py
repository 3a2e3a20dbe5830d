"""Scripts that note on which days searches matched last, and the step that reads it."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

import numpy as np
from sqlalchemy import BigInteger, FromClause, Integer, Select, cast, func, literal, select, true, update

# Its words for conflicts are SQLite's too.
from sqlalchemy.dialects.postgresql import insert

from property_alert_notification.base.damaged import UNREADABLE, left_out, readable
from property_alert_notification.database import BatchStatement, Script, Statement, as_rows, columns_of, table_of
from property_alert_notification.homes.saved_searches.matched_days.days import (
    DIGITS,
    SIZE,
    Days,
    decode,
    decode_one,
    encode,
)
from property_alert_notification.homes.saved_searches.models import MatchedDays

_blocks = table_of(MatchedDays)
_DAMAGED = "matched_days.unreadable"


def _days_of(wanted: FromClause) -> Select[tuple[int, str]]:
    first = cast(wanted.c.number % SIZE * DIGITS + 1, Integer)
    its = select(func.substr(_blocks.c.days, first, DIGITS)).where(_blocks.c.block == wanted.c.number // SIZE)
    # As a query of its own for each number, so that PostgreSQL uses the index whatever its statistics say.
    return select(wanted.c.number, its.scalar_subquery())


_DAYS_OF = BatchStatement({"number": BigInteger()}, _days_of)


def matched_at(searches: Collection[int]) -> Script[Mapping[int, datetime | None]]:
    """The beginning of the day on which each of these searches, by their numbers, matched last."""
    rows = [row for row in (yield Statement(_DAYS_OF, as_rows(searches))) if row[1] is not None]
    return dict.fromkeys(searches) | dict(readable(rows, _read, _DAMAGED, lambda row: row[0]))


def _read(row: Sequence[object]) -> tuple[int, datetime | None]:
    return int(str(row[0])), decode_one(str(row[1]))


_ADD = BatchStatement(
    columns_of(_blocks, "block"),
    lambda new: (
        insert(_blocks)
        .from_select(["block", "days"], select(new.c.block, literal("")).where(true()), include_defaults=False)
        .on_conflict_do_nothing()
    ),
)
_LOCK = BatchStatement(
    columns_of(_blocks, "block"),
    lambda wanted: (
        select(_blocks.c.block, _blocks.c.days)
        .where(_blocks.c.block.in_(select(wanted.c.block)))
        .order_by(_blocks.c.block)
        .with_for_update()
    ),
)
_PUT = BatchStatement(
    columns_of(_blocks, "block", "days"),
    lambda new: update(_blocks).where(_blocks.c.block == new.c.block).values(days=new.c.days),
)


def note(found: Mapping[int, Days]) -> Script[None]:
    """Note the days on which searches matched, by their blocks; to note a match again changes nothing."""
    yield Statement(_ADD, as_rows(sorted(found)))
    changed = []
    for block, stored in (yield Statement(_LOCK, as_rows(sorted(found)))):
        days = _later(block, stored, found[block])
        if (text := encode(days)) != stored:
            changed.append((block, text))
    if changed:
        yield Statement(_PUT, changed)


def _later(block: int, stored: str, new: Days) -> Days:
    """The later day of each search. Those of a damaged row count as new: no user is told that nothing matched."""
    try:
        return np.maximum(decode(stored), new)
    except UNREADABLE as error:
        left_out(_DAMAGED, error, row=block)
        return np.full(SIZE, new.max(), dtype=np.uint16)
