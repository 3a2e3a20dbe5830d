"""Text without case, accents and other differences that do not tell two addresses from each other. Pure."""

import re
import unicodedata
from html import unescape
from typing import Any

_APOSTROPHES = str.maketrans(dict.fromkeys("'`\u00b4\u2018\u2019\u02bc\u2032", ""))
_LETTERS = str.maketrans(
    {"\u2044": "/", "ø": "o", "ł": "l", "đ": "d", "æ": "a", "œ": "o", "\u0131": "i"}
    | dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-")
)
_INITIALS = re.compile(
    r"\b(?:[nsew]\.\s?[nsew]|u\.\s?s|s\.\s?r|f\.\s?m|c\.\s?r|r\.\s?m|r\.\s?r|h\.\s?c|s\.\s?h|p\.\s?o|d\.\s?c)\."
)
_FRACTION = re.compile(r"\s?([½¼¾⅐-⅞])")
_BEFORE_POSTCODE = re.compile(r"(?<=\d)\s+-\s+(?=\d{5} )")


def plain(text: str) -> str:
    """Without case, accents and invisible characters; dashes and digits are those of ASCII."""
    if text.isascii():
        return text.casefold()
    text = unicodedata.normalize("NFKD", text).casefold().translate(_LETTERS)
    if text.isascii():
        return text
    shown = (one for one in text if not unicodedata.combining(one) and unicodedata.category(one) != "Cf")
    return "".join(str(unicodedata.digit(one)) if one.isdecimal() else one for one in shown)


def fold(value: Any) -> str:
    """The text of a field without case, accents, apostrophes, dots and double blanks."""
    if value is None:
        return ""
    text = str(value).replace("\n", ", ")
    if "&" in text:
        text = unescape(text)
    if not text.isascii():
        text = _with_plain_numbers(text.translate(_APOSTROPHES))
    elif "'" in text or "`" in text:
        text = text.translate(_APOSTROPHES)
    text = plain(text)
    if "-" in text or "/" in text:
        text = _with_plain_dashes(text)
    if "&" in text or " and " in text or " to " in text:
        text = re.sub(r"(?<=\d) ?(?:&| and ) ?(?=\d+\b)", "&", text)
        text = re.sub(r"^(\d+) to (?=\d+ )", r"\1-", text)
    if "." in text:
        text = _INITIALS.sub(lambda found: re.sub(r"[.\s]", "", found[0]) + " ", text)
        text = re.sub(r"(?<=[a-z])\.|\.(?=\s|$)|\.0(?=\s|$)", " ", text)
    return " ".join(text.split())


def _with_plain_numbers(text: str) -> str:
    """Without the signs of ordinals, and with a blank before fractions."""
    text = re.sub(r"\bp\.?º", "paseo ", text, flags=re.IGNORECASE)
    text = re.sub(r"-\s*(?=\d+\s?\.?[ºª°])", ", ", text)  # Calle Mayor, 5 - 3º B
    return _FRACTION.sub(r" \1", re.sub(r"(?<=\d)\s?\.?[ºª°]", " ", text))


def _with_plain_dashes(text: str) -> str:
    """With those dashes and strokes that belong to a number, and commas for the others."""
    *_, last = [None, *_BEFORE_POSTCODE.finditer(text)]
    if last and re.search(r"[a-z]", text[: last.start()]):  # Hauptstr. 12 - 10115 Berlin
        text = f"{text[: last.start()]}, {text[last.end() :]}"
    text = re.sub(r"(?<=\d)\s*([-/])\s*(?=\d)", r"\1", text)
    text = re.sub(r"\s-+\s", ", ", text)  # 123 Main St - Unit 4
    text = re.sub(r"\bc/(?!o\b)", "calle ", text)
    return re.sub(r"(?<=\d)-(?=[1-7]/[2-8]\b)", " ", text)  # 123-1/2 Main St


def tokens_of(text: str) -> list[str]:
    """The words and numbers of a folded text; `4b`, `1/2` and `12-34` are one each."""
    return _TOKEN.findall(text)


_TOKEN = re.compile(r"#|\w+(?:[-/&]\w+)*")
