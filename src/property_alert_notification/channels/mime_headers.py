"""Writes the fields in the head of an email: in plain letters where that is possible, else as encoded words.

Sources: RFC 5322 (lines and folding), RFC 2047 (encoded words).
"""

import binascii
import re
from collections.abc import Iterator
from functools import lru_cache

from property_alert_notification.base.errors import Refused

CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_HEADER_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,63}")
_NOT_FREE = re.compile(
    "from|sender|reply-to|to|cc|bcc|subject|date|message-id|return-path|received|mime-.*|content-.*", re.IGNORECASE
)
_LINE_LENGTH = 76
_VERBATIM = re.compile(r"(?!.*=\?)[!-~]+")
"""A value of one word, which no reader takes for an encoded word."""
LONGEST_LINE = 998  # octets, without CRLF; RFC 5322, 2.1.1
_WORD_OCTETS = 45  # become 60 characters, 72 with what makes them an encoded word; RFC 2047 allows 75


def write_all(headers: tuple[tuple[str, str], ...]) -> str:
    """The lines of the headers that come with a message.

    Raises:
        Refused: a name is none, or a value holds a control character.
    """
    check(headers)
    return "".join([f"{name}: {_structured(name, value)}\r\n" for name, value in headers])


def check(headers: tuple[tuple[str, str], ...]) -> None:
    """Check the headers that come with a message.

    Raises:
        Refused: a name is none, or a value holds a control character.
    """
    for name, value in headers:
        if not _is_free(name):
            raise Refused("a header of the message has a name that it cannot have")
        if CONTROL.search(value):
            raise Refused("a header of the message holds a control character")


@lru_cache(maxsize=256)
def _is_free(name: str) -> bool:
    """Whether a message may bring a header of this name."""
    return bool(_HEADER_NAME.fullmatch(name)) and not _NOT_FREE.fullmatch(name)


def _structured(name: str, value: str) -> str:
    """A header value in its own letters, where that is possible: no program decodes what a URL in it became.

    Sources: RFC 8058, 3.1, and RFC 2369, 2 (List-Unsubscribe); RFC 5322, 2.1.1 (lines of 998 octets).
    """
    if _VERBATIM.fullmatch(value) and len(name) + 2 + len(value) <= LONGEST_LINE:
        return value
    return unstructured(name, value)


def unstructured(name: str, value: str) -> str:
    """A header value that reads as `value`, in lines of at most 76 columns."""
    plain = value.isascii() and "=?" not in value
    if plain and len(name) + 2 + len(value) <= _LINE_LENGTH and value == value.strip(" "):
        return value
    words = value.split(" ")
    if plain and all(0 < len(word) < _LINE_LENGTH - len(name) - 2 for word in words):
        return "\r\n ".join(_lines(name, words))
    return encoded_words(name, value)


def _lines(name: str, words: list[str]) -> Iterator[str]:
    line, room = words[0], _LINE_LENGTH - len(name) - 2
    for word in words[1:]:
        if len(line) + 1 + len(word) > room:
            yield line
            line, room = word, _LINE_LENGTH - 1
        else:
            line = f"{line} {word}"
    yield line


def encoded_words(name: str, value: str) -> str:
    """RFC 2047, in pieces that each end with a whole character."""
    pieces, piece = [], b""
    room = _WORD_OCTETS - len(name) // 4 * 3 - 3  # the name of the header precedes the first piece
    for character in value:
        encoded = character.encode()
        if len(piece) + len(encoded) > room:
            pieces.append(piece)
            piece, room = b"", _WORD_OCTETS
        piece += encoded
    pieces.append(piece)
    return "\r\n ".join(f"=?utf-8?b?{binascii.b2a_base64(piece, newline=False).decode()}?=" for piece in pieces)
