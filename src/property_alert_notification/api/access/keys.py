"""The form of an API key: a checksum in it finds a mistyped key without a query. Pure.

A key is `pa_live_<random>_<checksum>` or `pa_test_<random>_<checksum>`. The fixed beginning lets scanners find a key
that leaked, the checksum finds a mistyped one.
"""

import hashlib
import re
import zlib

RANDOM_BITS = 208
"""Lists show the first of them; 160 secret bits remain."""

SHOWN = 16
"""Characters of a key that lists show, to recognise it."""

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_RANDOM_LENGTH = 35  # 62 ** 35 > 2 ** 208
_CHECKSUM_LENGTH = 6  # 62 ** 6 > 2 ** 32
_FORM = re.compile(rf"(pa_(?:live|test)_[0-9A-Za-z]{{{_RANDOM_LENGTH}}})_([0-9A-Za-z]{{{_CHECKSUM_LENGTH}}})")


def compose(random_bits: int, *, test: bool) -> str:
    """The key that these `RANDOM_BITS` random bits make."""
    body = f"pa_{'test' if test else 'live'}_{_base62(random_bits, _RANDOM_LENGTH)}"
    return f"{body}_{_checksum(body)}"


def is_well_formed(key: str) -> bool:
    """Whether this may be a key of ours: it has the form, and its checksum is right."""
    parts = _FORM.fullmatch(key)
    return parts is not None and _checksum(parts[1]) == parts[2]


def digest(key: str) -> str:
    """The stored form of a key: its SHA-256, in hexadecimal.

    A slow hash protects passwords that people choose; 208 random bits cannot be guessed.
    """
    return hashlib.sha256(key.encode()).hexdigest()


def _checksum(body: str) -> str:
    return _base62(zlib.crc32(body.encode()), _CHECKSUM_LENGTH)


def _base62(number: int, length: int) -> str:
    digits = []
    for _ in range(length):
        number, digit = divmod(number, 62)
        digits.append(_DIGITS[digit])
    return "".join(reversed(digits))
