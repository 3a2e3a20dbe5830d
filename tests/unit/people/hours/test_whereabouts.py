"""Where a person may be, by what is known of them."""

import re
from collections import Counter, defaultdict

import pytest

from property_alert_notification.base.zones import zone_named
from property_alert_notification.people.hours import north_america
from property_alert_notification.people.hours.countries import every_zone, zones_of_country
from property_alert_notification.people.hours.whereabouts import area_of, whereabouts

AMERICAN = "+12145550100"
"""Of Dallas, in Texas."""
TOLL_FREE = "+18005550100"
BRITISH = "+447700900123"


def zones(**known: object) -> list[str]:
    return sorted(zone.key for zone in whereabouts(**{"time_zone": None, **known}).zones)  # type: ignore[arg-type]


def places(**known: object) -> list[str]:
    return list(whereabouts(**{"time_zone": None, **known}).places)  # type: ignore[arg-type]


def test_a_zone_that_was_named_is_believed() -> None:
    assert zones(time_zone="Asia/Kathmandu", country="US", phone_numbers=[BRITISH]) == ["Asia/Kathmandu"]


def test_without_one_all_zones_of_the_known_countries_are_possible() -> None:
    assert zones(country="NP") == ["Asia/Kathmandu"]
    assert zones(phone_numbers=[BRITISH]) == ["Europe/London"]
    assert zones(country="NP", phone_numbers=[None, BRITISH]) == ["Asia/Kathmandu", "Europe/London"]
    assert {"America/New_York", "Pacific/Honolulu", "America/Adak"} < set(zones(phone_numbers=[AMERICAN]))
    assert zones(country="uk") == ["Europe/London"]
    assert len(zones(country="RU")) > 10


@pytest.mark.parametrize("known", [{}, {"country": "ZZ"}, {"phone_numbers": ["1231233", "", None]}, {"time_zone": "x"}])
def test_a_user_without_a_known_location_may_be_in_every_zone(known: dict[str, object]) -> None:
    assert zones(**known) == sorted(zone.key for zone in every_zone())
    assert zones(**known, default_time_zone="Europe/Berlin") == ["Europe/Berlin"]


def test_the_default_applies_to_no_other_users() -> None:
    assert zones(country="NP", default_time_zone="Europe/Berlin") == ["Asia/Kathmandu"]


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        ({"phone_numbers": [AMERICAN]}, ["US", "US-TX"]),
        ({"phone_numbers": [AMERICAN], "time_zone": "America/Chicago"}, ["US", "US-TX"]),
        ({"phone_numbers": [AMERICAN], "time_zone": "Europe/Paris"}, ["US", "US-TX"]),
        ({"phone_numbers": [AMERICAN], "time_zone": "America/Phoenix"}, ["US", "US-TX", "US-AZ"]),
        ({"phone_numbers": [AMERICAN], "time_zone": "America/Indiana/Knox"}, ["US", "US-TX", "US-IN"]),
        ({"country": "US", "time_zone": "Pacific/Honolulu"}, ["US", "US-HI"]),
        ({"country": "FR", "phone_numbers": [AMERICAN]}, ["FR", "US", "US-TX"]),
        ({"phone_numbers": ["+14165550100"]}, ["CA"]),
        ({"phone_numbers": ["+17875550100"]}, ["PR"]),
        ({"time_zone": "Europe/Paris"}, ["FR", "MC"]),
        ({"time_zone": "US/Pacific"}, []),
        ({"phone_numbers": ["+80012345678"]}, []),
        ({"phone_numbers": [BRITISH]}, ["GB", "GG", "IM", "JE"]),
    ],
)
def test_places_are_countries_and_states(known: dict[str, object], expected: list[str]) -> None:
    assert places(**known) == expected


def test_a_number_that_is_of_no_state_may_be_of_any_that_fits() -> None:
    assert set(north_america.STATES) < set(places(phone_numbers=[TOLL_FREE]))
    of_honolulu = places(phone_numbers=[TOLL_FREE], time_zone="Pacific/Honolulu")
    assert [place for place in of_honolulu if place.startswith("US-")] == ["US-HI"]


@pytest.mark.parametrize(
    ("number", "area"),
    [("+447700900123", "44"), ("+12145550100", "1214"), ("+3581234", "358"), ("+999", ""), ("123", ""), ("+", "")],
)
def test_the_area_of_a_number(number: str, area: str) -> None:
    assert area_of(number) == area


def test_every_state_has_a_zone_and_area_codes_and_every_zone_of_the_usa_has_states() -> None:
    american = zones_of_country("US")
    assert all(north_america.states_of(zone) for zone in american)
    assert {state for zone in american for state in north_america.states_of(zone)} == set(north_america.STATES)
    assert len(north_america.STATES) == 51
    assert north_america.states_of(zone_named("Europe/London")) == ()


_OF_A_STATE = re.compile(r".*, ([A-Z]{2})")


def test_area_codes_are_those_that_the_telephone_library_knows() -> None:
    """The library names towns and their states; in some cities it knows a few numbers of a neighbouring state."""
    # It takes 0.3 CPU seconds to import, and each worker imports this file.
    from phonenumbers.geodata import GEOCODE_DATA

    seen: dict[str, Counter[str]] = defaultdict(Counter)
    for prefix, names in GEOCODE_DATA.items():
        if prefix.startswith("1") and (named := _OF_A_STATE.fullmatch(names.get("en", ""))):
            seen[prefix[1:4]][named[1]] += 1
    ours = {code: place[-2:] for code in seen if (place := north_america.place_of(code) or "") != "CA"}
    assert len(ours) > 250
    assert ours == {code: seen[code].most_common(1)[0][0] for code in ours}
