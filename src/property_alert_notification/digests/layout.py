"""Writes the text of a digest: a title, its items with first lines and links, and the number of further items. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from property_alert_notification.base.languages import in_language
from property_alert_notification.messages.links import find_links

SHOWN = 20
"""The maximum number of items of a long digest that have more than a line."""

LONGEST = 20_000
"""The maximum number of characters in a long digest, unless the items that have more than a line need more."""

SHORT = 280
"""The maximum number of characters in a short digest: about two SMS segments."""

_LINES, _EXCERPT, _LONGEST_LINK, _LONGEST_TITLE = 2, 160, 300, 120
_MOST_LINES, _LONGEST_LINE = 24, 240
"""How many lines of its own an item may have, and how long one may be: a first alert has a line for each home."""


class Part(NamedTuple):
    """One item of a digest."""

    title: str
    message: str
    """The message, or its beginning."""
    lines: Sequence[str] = ()
    """What a long digest shows of it; if there are none, the first lines and the first link of the message."""


class _Words(NamedTuple):
    """A language."""

    one: str
    some: str
    more: str
    categories: Mapping[str, str]
    """The names of those that are shown otherwise than they are called."""


_WORDS = {
    "en": _Words("{about}: 1 new", "{about}: {count:,} new", "and {count:,} more", {"listing_alert": "Listing alerts"}),
    "es": _Words(
        "{about}: 1 novedad",
        "{about}: {count} novedades",
        "y {count} más",
        {
            "general": "Mensajes generales",
            "listing_alert": "Avisos de viviendas",
            "viewing": "Visitas",
            "offer": "Ofertas",
            "account": "Cuenta",
        },
    ),
}


def compose(category: str, parts: Sequence[Part], *, short: bool, language: str | None = None) -> tuple[str, str]:
    """Write the title and the message of a digest of these items, at least one.

    A digest is `short` on a channel where length costs money. It ends with the number of items that it does not show.
    `language` is the BCP 47 tag of its user.
    """
    words = in_language(_WORDS, language)
    named = category.replace("_", " ").replace("-", " ")
    about = words.categories.get(category) or f"{named[:1].upper()}{named[1:]}"
    title = (words.one if len(parts) == 1 else words.some).format(about=about, count=len(parts))
    return title, _short(parts, words) if short else _long(parts, words)


def _long(parts: Sequence[Part], words: _Words) -> str:
    """The first items with their lines, the others with a line each, as many as there is room for."""
    shown = ["\n".join(_lines(part)) for part in parts[:SHOWN]]
    room = LONGEST - sum(len(text) + 2 for text in shown) - len(next(_and_more(len(parts), words), "")) - 1
    brief: list[str] = []
    for part in parts[SHOWN:]:
        line = _in_a_line(part)
        room -= len(line) + 1
        if room < 0:
            break
        brief.append(line)
    others = ["\n".join(brief)] if brief else []
    return "\n\n".join([*shown, *others, *_and_more(len(parts) - len(shown) - len(brief), words)])


def _in_a_line(part: Part) -> str:
    title = f"• {_cut(part.title, _LONGEST_TITLE)}"
    return f"{title} ({_cut(part.lines[0], _LONGEST_TITLE)})" if part.lines else title


def _lines(part: Part) -> Iterator[str]:
    yield f"• {part.title}"
    if part.lines:
        yield from (_cut(line, _LONGEST_LINE) for line in part.lines[:_MOST_LINES])
        return
    first = [line.strip() for line in part.message.splitlines() if line.strip()][:_LINES]
    words = _cut(" ".join(first), _EXCERPT)
    if words:
        yield words
    link = _link(part.message)
    if link is not None and link not in words:
        yield link


def _short(parts: Sequence[Part], words: _Words) -> str:
    lines: list[str] = []
    room = SHORT - len(next(_and_more(len(parts), words), ""))
    for part in parts:
        line = f"- {_cut(part.title, _LONGEST_TITLE)}"
        room -= len(line) + 1
        if lines and room < 0:
            break
        lines.append(line)
    return "\n".join([*lines, *_and_more(len(parts) - len(lines), words)])


def _and_more(count: int, words: _Words) -> Iterator[str]:
    if count:
        yield words.more.format(count=count)


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
