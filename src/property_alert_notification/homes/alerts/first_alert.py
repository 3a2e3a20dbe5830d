"""The first alert of a search: the homes that match it, and its text, in the language of its user. Pure."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from property_alert_notification.base.languages import in_language
from property_alert_notification.base.reasons import Reason, ReasonCode
from property_alert_notification.homes.alerts.details import AlertDetails
from property_alert_notification.homes.alerts.wording import LONGEST_MESSAGE, LONGEST_TITLE, money, place_of, status_of

NAMED = 20
"""Homes that a first alert names; it counts the others."""

COUNTED = 50
"""Homes of which it knows whether they still match. If more matched, it says that there are at least so many."""

COUNTED_ONLY = Reason(ReasonCode.COUNTED_ONLY)

_TEXTS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "one": "1 home matches your search “{name}”",
        "some": "{count} homes match your search “{name}”",
        "at_least": "{count} or more homes match your search “{name}”",
        "none": "No home matches your search “{name}” yet",
        "later": "You will hear of each home that matches it from now on.",
        "more": "and {count} more",
        "others": "and others: {matched} matched when you saved it",
    },
    "es": {
        "one": "1 vivienda coincide con su búsqueda «{name}»",
        "some": "{count} viviendas coinciden con su búsqueda «{name}»",
        "at_least": "{count} o más viviendas coinciden con su búsqueda «{name}»",
        "none": "Todavía no hay viviendas para su búsqueda «{name}»",
        "later": "Le avisaremos de cada vivienda que coincida a partir de ahora.",
        "more": "y {count} más",
        "others": "y otras: {matched} coincidían cuando la guardó",
    },
}


class FirstAlert(NamedTuple):
    """What a first alert tells."""

    name: str
    """Of the search."""
    sentence: str
    """What the search looks for, in words."""
    homes: Sequence[AlertDetails]
    """Up to `COUNTED` of those that match; it names the first of them."""
    matched: int
    """How many matched when it was made."""

    @property
    def has_others(self) -> bool:
        """Whether more homes matched than are counted."""
        return self.matched > COUNTED


def places_in(homes: Sequence[AlertDetails | Reason]) -> list[Reason | None]:
    """Why a first alert does not name each of its homes; None if it does. A reason is that of a home that is gone."""
    places: list[Reason | None] = []
    for one in homes:
        if isinstance(one, Reason):
            places.append(one)
        else:
            places.append(None if places.count(None) < NAMED else COUNTED_ONLY)
    return places


def write_first_alert(alert: FirstAlert, language: str) -> tuple[str, str]:
    """The title and the message."""
    texts, count = in_language(_TEXTS, language), len(alert.homes)
    key = "at_least" if alert.has_others else "none" if not count else "one" if count == 1 else "some"
    title = texts[key].format(count=count, name=alert.name)
    lines = [alert.sentence, ""]
    lines += [f"- {_line(home, language)}" for home in alert.homes[:NAMED]]
    if alert.has_others:
        lines.append(texts["others"].format(matched=alert.matched))
    elif count > NAMED:
        lines.append(texts["more"].format(count=count - NAMED))
    if count:
        lines.append("")
    lines.append(texts["later"])
    return title[:LONGEST_TITLE], "\n".join(lines)[:LONGEST_MESSAGE]


def _line(home: AlertDetails, language: str) -> str:
    place, status = place_of(home), status_of(home)
    line = place if home.price is None else f"{place}, {money(home.price, home.currency, language)}"
    return line if status is None else f"{line} ({status})"
