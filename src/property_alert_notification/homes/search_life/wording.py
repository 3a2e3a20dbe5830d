"""The text of a first alert, in the language of its user. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from property_alert_notification.homes.alerts.wording import LONGEST_MESSAGE, LONGEST_TITLE, money

_TEXTS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "one": "1 home matches your search “{name}”",
        "some": "{count} homes match your search “{name}”",
        "none": "No home matches your search “{name}” yet",
        "later": "You will hear of each home that matches it from now on.",
        "more": "and {count} more",
        "home": "A home in {city}",
        "some_home": "A home",
    },
    "es": {
        "one": "1 vivienda coincide con su búsqueda «{name}»",
        "some": "{count} viviendas coinciden con su búsqueda «{name}»",
        "none": "Todavía no hay viviendas para su búsqueda «{name}»",
        "later": "Le avisaremos de cada vivienda que coincida a partir de ahora.",
        "more": "y {count} más",
        "home": "Una vivienda en {city}",
        "some_home": "Una vivienda",
    },
}

SHOWN = 20
"""Homes that a first alert names; it counts the others."""


class FirstMatches(NamedTuple):
    """What matches a search when it is saved."""

    total: int
    first: Sequence[Mapping[str, Any]]
    """The fields of up to `SHOWN` of the listings."""


def write(name: str, sentence: str, matches: FirstMatches, language: str) -> tuple[str, str]:
    """The title and the message."""
    texts = _TEXTS[language]
    key = "none" if not matches.total else "one" if matches.total == 1 else "some"
    title = texts[key].format(count=matches.total, name=name)
    lines = [sentence, ""]
    lines += [f"- {_line(fields, texts, language)}" for fields in matches.first]
    if (more := matches.total - len(matches.first)) > 0:
        lines.append(texts["more"].format(count=more))
    if matches.total:
        lines.append("")
    lines.append(texts["later"])
    return title[:LONGEST_TITLE], "\n".join(lines)[:LONGEST_MESSAGE]


def _line(fields: Mapping[str, Any], texts: Mapping[str, str], language: str) -> str:
    price = fields.get("ListPrice")
    place = _place(fields, texts)
    return place if price is None else f"{place}, {money(price, str(fields.get('currency', '')), language)}"


def _place(fields: Mapping[str, Any], texts: Mapping[str, str]) -> str:
    address, city = fields.get("UnparsedAddress"), fields.get("City")
    if isinstance(address, str) and fields.get("InternetAddressDisplayYN") is not False:
        return " ".join(address.split())
    return texts["home"].format(city=city) if isinstance(city, str) else texts["some_home"]
