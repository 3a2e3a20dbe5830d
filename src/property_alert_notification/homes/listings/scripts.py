"""The step of scripts that takes numbers: those of changes and edits, and others that count something."""

from sqlalchemy import Integer, String, bindparam, literal, select, true

# Its words for conflicts are SQLite's too.
from sqlalchemy.dialects.postgresql import insert

from property_alert_notification.database import BatchStatement, Script, Statement, as_rows, columns_of, table_of
from property_alert_notification.homes.listings.models import ListingPosition

_positions = table_of(ListingPosition)

CHANGES = "listing_changes"
"""The name of the numbers of changes."""

_count = bindparam("count", type_=Integer)
_TAKE = BatchStatement(
    {},
    lambda _: (
        insert(_positions)
        .values(name=bindparam("name", type_=String), last=_count)
        .on_conflict_do_update(index_elements=["name"], set_={"last": _positions.c.last + _count})
        .returning(_positions.c.last)
    ),
)


def take_numbers(count: int, *, name: str = CHANGES) -> Script[int]:
    """Take the next numbers of changes, or those that count something else; returns the first of them.

    Until the transaction ends no other one takes numbers: so no lower number is committed after a higher one.
    """
    [[last]] = yield Statement(_TAKE, (), {"name": name, "count": count})
    return int(last) - count + 1


_TAKE_NEXT = BatchStatement(
    columns_of(_positions, "name"),
    lambda wanted: (
        insert(_positions)
        .from_select(["name", "last"], select(wanted.c.name, literal(1)).where(true()))
        .on_conflict_do_update(index_elements=["name"], set_={"last": _positions.c.last + 1})
        .returning(_positions.c.last)
    ),
    of_one=True,
)


def next_number(name: str = CHANGES) -> Statement:
    """Takes the next number, and returns it to the other statements of its group."""
    return Statement(_TAKE_NEXT, as_rows([name]))
