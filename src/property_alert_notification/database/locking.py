"""How one statement chooses and locks rows."""

from typing import Any

from sqlalchemy import ColumnElement, Select, select


def among(key: ColumnElement[Any], chosen: Select[tuple[Any]], *, wait: bool = False) -> ColumnElement[bool]:
    """The row with this key is one of the chosen, which are locked. Rows that another has locked are skipped.

    With `wait` the statement waits for them instead.

    They are chosen once: a plain subquery with a limit may be run again for each row, and find other rows each time.
    """
    return key.in_(select(chosen.with_for_update(skip_locked=not wait).cte("chosen").c[0]))
