"""Names of counties, towns and countries in the ways in which feeds write them."""

from collections.abc import Callable

import pytest

from property_alert_notification.homes.properties.places import country_of, county_of, town_of

SAME_COUNTIES = [
    ("King", "King County", "KING CO", "King, WA", "King (WA)", "King - WA", "King County - Washington", "WA - King",
     "US-WA-KING", "King - 033", "033 - King", "033-King", "King 033", "County of King"),
    ("DeKalb", "De Kalb", "DEKALB COUNTY"),
    ("LaSalle", "La Salle", "La Salle Parish"),
    ("Prince George's", "Prince Georges", "Prince George\u2019s County", "PRINCE GEORGE&#39;S"),
    ("San Francisco", "San Francisco City and County", "City and County of San Francisco",
     "City & County of San Francisco"),
    ("St. Louis", "Saint Louis", "St Louis County"),
    ("Ste. Genevieve", "Sainte Genevieve"),
    ("Anchorage", "Anchorage Municipality", "Municipality of Anchorage"),
    ("Juneau City and Borough", "Juneau", "Juneau Borough"),
    ("Miami-Dade", "Miami Dade County", "MIAMI-DADE"),
    ("Doña Ana", "Dona Ana"),
    ("Lac qui Parle", "Lac Qui Parle"),
]  # fmt: skip
OTHER_COUNTIES = [
    ("St. Louis", "St. Louis City"),
    ("Baltimore City", "Baltimore County"),
    ("Charles", "Charles City County"),
    ("King", "King George"),
    ("Clay", "Clayton"),
    ("St. Francis", "Ste. Francis"),
]
NO_COUNTIES = ["", "53033", "033", "Other", "Out of State", "N/A", "Unknown", None]

SAME_TOWNS = [
    ("Seattle", "SEATTLE ", "Seattle, WA", "Seattle, Washington", "Seattle, WA 98101", "City of Seattle",
     "Seattle, Wa."),
    ("St. Louis", "Saint Louis", "ST LOUIS", "St. Louis, MO"),
    ("Mt. Vernon", "Mount Vernon"),
    ("Ft Worth", "Fort Worth", "Ft. Worth"),
    ("N Las Vegas", "North Las Vegas", "N. Las Vegas"),
    ("O'Fallon", "OFallon", "O\u2019Fallon"),
    ("Winston-Salem", "Winston Salem"),
]  # fmt: skip
OTHER_TOWNS = [
    ("Kansas City", "Kansas"),
    ("Las Vegas", "North Las Vegas"),
    ("St. Louis", "East St. Louis"),
    ("A, B", "A"),
]


SAME = [
    *((county_of, names[0], name) for names in SAME_COUNTIES for name in names[1:]),
    *((town_of, names[0], name) for names in SAME_TOWNS for name in names[1:]),
]
OTHER = [*((county_of, *names) for names in OTHER_COUNTIES), *((town_of, *names) for names in OTHER_TOWNS)]


def test_a_county_or_town_in_several_forms_is_one() -> None:
    for read, one, other in SAME:
        assert read(one) == read(other) != "", (one, other)


@pytest.mark.parametrize(("read", "one", "other"), OTHER)
def test_two_counties_or_towns_are_two(read: Callable[[str], str], one: str, other: str) -> None:
    assert read(one) != read(other)


@pytest.mark.parametrize("value", NO_COUNTIES)
def test_what_is_no_county_says_nothing(value: str | None) -> None:
    assert county_of(value) == ""


@pytest.mark.parametrize("value", ["US", "U.S.", "U.S.A.", "USA", "United States", "United States of America", "u s a"])
def test_a_country_in_several_forms_is_one(value: str) -> None:
    assert country_of(value) == "us"
