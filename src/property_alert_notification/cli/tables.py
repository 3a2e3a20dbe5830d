"""Tables on a terminal of any width, whatever is in them."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.text import Text

WITHOUT_TERMINAL = 200
"""Columns without a terminal, as in a pipe: a row stays one line, for grep."""

NARROWEST_TEXT = 8
"""Columns that text needs at least beside others."""

_ID = 36
_GAP = 2


def print_rows(headings: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print a list as a table whose last column may wrap; where that is too wide, each row below its first cell.

    No cell is cut short: it may be an id to copy.
    """
    console = _console()
    cells = [[plain(value) for value in row] for row in rows]
    if _row_width(headings, cells) <= console.width:
        console.print(_table(headings, cells))
        return
    for first, *others in cells:
        console.print(first, style="bold", soft_wrap=True)
        facts = [(heading, value) for heading, value in zip(headings[1:], others, strict=True) if value.plain]
        console.print(_below_each_other(facts))


def print_facts(what: str, name: str, facts: Sequence[tuple[str, object]]) -> None:
    """Print what is known of one thing: a line for each fact, and its value below it where there is no room beside."""
    console = _console()
    cells = [(_harmless(heading), plain(value)) for heading, value in facts]
    beside = max([len(what), *(len(heading) for heading, _ in cells)]) + _GAP
    words = [word for _, value in [(what, plain(name)), *cells] for word in value.plain.split()]
    # A word that is longer than an id is no id: it may be broken.
    if beside + max([NARROWEST_TEXT, *(min(len(word), _ID) for word in words)]) <= console.width:
        console.print(_table([what, name], cells))
        console.print()
        return
    console.print(plain(f"{what}\n{name}"), style="bold", soft_wrap=True)
    for heading, value in cells:
        console.print(plain(heading), style="dim")
        console.print(value, soft_wrap=" " not in value.plain)
    console.print()


def plain(value: object) -> "Text":
    """As it was written: brackets in it are no markup."""
    from rich.text import Text

    return Text(_harmless(str(value)))


def local(moment: datetime | None) -> str:
    """In the time zone of this machine; empty for no time."""
    if moment is None:
        return ""
    try:
        moment = moment.astimezone()
    except (OverflowError, ValueError, OSError):  # at the end of all time there is no other zone's
        moment = moment.astimezone(UTC)
    return f"{moment:%Y-%m-%d %H:%M:%S %Z}"


def _console() -> "Console":
    import shutil

    from rich.console import Console

    # Rich takes a pipe for a terminal of 80 columns.
    return Console(width=shutil.get_terminal_size((WITHOUT_TERMINAL, 50)).columns, highlight=False)


def _row_width(headings: Sequence[str], rows: Sequence[Sequence["Text"]]) -> int:
    widths = [max([len(heading), *(row[at].cell_len for row in rows)]) for at, heading in enumerate(headings)]
    return sum(widths[:-1]) + min(widths[-1], max(NARROWEST_TEXT, len(headings[-1]))) + _GAP * (len(headings) - 1)


def _table(headings: Sequence[str], rows: Sequence[Sequence["RenderableType"]]) -> "RenderableType":
    from rich import box
    from rich.table import Column, Table

    *whole, last = [plain(heading) for heading in headings]
    columns = [Column(heading, no_wrap=True) for heading in whole] + [Column(last, overflow="fold")]
    table = Table(*columns, box=box.SIMPLE_HEAD, padding=(0, _GAP - 1, 0, 0), pad_edge=False, show_edge=False)
    for row in rows:
        table.add_row(*row)
    return table


def _below_each_other(facts: Sequence[tuple[str, "Text"]]) -> "RenderableType":
    from rich.padding import Padding
    from rich.table import Column, Table

    table = Table.grid(Column(no_wrap=True), Column(overflow="fold"), padding=(0, _GAP, 0, 0))
    for heading, value in facts:
        table.add_row(plain(heading), value)
    return Padding(table, (0, 0, 0, _GAP))


def _harmless(text: str) -> str:
    """Without anything that a terminal would obey."""
    return "".join(sign if sign.isprintable() or sign == "\n" else "\N{REPLACEMENT CHARACTER}" for sign in text)
