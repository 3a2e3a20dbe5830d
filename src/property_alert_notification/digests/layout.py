"""Writes the text of a digest: a title, its items with first lines and links, and the number of further items. Pure."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from property_alert_notification.messages.links import find_links

SHOWN = 20
"""The maximum number of items in a long digest."""

SHORT = 280
"""The maximum number of characters in a short digest: about two SMS segments."""

_LINES, _EXCERPT, _LONGEST_LINK, _LONGEST_TITLE = 2, 160, 300, 120


class Part(NamedTuple):
    """One item of a digest."""

    title: str
    message: str
    """The message, or its beginning."""


def compose(category: str, parts: Sequence[Part], *, short: bool) -> tuple[str, str]:
    """Write the title and the message of a digest of these items, at least one.

    A digest is `short` on a channel where length costs money. It ends with the number of items that it does not show.
    """
    about = category.replace("_", " ").replace("-", " ")
    title = f"{about[:1].upper()}{about[1:]}: {len(parts):,} new"
    return title, _short(parts) if short else _long(parts)


def _long(parts: Sequence[Part]) -> str:
    shown = ["\n".join(_lines(part)) for part in parts[:SHOWN]]
    return "\n\n".join([*shown, *_and_more(len(parts) - len(shown))])


def _lines(part: Part) -> Iterator[str]:
    yield f"• {part.title}"
    first = [line.strip() for line in part.message.splitlines() if line.strip()][:_LINES]
    words = _cut(" ".join(first), _EXCERPT)
    if words:
        yield words
    link = _link(part.message)
    if link is not None and link not in words:
        yield link


def _short(parts: Sequence[Part]) -> str:
    lines: list[str] = []
    room = SHORT - len(next(_and_more(len(parts)), ""))
    for part in parts:
        line = f"- {_cut(part.title, _LONGEST_TITLE)}"
        room -= len(line) + 1
        if lines and room < 0:
            break
        lines.append(line)
    return "\n".join([*lines, *_and_more(len(parts) - len(lines))])


def _and_more(count: int) -> Iterator[str]:
    if count:
        yield f"and {count:,} more"


def _link(message: str) -> str | None:
    """The first web address, if it is short enough to be shown whole."""
    if "://" not in message:
        return None
    for line in message.splitlines():
        if "://" not in line:  # asked here, it costs no call
            continue
        for start, end in find_links(line):
            return line[start:end] if end - start <= _LONGEST_LINK else None
    return None


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"
