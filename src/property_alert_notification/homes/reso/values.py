"""Single values of a feed: what can be understood without guessing is, everything else is a ValueError.

The text of each error says what is wrong and what to send; it never repeats the value.
"""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from property_alert_notification.homes.reso.currencies import CURRENCIES, SYMBOLS, WRITTEN_SMALL
from property_alert_notification.homes.reso.words import AREA_UNITS, LOOKUPS, squash

NO_VALUE = frozenset(
    {"", "-", "--", "---", ".", "n/a", "n.a.", "na", "nan", "none", "null", "unknown", "unk", "undefined", "tbd", "tba"}
    | {"to be determined", "not available", "not applicable"}
)
"""Texts that say that there is no value, in small letters."""

LARGEST = 10**15
"""Of any number: a listing with a larger one is not for sale on this planet."""

_PLAIN = re.compile(r"[+-]?(\d+|\d*\.\d+|\d+\.)([eE][+-]?\d{1,2})?")
_GROUPED = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?")
_GROUPED_BY_SPACES = re.compile(r"[+-]?\d{1,3}([ \u00a0\u202f']\d{3})+(\.\d+|,\d{1,2})?")
_WITH_COMMA = re.compile(r"[+-]?\d{4,},\d{1,2}")
"""Of which the comma cannot be one of thousands."""
_GROUPED_BY_DOTS = re.compile(r"[+-]?\d{1,3}(\.\d{3}){2,}(,\d+)?|[+-]?\d{1,3}(\.\d{3})+,\d{1,2}")
_WITH_WORDS = re.compile(
    r"(?P<before>[^\d+.-]*)(?P<number>[+-]?[\d.](?:[\d.,'\u00a0\u202f ]*[\d.])?(?:[eE][+-]?\d{1,2}(?!\w))?)"
    r"(?P<after>.*)",
    re.DOTALL,
)
_CODE_AND_SYMBOL = re.compile(r"([A-Za-z]{3})\s*([^\w\s])|([^\w\s])\s*([A-Za-z]{3})")
_AMBIGUOUS = re.compile(r"[1-9]\d{0,2}\.\d{3}")
_TWO_NUMBERS = "could be thousands or decimals: send it as a JSON number"
_LARGE_UNITS = frozenset({"Acres", "Hectares", "Square Miles"})
"""Units of which a lot has few: three decimals are usual there."""

Number = int | float


def number(value: Any) -> Number | None:
    """A number, or a text that is one: `1.5`, `1,250,000`, `1 250 000`.

    Raises:
        ValueError: it is none, or it could be two.
    """
    if isinstance(value, str):
        text = value.strip()
        return None if text.lower() in NO_VALUE else _number_in(text)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("must be a number")  # noqa: TRY004 - a wrong value, not a fault of ours
    return _bounded(value)


def _number_in(text: str) -> Number:
    if len(text) > 40 or (not text.isascii() and not set(text) <= set("0123456789.,'+- \u00a0\u202f")):
        raise ValueError("must be a number, without words")
    if _PLAIN.fullmatch(text):
        return _bounded(_parsed(text))
    if _GROUPED.fullmatch(text):
        return _bounded(_parsed(text.replace(",", "")))
    if _GROUPED_BY_SPACES.fullmatch(text):
        return _bounded(_parsed(re.sub("[ \u00a0\u202f']", "", text).replace(",", ".")))
    if _WITH_COMMA.fullmatch(text):
        return _bounded(_parsed(text.replace(",", ".")))
    if _GROUPED_BY_DOTS.fullmatch(text):
        return _bounded(_parsed(text.replace(".", "").replace(",", ".")))
    raise ValueError("must be a number, such as 1250000 or 1.5")


def _parsed(text: str) -> Number:
    exact = Decimal(text)
    return int(exact) if exact == exact.to_integral_value() else float(exact)


def _bounded(value: Number) -> Number:
    if not -LARGEST <= value <= LARGEST:  # which no NaN is
        raise ValueError("must be a finite number of a plausible size")
    return int(value) if value == int(value) else value


def not_negative(value: Any) -> Number | None:
    """A number that is zero or more.

    Raises:
        ValueError: it is none.
    """
    if (found := number(value)) is not None and found < 0:
        raise ValueError("must not be negative")
    return found


def whole(value: Any) -> int | None:
    """A whole number; `3.0` is one.

    Raises:
        ValueError: it is none.
    """
    found = not_negative(value)
    if isinstance(found, float):
        raise ValueError("must be a whole number")  # noqa: TRY004 - a wrong value, not a fault of ours
    return found


def money(value: Any, usual: str | None = None) -> tuple[Number | None, str | None]:
    """An amount, and its currency if the text names one: `$1,250,000`, `€ 450 000`, `450000 EUR`.

    `usual` is the currency of the record or its feed. A symbol of several currencies means this one, if it can.

    Raises:
        ValueError: it is none, or it could be two: `450.000` is 450 for some and 450,000 for others.
    """
    if not isinstance(value, str):
        return not_negative(value), None
    text = value.strip()
    if text.lower() in NO_VALUE:
        return None, None
    parts = _WITH_WORDS.fullmatch(text)
    if parts is None:
        raise ValueError("must be an amount, such as 1250000")
    words = [*_words_of(parts["before"]), *_words_of(parts["after"])]
    # A code says which of several currencies a symbol beside it means.
    code = next((word.upper() for word in words if _is_code(word, usual)), usual)
    currencies = list(dict.fromkeys(_currency_of(word, code) for word in words))
    if len(currencies) > 1:
        raise ValueError("must be an amount with at most one currency")
    amount = parts["number"]
    if _AMBIGUOUS.fullmatch(amount):
        raise ValueError(_TWO_NUMBERS)
    return not_negative(amount), currencies[0] if currencies else None


def _words_of(text: str) -> list[str]:
    """The words beside an amount: `USD $` and `MXN$` are two."""
    text = text.strip()
    two = _CODE_AND_SYMBOL.fullmatch(text)
    return [word for word in two.groups() if word] if two else [text] if text else []


def _is_code(word: str, usual: str | None) -> bool:
    # In capitals: some codes are English words.
    return word in CURRENCIES or word.upper() in WRITTEN_SMALL or word.upper() == usual


def _currency_of(word: str, usual: str | None) -> str | None:
    if word.lower() in SYMBOLS:
        alone, others = SYMBOLS[word.lower()]
        if usual in others:
            return usual
        if alone is None and usual is not None:
            raise ValueError("has a symbol that means several currencies: send an amount such as 450000 USD")
        return alone
    if _is_code(word, usual):
        return word.upper()
    raise ValueError("must be an amount, with nothing but a currency beside it")


def currency(value: Any) -> str | None:
    """The three letters of a currency (ISO 4217).

    Raises:
        ValueError: there is no such currency.
    """
    if value is None or value == "":
        return None
    if not isinstance(value, str) or value.strip().upper() not in CURRENCIES:
        raise ValueError("must be the three letters of a currency, such as USD")
    return value.strip().upper()


def area(value: Any) -> tuple[Number | None, str | None]:
    """An area, and its unit if the text names one: `2,100 sqft`.

    Raises:
        ValueError: it is none, or it could be two, as `2.100 sqft`.
    """
    if not isinstance(value, str) or value.strip().lower() in NO_VALUE:
        return not_negative(value), None
    parts = _WITH_WORDS.fullmatch(value.strip())
    if parts is None or parts["before"].strip():
        raise ValueError("must be an area, such as 2100")
    word = parts["after"].strip()
    unit = LOOKUPS["LivingAreaUnits"].get(squash(word)) if word else None
    if word and unit not in AREA_UNITS:
        raise ValueError("must be an area, with nothing but a unit beside it")
    if _AMBIGUOUS.fullmatch(parts["number"]) and unit not in _LARGE_UNITS:
        raise ValueError(_TWO_NUMBERS)
    return not_negative(parts["number"]), unit


def switch(value: Any) -> bool | None:
    """True or false, in any of the ways that feeds write it.

    Raises:
        ValueError: it is neither.
    """
    if value is None or isinstance(value, bool):
        return value
    word = str(value).strip().lower() if isinstance(value, str | int) else "?"
    if word in NO_VALUE:
        return None
    if word in {"true", "t", "yes", "y", "1"}:
        return True
    if word in {"false", "f", "no", "n", "0"}:
        return False
    raise ValueError("must be true or false")


def bathrooms(value: Any, full: int | None, half: int | None) -> int | None:
    """The number of bathrooms, of which each counts as one: `2`, `1.5`, and `1.1` for one full and one half.

    Raises:
        ValueError: it could be two numbers: `2.2` needs BathroomsFull and BathroomsHalf beside it.
    """
    found = not_negative(value)
    if found is None or isinstance(found, int):
        return found
    fraction = round(found % 1, 3)
    if fraction in (0.1, 0.25, 0.5, 0.75):
        return int(found) + 1
    if full == int(found) and half is not None and round(half / 10, 3) == fraction:
        return full + half
    raise ValueError("must be a whole number, or send BathroomsFull and BathroomsHalf")


def bathrooms_of_kinds(counts: Mapping[str, int | None]) -> int | None:
    """The number of bathrooms, from how many of each kind there are; None if the full or the others are unknown."""
    full, half, partial = (counts.get(f"Bathrooms{kind}") for kind in ("Full", "Half", "Partial"))
    quarters = [counts.get(f"Bathrooms{kind}") for kind in ("ThreeQuarter", "OneQuarter")]
    if full is None:
        return None
    if half is None:
        # The partial ones are the half and the quarter ones together.
        return None if partial is None or any(quarters) else full + partial
    others = half + sum(filter(None, quarters))
    is_contradicted = partial not in (None, others, half + (quarters[1] or 0))
    return None if is_contradicted else full + others
