"""Tables on a terminal, whatever is in them."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text

WIDEST_ROW = 200
"""Columns of a list: where a screen is too narrow, lines that wrap are better than ids cut short."""


def headed(*headings: str) -> "Table":
    """An empty table with these columns."""
    from rich import box
    from rich.markup import escape
    from rich.table import Table

    return Table(*[escape(_harmless(heading)) for heading in headings], box=box.SIMPLE_HEAD, pad_edge=False)


def plain(value: object) -> "Text":
    """As it was written: brackets in it are no markup."""
    from rich.text import Text

    return Text(_harmless(str(value)))


def local(moment: datetime | None) -> str:
    """In the time zone of whoever looks; empty for no time."""
    if moment is None:
        return ""
    try:
        moment = moment.astimezone()
    except (OverflowError, ValueError, OSError):  # at the end of all time there is no other zone's
        moment = moment.astimezone(UTC)
    return f"{moment:%Y-%m-%d %H:%M:%S %Z}"


def _harmless(text: str) -> str:
    """Without anything that a terminal would obey."""
    return "".join(sign if sign.isprintable() or sign == "\n" else "\N{REPLACEMENT CHARACTER}" for sign in text)
