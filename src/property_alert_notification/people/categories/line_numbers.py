"""Finds the lines of a TOML or JSON file on which its fields begin, for error messages. Pure.

The parsers of the standard library keep no lines. Both functions expect a document that these parsers accept.
"""

import json
import re
from collections.abc import Iterator, Mapping

Place = tuple[str, ...]
"""The keys that lead to a field."""

_TOKENS = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]:,]|[^\s{}\[\]:,"]+')


def in_json(text: str) -> Iterator[tuple[Place, int]]:
    """Each field of the objects of a JSON document, also one that is repeated, and its line."""
    inside: list[str | None] = []
    """For each object and list around the token: the key of the value that follows; None if a key follows."""
    opened: list[str] = []
    line, counted_to = 1, 0
    for token in _TOKENS.finditer(text):
        match sign := token[0]:
            case "{" | "[":
                opened.append(sign)
                inside.append(None)
            case "}" | "]":
                opened.pop()
                inside.pop()
            case ",":
                inside[-1] = None
            case _ if sign.startswith('"') and opened[-1:] == ["{"] and inside[-1] is None:
                inside[-1] = json.loads(sign)
                line += text.count("\n", counted_to, token.start())
                counted_to = token.start()
                yield tuple(key for key in inside if key is not None), line


_KEY = r"""(?:[A-Za-z0-9_-]+|"(?:[^"\\]|\\.)*"|'[^']*')"""
_KEYS = rf"{_KEY}(?:\s*\.\s*{_KEY})*"
_TABLE = re.compile(rf"\s*\[\s*({_KEYS})\s*\]")
_FIELD = re.compile(rf"\s*({_KEYS})\s*=")


def in_toml(text: str) -> Iterator[tuple[Place, int]]:
    """The tables of a TOML document and the fields that begin a line, each with its line."""
    table: Place = ()
    for number, line in enumerate(text.split("\n"), start=1):
        if found := _TABLE.match(line):
            table = _place(found[1])
            yield table, number
        elif found := _FIELD.match(line):
            place = table + _place(found[1])
            yield from ((place[:length], number) for length in range(len(table) + 1, len(place) + 1))


def _place(keys: str) -> Place:
    return tuple(key.strip("\"'") for key in re.findall(_KEY, keys))


def line_of(place: Place, lines: Mapping[Place, int]) -> int | None:
    """The line of a field, or of the innermost one around it that has a line."""
    while place and place not in lines:
        place = place[:-1]
    return lines.get(place)
