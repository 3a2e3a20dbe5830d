"""Words and texts of a feed: what can be understood without guessing is, everything else is a ValueError.

The text of each error says what is wrong and what to send; it never repeats the value.
"""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from property_alert_notification.homes.reso.values import NO_VALUE
from property_alert_notification.homes.reso.words import LOCKED, LOOKUPS, member, squash

_SEPARATOR = re.compile(r"[;|\n]|,(?!\d{3}(?!\d))|(?<!\d),")
"""Between the values of a field with several. The comma of `1,000 gallons` separates none."""
_IN_BRACKETS = re.compile(r"\([^()]*\)")


def word_of(field: str, value: Any) -> str | None:
    """A member of an enumeration, in RESO's spelling if it is one of RESO's.

    Raises:
        ValueError: it is none, and the enumeration is locked.
    """
    if not isinstance(value, str) or value[:1] == "[":
        listed = _listed(value)
        value = listed[0] if len(listed) == 1 else listed or None
    if value is None or (isinstance(value, str) and value.strip().lower() in NO_VALUE):
        return None
    if not isinstance(value, str):
        raise ValueError("must be one word of its enumeration")  # noqa: TRY004 - a wrong value, not a fault of ours
    found = LOOKUPS[field].get(squash(member(value.strip())))
    if found is None and _SEPARATOR.search(value) and _all_known(field, _parts_of(value)):
        raise ValueError("must be one word of its enumeration")
    if found is None and field in LOCKED:
        raise ValueError(f"must be one of {', '.join(dict.fromkeys(LOOKUPS[field].values()))}")
    return found or member(value.strip())


def words_of(value: Any) -> list[str] | None:
    """The values of a field that has several: a list, or a text with commas, semicolons, bars or line breaks.

    They also separate values within one of a list: a system that has one text may send it in a list. What is in
    brackets stays together.

    Raises:
        ValueError: it is neither.
    """
    listed = value if isinstance(value, list) and all(map(_is_plain, value)) else _listed(value)
    if listed is not value and not all(isinstance(one, str) for one in listed):
        raise ValueError("must be a list of words, or one text with commas")
    return (
        list(dict.fromkeys(word for one in listed for part in _parts_of(member(one.strip())) if (word := member(part))))
        or None
    )


def word_or_words_of(value: Any) -> str | list[str] | None:
    """The value of a field that has one, or a list if a feed has several there.

    Raises:
        ValueError: it is neither.
    """
    if isinstance(value, str) and value[:1] != "[" and not _SEPARATOR.search(value):
        return value
    found = words_of(value)
    return found[0] if found and len(found) == 1 else found


def text_of(value: Any) -> str | list[str] | None:
    """The text of a field that has one; a number is one, and so is a list with one. Some feeds have several texts.

    Raises:
        ValueError: it is none.
    """
    if not isinstance(value, list):
        return None if value is None else _text_of(value)
    texts = [_text_of(one) for one in value if one is not None and one != ""]
    return texts if len(texts) > 1 else next(iter(texts), None)


def _text_of(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("must be a text")  # noqa: TRY004 - a wrong value, not a fault of ours
    return str(int(value) if value == value // 1 else value)


def _is_plain(one: Any) -> bool:
    return isinstance(one, str) and one[:1] != "["


def _listed(value: Any) -> list[Any]:
    """The values of a list, of a list that is written as a JSON text, or else the one that there is."""
    if isinstance(value, str):
        if value[:1] != "[":
            return [value]
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return [value]
    if not isinstance(value, list):
        return [] if value is None else [value]
    parts = [part for one in value for part in (_listed(one) if isinstance(one, str) else [one])]
    return [one for one in parts if one is not None]


def _all_known(field: str, words: Iterable[str]) -> bool:
    return all(squash(member(word)) in LOOKUPS[field] for word in words)


def _parts_of(text: str) -> Iterator[str]:
    if not _SEPARATOR.search(text):
        yield text.strip()
        return
    # The same text with letters in place of what is in brackets has its separators at the same places.
    outside = _IN_BRACKETS.sub(lambda found: "x" * len(found[0]), text)
    begin = 0
    for end, next_ in [*(found.span() for found in _SEPARATOR.finditer(outside)), (len(text), 0)]:
        yield text[begin:end].strip()
        begin = next_
