"""How numbers, amounts, dates and words of conditions are written for users. Pure."""

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal

from property_alert_notification.homes.criteria.comparable import main_units
from property_alert_notification.homes.criteria.wording.form import Joiner, Wording
from property_alert_notification.homes.reso.currencies import MINOR_DIGITS

_MOST_WORDS, _LONGEST_WORD = 3, 60
_SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥", "CAD": "CA$", "AUD": "A$", "MXN": "MX$", "NZD": "NZ$"}


def money(minor: int, currency: str, words: Wording) -> str:
    """An amount with its currency."""
    amount = main_units(minor, currency)
    digits = MINOR_DIGITS.get(currency, 2) if amount != amount.to_integral_value() else 0
    symbol = _SYMBOLS.get(currency, f"{currency}\N{NO-BREAK SPACE}" if words.amount.startswith("{0}") else currency)
    return words.amount.format(symbol, number(amount, words, digits))


def number(amount: Decimal, words: Wording, digits: int | None = None) -> str:
    """A number, with so many decimals or with those that it has."""
    text = f"{amount:,f}" if digits is None else f"{amount:,.{digits}f}"
    if digits is None and "." in text:
        text = text.rstrip("0").rstrip(".")
    whole, point, decimals = text.partition(".")
    return whole.replace(",", words.group) + (words.point if point else "") + decimals


def area(amount: float, unit: str, words: Wording) -> str:
    """An area with its unit."""
    noun = words.units.get(unit)
    return f"{plain(amount, words)} {unit if noun is None else noun.one if amount == 1 else noun.many}"


def plain(amount: float, words: Wording) -> str:
    """A number with the decimals that it has."""
    return number(Decimal(repr(amount)), words)


def length(metres: float, words: Wording) -> str:
    """A distance."""
    whole = Decimal(round(metres)) if metres >= 1 else Decimal(repr(round(metres, 2)))
    return f"{number(whole / 1000, words)} km" if whole >= 1000 else f"{number(whole, words)} m"


def day(when: date, words: Wording) -> str:
    """A date, or the time of UTC."""
    if isinstance(when, datetime):
        when = when.astimezone(UTC)
    text = words.date.format(day=when.day, month=words.months[when.month - 1], year=when.year)
    return words.time.format(text, f"{when:%H:%M}") if isinstance(when, datetime) else text


def listed(found: Sequence[str], joiner: Joiner, words: Wording) -> str:
    """Several words; of a long list the first, and how many more there are."""
    if len(found) > _MOST_WORDS + 1:
        found = [*found[:_MOST_WORDS], words.others.format(len(found) - _MOST_WORDS)]
    return ", ".join(found[:-1]) + joiner.between(found[-1]) + found[-1] if len(found) > 1 else found[0]


def member(word: str, words: Wording) -> str:
    """A member of an enumeration."""
    return words.members.get(word) or cut(word)


def cut(word: str) -> str:
    """The beginning of a long text."""
    return word if len(word) <= _LONGEST_WORD else f"{word[: _LONGEST_WORD - 1]}…"


_WORDS_IN_NAMES = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_SUFFIXES = ("YN", "Numeric", "Timestamp")


def label(field: str, words: Wording) -> str:
    """The name of a field: `garage spaces`. A local field keeps its capitals."""
    if (known := words.labels.get(field)) is not None:
        return known
    if (noun := words.nouns.get(field)) is not None:
        return noun.many
    if "_" in field:
        return cut(field.replace("_", " ").strip())
    for suffix in _SUFFIXES:
        field = field.removesuffix(suffix)
    parts = _WORDS_IN_NAMES.sub(" ", field).split(" ")
    return " ".join(part if part.isupper() and len(part) > 1 else part.lower() for part in parts)
