"""How numbers, amounts and words of conditions are written for users. Pure."""

import re
from collections.abc import Sequence
from decimal import Decimal

from property_alert_notification.homes.criteria.comparable import main_units
from property_alert_notification.homes.criteria.wording import Wording
from property_alert_notification.homes.reso.currencies import MINOR_DIGITS

_MOST_WORDS, _LONGEST_WORD = 3, 60
_SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥", "CAD": "CA$", "AUD": "A$", "MXN": "MX$", "NZD": "NZ$"}


def money(minor: int, currency: str, words: Wording) -> str:
    """An amount with its currency."""
    amount = main_units(minor, currency)
    digits = MINOR_DIGITS.get(currency, 2) if amount != amount.to_integral_value() else 0
    symbol = _SYMBOLS.get(currency, f"{currency}\N{NO-BREAK SPACE}" if words.money.startswith("{0}") else currency)
    return words.money.format(symbol, number(amount, words, digits))


def number(amount: Decimal, words: Wording, digits: int | None = None) -> str:
    """A number, with so many decimals or with those that it has."""
    text = f"{amount:,f}" if digits is None else f"{amount:,.{digits}f}"
    if digits is None and "." in text:
        text = text.rstrip("0").rstrip(".")
    whole, point, decimals = text.partition(".")
    return whole.replace(",", words.group) + (words.point if point else "") + decimals


def length(metres: float, words: Wording) -> str:
    """A distance."""
    whole = Decimal(round(metres))
    return f"{number(whole / 1000, words)} km" if whole >= 1000 else f"{number(whole, words)} m"


def listed(found: Sequence[str], words: Wording) -> str:
    """One of several words; of a long list the first, and how many more there are."""
    found = _shortened(found, words)
    return ", ".join(found[:-1]) + words.either + found[-1] if len(found) > 1 else found[0]


def all_of(found: Sequence[str], words: Wording) -> str:
    """All of several words; of a long list the first, and how many more there are."""
    return ", ".join(_shortened(found, words))


def _shortened(found: Sequence[str], words: Wording) -> Sequence[str]:
    if len(found) <= _MOST_WORDS + 1:
        return found
    return [*found[:_MOST_WORDS], words.others.format(len(found) - _MOST_WORDS)]


def member(word: str, words: Wording) -> str:
    """A member of an enumeration."""
    return words.members.get(word) or cut(word)


def cut(word: str) -> str:
    """The beginning of a long text."""
    return word if len(word) <= _LONGEST_WORD else f"{word[: _LONGEST_WORD - 1]}…"


def label(field: str) -> str:
    """The name of a field with spaces: `Garage Spaces`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", field.removesuffix("YN"))
