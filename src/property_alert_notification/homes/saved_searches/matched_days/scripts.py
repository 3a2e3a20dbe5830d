"""Scripts that note on which days searches matched last, and the step that reads it."""

from collections.abc import Collection, Mapping
from datetime import datetime

import numpy as np
from sqlalchemy import BigInteger, ColumnElement, Integer, cast, func, literal, select, true, update

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


def stored_day(number: ColumnElement[int]) -> ColumnElement[str]:
    """What `read_day` reads, as a column of a statement with the numbers of searches."""
    first = cast(number % SIZE * DIGITS + 1, Integer)
    # As a query of its own for each number, so that PostgreSQL uses the index whatever its statistics say.
    return select(func.substr(_blocks.c.days, first, DIGITS)).where(_blocks.c.block == number // SIZE).scalar_subquery()


def read_day(number: int, digits: str | None) -> datetime | None:
    """The beginning of the day on which a search matched last; None if nothing matched yet."""
    return next(readable([digits or ""], decode_one, _DAMAGED, lambda _: number), None)


_DAYS_OF = BatchStatement({"number": BigInteger()}, lambda wanted: select(wanted.c.number, stored_day(wanted.c.number)))


def last_match_days(searches: Collection[int]) -> Script[Mapping[int, datetime | None]]:
    """The beginning of the day on which each of these searches, by their numbers, matched last."""
    return {number: read_day(number, digits) for number, digits in (yield Statement(_DAYS_OF, as_rows(searches)))}


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
