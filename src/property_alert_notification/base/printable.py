"""Characters that no store and no wire carries faithfully: control characters, lone surrogates and non-characters."""

import re
from typing import Any

UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
"""Line breaks and tabs are not among them."""


def is_printable(value: Any) -> bool:
    """Whether no text in a value of JSON has such a character, nor any name of its fields."""
    waiting = [value]
    while waiting:
        part = waiting.pop()
        if isinstance(part, str):  # most parts are
            if not part.isprintable() and UNPRINTABLE.search(part):
                return False
        elif isinstance(part, dict):
            waiting += [*part, *part.values()]
        elif isinstance(part, list):
            waiting += part
    return True


def printable(text: str) -> str:
    """The text with blanks in place of such characters, and without them at its ends."""
    if text.isprintable() or not UNPRINTABLE.search(text):
        return text
    return UNPRINTABLE.sub(" ", text).strip()
