"""A thousand made-up people. Pure.

Their email addresses are at example.com (RFC 2606), and their numbers are reserved for fiction: 555-0100 to 555-0199 in
North America, 7700 900000 to 900999 in the United Kingdom.
"""

from collections.abc import Iterator
from typing import NamedTuple

COUNT = 1_000

_FIRST = ("Ada", "Alan", "Barbara", "Claude", "Edsger", "Frances", "Grace", "Hedy", "Ivan", "Joan", "Katherine")
_LAST = ("Alvarez", "Baker", "Chen", "Dubois", "Eriksen", "Fischer", "Garcia", "Haddad", "Ito", "Jensen", "Kowalski")


class Person(NamedTuple):
    """One made-up person."""

    id: int
    email: str | None
    phone_number: str | None
    name: str
    language: str
    time_zone: str
    country: str


class _Place(NamedTuple):
    time_zone: str
    country: str
    languages: tuple[str, ...]
    number: str | None
    """The prefix of its phone numbers; None if its people have no number."""


_PLACES = (
    _Place("America/New_York", "US", ("en", "es"), "+121255501"),
    _Place("America/Chicago", "US", ("en", "es"), "+131255501"),
    _Place("America/Denver", "US", ("en",), "+130355501"),
    _Place("America/Phoenix", "US", ("en", "es-MX"), "+160255501"),
    _Place("America/Los_Angeles", "US", ("en", "es"), "+121355501"),
    _Place("America/Anchorage", "US", ("en",), "+190755501"),
    _Place("Pacific/Honolulu", "US", ("en",), "+180855501"),
    _Place("America/Toronto", "CA", ("en", "fr"), "+141655501"),
    _Place("America/Puerto_Rico", "PR", ("es", "en"), "+178755501"),
    _Place("Europe/London", "GB", ("en",), "+4477009001"),
    _Place("Asia/Kathmandu", "NP", ("ne", "en"), None),
    _Place("Australia/Lord_Howe", "AU", ("en-AU",), None),
)


def people() -> Iterator[Person]:
    """All people by id; every call returns the same ones."""
    return map(_person, range(1, COUNT + 1))


def _person(id_: int) -> Person:
    turn, place = (id_ - 1) // len(_PLACES), _PLACES[(id_ - 1) % len(_PLACES)]
    first, last = _FIRST[id_ % len(_FIRST)], _LAST[id_ // len(_FIRST) % len(_LAST)]
    return Person(
        id=id_,
        email=None if id_ % 100 == 0 else f"{first}.{last}.{id_}@example.com".lower(),
        phone_number=None if place.number is None else f"{place.number}{turn:02d}",
        name=f"{first} {last}",
        language=place.languages[turn % len(place.languages)],
        time_zone=place.time_zone,
        country=place.country,
    )
