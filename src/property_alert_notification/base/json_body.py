"""Reads JSON as others send it: what Python's reader would guess, or gives up on, is an error that says where. Pure."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from itertools import chain
from json import JSONDecodeError
from math import inf
from typing import Any

DEEPEST = 100
"""Levels of nesting that are read. Nothing that this service takes has a tenth of them."""

_DEEPEST_ALONE = 600
"""Levels of a body that is not many records. What is less deep is refused with the name of its field."""

REPEATED = "is there more than once with different values: send it once"

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_PARTS = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"?|[\[\]{}]', re.DOTALL)
"""Texts, of which brackets are no brackets, and brackets."""

_CONTAINERS = (dict, list)
"""Of a body with many records each value is asked: a union of types would take three times as long."""

Pairs = list[tuple[str, Any]]


class Repeated(dict[str, Any]):
    """An object that has names more than once, with different values. It has the last ones."""

    names: tuple[str, ...] = ()


class Unreadable(ValueError):
    """The body cannot be read; the text says where, and what to send."""


class RepeatedName(ValueError):
    """An object has a name more than once, with different values."""

    def __init__(self, name: str) -> None:
        super().__init__("a name is repeated")
        self.name = name


def read_json(body: bytes) -> Any:
    """The value of a body. A whole number of thousands of digits is infinite.

    Raises:
        JSONDecodeError: it is not JSON.
        RepeatedName: an object has a name more than once, with different values.
        Unreadable: it is not in UTF-8, or nested too deep.
    """
    text = _text_of(body)
    try:
        return _read(text, _once, _DEEPEST_ALONE)
    except RecursionError:
        raise Unreadable(f"The body is nested too deep: {DEEPEST} levels are read.{_place_of_depth(text)}") from None


def read_records(body: bytes, *, is_lenient: bool = False) -> Any:
    """The value of a body with many records, of which one that cannot be used must not affect the others.

    An object that has a name more than once is a `Repeated`. What is deeper than `DEEPEST` is 0.

    Args:
        body: the body.
        is_lenient: read control characters in texts; a byte that is not of UTF-8 becomes an unpaired surrogate.

    Raises:
        JSONDecodeError: it is not JSON.
        Unreadable: it is not in UTF-8.
    """
    try:
        text = _text_of(body)
    except Unreadable:
        if not is_lenient:
            raise
        text = body.removeprefix(_BYTE_ORDER_MARK).decode("utf-8", "surrogateescape")
    try:
        return _read(text, _marked, DEEPEST, strict=not is_lenient)
    except RecursionError:
        try:
            return _read(_without_depths(text), _marked, DEEPEST, strict=not is_lenient)
        except JSONDecodeError as fault:
            raise JSONDecodeError(fault.msg, text, fault.pos) from None


def repeated_in(value: Any) -> str | None:
    """A name that an object within the value has more than once, if there is one."""
    waiting = [value]
    while waiting:
        part = waiting.pop()
        if isinstance(part, Repeated):
            return part.names[0]
        if isinstance(part, dict):
            waiting += part.values()
        elif isinstance(part, list):
            waiting += part
    return None


def _text_of(body: bytes) -> str:
    try:
        return body.removeprefix(_BYTE_ORDER_MARK).decode("utf-8", "surrogatepass")
    except UnicodeDecodeError as fault:
        place = fault.start + (len(_BYTE_ORDER_MARK) if body.startswith(_BYTE_ORDER_MARK) else 0)
        problem = f"The body is not in UTF-8, which JSON has to be in: see the byte at position {place}."
        raise Unreadable(problem) from None


def _read(text: str, objects: Callable[[Pairs], dict[str, Any]], deepest: int, *, strict: bool = True) -> Any:
    try:
        value = _READERS[objects, strict].decode(text)
    except (JSONDecodeError, RepeatedName):
        raise
    except ValueError:  # Python converts no number of more than 4,300 digits
        value = json.JSONDecoder(object_pairs_hook=objects, parse_int=_whole, strict=strict).decode(text)
    if _is_deeper(value, deepest):  # how deep Python itself reads depends on its version
        raise RecursionError
    return value


def _is_deeper(value: Any, levels: int) -> bool:
    level = [value] if isinstance(value, _CONTAINERS) else []
    for _ in range(levels):
        parts = chain.from_iterable(one.values() if isinstance(one, dict) else one for one in level)
        level = [part for part in parts if isinstance(part, _CONTAINERS)]
        if not level:
            return False
    return True


def _whole(digits: str) -> int | float:
    try:
        return int(digits)
    except ValueError:
        return -inf if digits.startswith("-") else inf


def _once(pairs: Pairs) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs) and (names := _contradictions(pairs)):
        raise RepeatedName(names[0])
    return found


def _marked(pairs: Pairs) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs) and (names := _contradictions(pairs)):
        found = Repeated(found)
        found.names = names
    return found


_READERS: Mapping[tuple[Callable[[Pairs], dict[str, Any]], bool], json.JSONDecoder] = {
    (objects, strict): json.JSONDecoder(object_pairs_hook=objects, strict=strict)
    for objects, strict in ((_once, True), (_marked, True), (_marked, False))
}


def _contradictions(pairs: Pairs) -> tuple[str, ...]:
    """The names that have different values."""
    first: dict[str, Any] = {}
    return tuple(dict.fromkeys(name for name, value in pairs if not _is_same(first.setdefault(name, value), value)))


def _is_same(one: Any, other: Any) -> bool:
    # Lists and objects are not compared: they may hold all the rest of a large body, at each of many levels.
    return one is other or (type(one) is type(other) and not isinstance(one, dict | list) and bool(one == other))


def _depths(text: str) -> Iterator[tuple[int, int, int]]:
    """The depth within each bracket that opens and around each that closes, and where it begins and ends."""
    depth = 0
    for part in _PARTS.finditer(text):
        if part[0] in "[{":
            depth += 1
            yield depth, part.start(), part.end()
        elif part[0] in "]}":
            yield -depth, part.start(), part.end()
            depth -= 1


def _without_depths(text: str) -> str:
    """The text with 0 in place of what is nested too deep; everything else is where it was."""
    kept, done, is_within = list[str](), 0, False
    for depth, begin, end in _depths(text):
        if depth == DEEPEST + 1:
            kept.append(text[done:begin])
            done, is_within = begin, True
        elif depth == -DEEPEST - 1:
            kept.append("0".ljust(end - done))
            done, is_within = end, False
    # What never ends is no JSON.
    return "".join(kept if is_within else [*kept, text[done:]])


def _place_of_depth(text: str) -> str:
    begin = next((begin for depth, begin, _ in _depths(text) if depth > DEEPEST), None)
    if begin is None:
        return ""
    line, before = text.count("\n", 0, begin) + 1, text.rfind("\n", 0, begin)
    return f" See line {line}, column {begin - before}."
