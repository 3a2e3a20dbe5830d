"""The currencies in use (ISO 4217, list one), without those of funds, metals and tests."""

from collections.abc import Mapping
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final

CURRENCIES = frozenset({
    "AED", "AFN", "ALL", "AMD", "AOA", "ARS", "AUD", "AWG", "AZN", "BAM", "BBD", "BDT", "BGN", "BHD", "BIF", "BMD",
    "BND", "BOB", "BRL", "BSD", "BTN", "BWP", "BYN", "BZD", "CAD", "CDF", "CHF", "CLF", "CLP", "CNY", "COP", "CRC",
    "CUP", "CVE", "CZK", "DJF", "DKK", "DOP", "DZD", "EGP", "ERN", "ETB", "EUR", "FJD", "FKP", "GBP", "GEL", "GHS",
    "GIP", "GMD", "GNF", "GTQ", "GYD", "HKD", "HNL", "HTG", "HUF", "IDR", "ILS", "INR", "IQD", "IRR", "ISK", "JMD",
    "JOD", "JPY", "KES", "KGS", "KHR", "KMF", "KPW", "KRW", "KWD", "KYD", "KZT", "LAK", "LBP", "LKR", "LRD", "LSL",
    "LYD", "MAD", "MDL", "MGA", "MKD", "MMK", "MNT", "MOP", "MRU", "MUR", "MVR", "MWK", "MXN", "MXV", "MYR", "MZN",
    "NAD", "NGN", "NIO", "NOK", "NPR", "NZD", "OMR", "PAB", "PEN", "PGK", "PHP", "PKR", "PLN", "PYG", "QAR", "RON",
    "RSD", "RUB", "RWF", "SAR", "SBD", "SCR", "SDG", "SEK", "SGD", "SHP", "SLE", "SOS", "SRD", "SSP", "STN", "SVC",
    "SYP", "SZL", "THB", "TJS", "TMT", "TND", "TOP", "TRY", "TTD", "TWD", "TZS", "UAH", "UGX", "USD", "UYI", "UYU",
    "UYW", "UZS", "VED", "VES", "VND", "VUV", "WST", "XAF", "XCD", "XCG", "XOF", "XPF", "YER", "ZAR", "ZMW", "ZWG",
})  # fmt: skip

_DOLLARS = frozenset({
    "ARS", "AUD", "BBD", "BMD", "BND", "BSD", "BZD", "CAD", "CLP", "COP", "CUP", "DOP", "FJD", "GYD", "HKD", "JMD",
    "KYD", "LRD", "MXN", "NAD", "NIO", "NZD", "SBD", "SGD", "SRD", "TOP", "TTD", "TWD", "USD", "UYU", "WST", "XCD",
})  # fmt: skip
_POUNDS = frozenset({"EGP", "FKP", "GBP", "GIP", "LBP", "SDG", "SHP", "SSP", "SYP"})
_CROWNS = frozenset({"DKK", "ISK", "NOK", "SEK"})
_RUPEES = frozenset({"INR", "LKR", "MUR", "NPR", "PKR", "SCR"})


def _only(currency: str) -> tuple[str, frozenset[str]]:
    return currency, frozenset()


SYMBOLS: Mapping[str, tuple[str | None, frozenset[str]]] = {
    "$": (None, _DOLLARS), "dollar": (None, _DOLLARS), "dollars": (None, _DOLLARS),
    "us$": _only("USD"), "c$": ("CAD", frozenset({"NIO"})), "ca$": _only("CAD"), "a$": _only("AUD"),
    "au$": _only("AUD"), "nz$": _only("NZD"), "hk$": _only("HKD"), "s$": _only("SGD"), "mx$": _only("MXN"),
    "r$": _only("BRL"),
    "€": _only("EUR"), "euro": _only("EUR"), "euros": _only("EUR"),
    "£": ("GBP", _POUNDS),
    "¥": (None, frozenset({"CNY", "JPY"})),
    "kr": (None, _CROWNS), "kr.": (None, _CROWNS), "rs": (None, _RUPEES), "rs.": (None, _RUPEES), "₹": _only("INR"),
    "₩": ("KRW", frozenset({"KPW"})), "₽": _only("RUB"), "₺": _only("TRY"), "₪": _only("ILS"), "₫": _only("VND"),
    "₱": ("PHP", frozenset({"CUP"})), "₴": _only("UAH"), "₦": _only("NGN"), "฿": _only("THB"), "zł": _only("PLN"),
}  # fmt: skip
"""The currency of each symbol, None if it may be several; and those that it means if the feed has one of them."""

WRITTEN_SMALL = frozenset({
    "AUD", "BRL", "CHF", "CNY", "CZK", "DKK", "EUR", "GBP", "HKD", "INR", "JPY", "MXN", "NOK", "NZD", "PLN", "SEK",
    "USD",
})  # fmt: skip
"""Codes that are no words in small letters, as `all` and `top` are."""
MINOR_DIGITS: Mapping[str, int] = {
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
    **dict.fromkeys(("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND"), 0),
    **dict.fromkeys(("VUV", "XAF", "XOF", "XPF"), 0),
    **dict.fromkeys(("CLF", "UYW"), 4),
}
"""The decimals of the currencies that do not have two."""

LARGEST_MINOR: Final = 2**62
"""The largest price, in the smallest unit of its currency: the index of searches keeps prices as 64-bit integers."""


def largest_amount(currency: str) -> int:
    """The largest amount of a currency, in whole units."""
    return LARGEST_MINOR // int(10 ** MINOR_DIGITS.get(currency, 2))


def rounded(amount: float, currency: str) -> int | float:
    """An amount, rounded to the smallest unit of its currency: 449,999.99999999994 dollars are 450,000."""
    smallest = Decimal(1).scaleb(-MINOR_DIGITS.get(currency, 2))
    exact = Decimal(repr(amount)).quantize(smallest, ROUND_HALF_EVEN)
    return int(exact) if exact == exact.to_integral_value() else float(exact)
