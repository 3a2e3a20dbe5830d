"""How many segments an SMS text costs, and how to cut it to fewer.

Sources: 3GPP TS 23.038 (the GSM 7 bit default alphabet and its extension table) and TS 23.040 (concatenation). A
segment holds 140 octets; in a text of several, 6 of them join the parts.
"""

from dataclasses import dataclass
from enum import StrEnum

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENSION = frozenset("\f^{}\\[~]|€")
_GSM7 = _BASIC | _EXTENSION
_PLAIN = str.maketrans(
    dict.fromkeys("\u00ab\u00bb\u201c\u201d\u201e", '"')
    | dict.fromkeys("\u2018\u2019\u201a", "'")
    | dict.fromkeys("\u2013\u2014", "-")
    | {"\u2026": "...", "\u00a0": " "}
)
"""Typographic quotes, dashes, dots and spaces, which the GSM alphabet does not have."""

_ELLIPSIS = "..."  # the one character "…" would turn a GSM-7 text into UCS-2, which holds less than half


class Encoding(StrEnum):
    """How a text travels; one character outside the GSM alphabet makes all of it UCS-2."""

    GSM7 = "gsm7"
    UCS2 = "ucs2"


@dataclass(frozen=True, slots=True)
class Size:
    """The size of a text."""

    encoding: Encoding
    units: int
    """Septets in GSM-7, UTF-16 code units in UCS-2."""
    segments: int
    """The number of segments, which the provider charges for; 1 for an empty text."""


_ALONE = {Encoding.GSM7: 160, Encoding.UCS2: 70}
_JOINED = {Encoding.GSM7: 153, Encoding.UCS2: 67}


def measure(text: str) -> Size:
    """The size of `text` as one message."""
    encoding = Encoding.GSM7 if _GSM7.issuperset(text) else Encoding.UCS2
    costs = _costs(text, encoding)
    units = sum(costs)
    return Size(encoding, units, 1 if units <= _ALONE[encoding] else _fill(costs, _JOINED[encoding]))


def as_plain(text: str) -> str:
    """`text` with plain quotes, dashes and spaces for typographic ones, if it then is all of the GSM alphabet.

    Otherwise a pair of quotes makes it UCS-2, and a message of three segments loses more than half of what it may say.
    """
    plain = text.translate(_PLAIN)
    return plain if _GSM7.issuperset(plain) else text


def cut(text: str, most: int, link: str | None = None) -> str:
    """`text` itself if it costs at most `most` segments, else its longest beginning that does, with "..." after it.

    If its `link` would be lost, the beginning is shorter, and the link follows it, unless it has no room itself.
    """
    if measure(text).segments <= most:
        return text
    short = _beginning(text, len(text), most, _ELLIPSIS)
    ending = f"{_ELLIPSIS}\n{link}"
    if not link or link in short.removesuffix(_ELLIPSIS) or measure(ending).segments > most:
        return short
    return _beginning(text, text.index(link), most, ending)


def _beginning(text: str, end: int, most: int, ending: str) -> str:
    # A longer beginning never costs less, so halving finds the longest that fits.
    fits, too_long = 0, end
    while too_long - fits > 1:
        middle = (fits + too_long) // 2
        if measure(text[:middle] + ending).segments <= most:
            fits = middle
        else:
            too_long = middle
    return text[:fits].rstrip() + ending


def is_cut(text: str, whole: str) -> bool:
    """Whether `text` is the result of `cut` for `whole`."""
    beginning, dots, link = text.rpartition(_ELLIPSIS)
    return text != whole and bool(dots) and whole.startswith(beginning) and link.strip() in whole


def _costs(text: str, encoding: Encoding) -> list[int]:
    if encoding is Encoding.GSM7:
        return [2 if character in _EXTENSION else 1 for character in text]
    return [2 if character > "\uffff" else 1 for character in text]


def _fill(costs: list[int], room: int) -> int:
    """Segments that these characters fill: neither an escape sequence nor a surrogate pair is split between two."""
    segments, used = 1, 0
    for cost in costs:
        used += cost
        if used > room:
            segments, used = segments + 1, cost
    return segments
