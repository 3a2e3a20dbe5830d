"""The text of an alert, in the language of its user: the home, its price, what changed, and the searches. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from property_alert_notification.homes.alerts.details import AlertDetails, ToldFact, ToldSearch
from property_alert_notification.homes.alerts.differences import NAMED
from property_alert_notification.homes.alerts.news import IN_RANGE
from property_alert_notification.homes.alerts.words import status_in, words_in
from property_alert_notification.homes.criteria import formats
from property_alert_notification.homes.criteria.comparable import minor_units
from property_alert_notification.homes.criteria.wording.form import Wording
from property_alert_notification.homes.criteria.wording.languages import wording_of
from property_alert_notification.homes.reso.open_house_times import clock_of, day_of, lasts_a_day, time_of
from property_alert_notification.homes.reso.open_houses import is_online
from property_alert_notification.homes.reso.words import NOT_TO_BE_HAD

LONGEST_TITLE, LONGEST_MESSAGE = 255, 20_000
"""Characters of a notification's title and message."""

MOST_SEARCHES, MOST_IN_DIGEST = 20, 3
"""Searches that an alert names, and that its item in a digest names; it counts the others."""

_MINUTES = len("13:00")

_ON_OFFER = "Active"
"""The status of a home that alerts do not name, unless it is a fact."""

_ORDER = ("New Listing", "Back On Market", "Price Change", IN_RANGE, "Open House")
"""What the title says first."""


class Opening(NamedTuple):
    """What the texts of all alerts with the same facts of a home have in common, in one language."""

    title: str
    lines: str
    words: Mapping[str, str]
    """Of the language."""


def write(details: AlertDetails) -> tuple[str, str]:
    """The title and the message of an alert."""
    opening = open_with(details)
    return opening.title, message_after(opening, details.searches)


def message_after(opening: Opening, searches: Sequence[ToldSearch]) -> str:
    """The message of an alert that names these searches; `opening` is that of one with the same facts of the home."""
    lines = "\n".join(_searches(searches, opening.words))
    return _cut(f"{opening.lines}\n\n{lines}", LONGEST_MESSAGE)


def open_with(details: AlertDetails) -> Opening:
    """The title, and all lines before the searches."""
    words = _words_of(details)
    place = place_of(details)
    title = f"{_headline(details, words)}: {place}"
    lines = [place]
    if details.price is not None:
        lines.append(words["price"].format(price=money(details.price, details.currency, details.language)))
    if (status := _status_untold(details)) is not None:
        lines.append(words["status"].format(status=status_in(words, status)))
    lines += [line for fact in details.facts if (line := _sentence(fact, details, words)) is not None]
    # A price may be told, and have brought the home into the range of another search.
    lines = list(dict.fromkeys(lines))
    return Opening(_cut(title, LONGEST_TITLE), "\n".join(lines), words)


def lines_in_digest(details: AlertDetails) -> list[str]:
    """What a digest shows of an alert under its title: the price, what changed, and the names of the searches."""
    words = _words_of(details)
    _, *lines = open_with(details).lines.splitlines()  # the title has the place already
    names = [one.name for one in details.searches[:MOST_IN_DIGEST]]
    if (more := len(details.searches) - len(names)) > 0:
        names.append(words["more"].format(count=more))
    return [*lines, f"{words['search' if len(details.searches) == 1 else 'searches']} {', '.join(names)}"]


def status_of(details: AlertDetails) -> str | None:
    """The status of a home that is not simply on offer, in the language of the user; None if it is."""
    if details.status == _ON_OFFER:
        return None
    return status_in(_words_of(details), details.status)


def _status_untold(details: AlertDetails) -> str | None:
    """The status of a home that its alert has to name: none of its facts does, and it is not simply on offer."""
    told = [fact.after for fact in details.facts if fact.field == "StandardStatus"]
    return None if details.status in ("", told[-1] if told else _ON_OFFER) else details.status


def _words_of(details: AlertDetails) -> Mapping[str, str]:
    return words_in(details.language, is_to_let=details.is_to_let)


def money(amount: float, currency: str, language: str) -> str:
    """An amount, as it is written in a language."""
    words = wording_of(language)
    return formats.money(minor_units(amount, currency), currency, words) if currency else formats.plain(amount, words)


def place_of(details: AlertDetails) -> str:
    """Where the home is."""
    if details.address is not None:
        return details.address
    words = _words_of(details)
    return words["some_home"] if details.city is None else words["home"].format(city=details.city)


def _headline(details: AlertDetails, words: Mapping[str, str]) -> str:
    def rank(fact: ToldFact) -> int:
        tells_status = fact.field == "StandardStatus" and fact.kind != IN_RANGE
        if tells_status and fact.after == details.status in NOT_TO_BE_HAD:
            return -1  # a home that was new and is sold when its digest is made is no new listing
        return _ORDER.index(fact.kind) if fact.kind in _ORDER else len(_ORDER)

    # Of facts of the same rank the newest: a home that was withdrawn and sold in the meantime is sold.
    return words[min(reversed(details.facts), key=rank).kind]


def _sentence(fact: ToldFact, details: AlertDetails, words: Mapping[str, str]) -> str | None:
    """What one fact says; None if the title says it all."""
    if fact.kind == "New Listing":
        return None
    if fact.field == "ListPrice" and None not in (fact.before, fact.after):
        before = money(fact.before, fact.before_currency or details.currency, details.language)
        after = money(fact.after, details.currency, details.language)
        return words["price_was"].format(before=before, after=after)
    if fact.field == "OpenHouse":
        return _open_house(fact, words, details.language)
    if fact.field == "StandardStatus":
        # Of a home that came into a range the title does not say the status.
        headline = words.get(fact.after, fact.after) if fact.kind == IN_RANGE else words[fact.kind]
        if fact.before is None:
            return headline if fact.kind == IN_RANGE else None
        return words["status_was"].format(headline=headline, before=status_in(words, fact.before))
    if fact.field in NAMED:
        return _difference(fact.field, fact, words, details.language)
    return words["in_range"]


def _difference(field: str, fact: ToldFact, words: Mapping[str, str], language: str) -> str:
    names = wording_of(language)
    name = formats.label(field, names)
    name = name[0].upper() + name[1:]
    before, after = (_value(field, one, names) for one in (fact.before, fact.after))
    if after is None:
        return words["says_no_more"].format(name=name, before=before)
    return words["says_now" if before is None else "now_is"].format(name=name, before=before, after=after)


def _value(field: str, value: Any, words: Wording) -> str | None:
    match value:
        case None:
            return None
        case {"area": area, "unit": unit}:
            return formats.area(area, unit, words)
        case int() | float() if field != "YearBuilt":
            return formats.plain(value, words)
    return formats.member(str(value), words)


def _open_house(fact: ToldFact, words: Mapping[str, str], language: str) -> str:
    before, after = (None if one is None else _time_of(one, words, language) for one in (fact.before, fact.after))
    if after is None:
        return words["open_house_off"].format(before=before)
    return words["open_house_new" if before is None else "open_house_moved"].format(before=before, after=after)


def _time_of(one: Mapping[str, Any], words: Mapping[str, str], language: str) -> str:
    """When an open house is, by the clocks where it is; in UTC, and marked so, if its record does not say where."""
    day, start, end = time_of(one)
    text = _day(day, language)
    if start is not None:
        until = None if end is None else _clock(end, words)
        if end is not None and lasts_a_day(start, end):
            until = f"{_day(day_of(end, day), language)}, {until}"
        begin = {"day": _day(day_of(start, day), language), "start": _clock(start, words)}
        text = words["at" if until is None else "to"].format(**begin, end=until)
        text = f"{text} UTC" if start.endswith("Z") else text
    text = f"{text}, {words['online']}" if is_online(one) else text
    return f"{text}, {words['by_appointment']}" if one.get("AppointmentRequiredYN") else text


def _clock(text: str, words: Mapping[str, str]) -> str:
    """The time of day of a time, as it is written in a language."""
    clock = clock_of(text)[:_MINUTES]
    hour, _, minutes = clock.partition(":")
    if "am" not in words or not hour.isdigit():
        return clock
    return f"{int(hour) % 12 or 12}:{minutes} {words['am' if int(hour) < 12 else 'pm']}"


def _day(text: str, language: str) -> str:
    """A date in words; a text that is none as it is."""
    try:
        return formats.day(date.fromisoformat(text), wording_of(language))
    except ValueError:
        return text


def _searches(searches: Sequence[ToldSearch], words: Mapping[str, str]) -> Iterator[str]:
    yield words["search" if len(searches) == 1 else "searches"]
    for one in searches[:MOST_SEARCHES]:
        yield f"- {one.name}: {one.sentence}" if one.sentence else f"- {one.name}"
    if (more := len(searches) - MOST_SEARCHES) > 0:
        yield words["more"].format(count=more)


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 1]}…"
