"""The saved searches of the scenario: three of each user, around a home that is sold. Pure."""

from collections.abc import Iterator, Sequence
from math import sqrt
from random import Random
from typing import Any, NamedTuple

from property_alert_notification.reso_server.cities import city_of
from property_alert_notification.reso_server.sales import Sale

DEFAULT = ("New Listing", "Price Change", "Back On Market", "Open House")
EACH = 3
"""Searches of a user."""

ASAP, DAILY, WEEKLY = "ASAP", "Daily", "Weekly"
SCHEDULES = (ASAP,) * 7 + (DAILY,) * 2 + (WEEKLY,)
"""Seven of ten searches alert at once."""

MATCHES = 2
"""So many searches shall match a record, about, however many there are: the narrower they are, the more there are."""

MANY = 50_000
"""Of more searches fewer match a record, so that all homes of King County make some 100,000 alerts."""

WIDEST = 0.3
"""Share of a price or an area, on either side."""

_POSTCODES = 70


class Search(NamedTuple):
    """A search as its user saved it."""

    number: int
    user: int
    criteria: dict[str, Any]
    changes: tuple[str, ...] = DEFAULT
    schedule: str = ASAP
    active: bool = True

    @property
    def name(self) -> str:
        """Of no other search."""
        return f"Search {self.number}"


def some_searches(random: Random, sales: Sequence[Sale], count: int) -> Iterator[Search]:
    """`count` searches with dense numbers."""
    yield Search(0, 1, {})
    yield Search(1, 1, {"StandardStatus": ["Active"]}, ("Price Change",))
    matches = MATCHES * min(1, MANY / count)
    width = min(sqrt(matches / count * _POSTCODES / 4), WIDEST)
    home = sales[0]
    for number in range(2, count):
        user = 2 + number // EACH
        if number % EACH == 0 or number == 2:
            home = random.choice(sales)
        changes: tuple[str, ...] = DEFAULT
        if random.random() < 0.2:
            changes = random.choice((("New Listing",), ("Price Change", "Closed"), ("Pending", "Withdrawn", "Closed")))
        yield Search(number, user, _criteria(random, home, width), changes, random.choice(SCHEDULES))


def _criteria(random: Random, home: Sale, width: float) -> dict[str, Any]:
    wide = random.uniform(width / 2, width * 2)
    found: dict[str, Any] = {
        "ListPrice": {
            "min": round(home.price * (1 - wide), -3),
            "max": round(home.price * (1 + wide), -3),
            "currency": "EUR" if random.random() < 0.01 else "USD",
        },
        "LivingArea": {"min": int(home.living_area * (1 - wide)), "max": int(home.living_area * (1 + wide))},
    }
    if random.random() < 0.8:
        found["StandardStatus"] = ["Active"] if random.random() < 0.8 else ["Active", "Pending"]
    if random.random() < 0.1:
        metres = {name: round(feet * 0.09290304) for name, feet in found["LivingArea"].items()}
        found["LivingArea"] = metres | {"units": "Square Meters"}
    found |= _place(random, home)
    match random.randrange(6):
        case 0:
            found["BedroomsTotal"] = {"min": home.bedrooms}
        case 1:
            found["YearBuilt"] = {"min": home.year_built - 5, "max": home.year_built + 20}
        case 2:
            found["BathroomsTotalInteger"] = {"max": int(home.bathrooms + 0.5)}
        case 3:
            found["Exclude"] = {"BedroomsTotal": {"max": max(home.bedrooms - 1, 0)}}
    return found


def _place(random: Random, home: Sale) -> dict[str, Any]:
    east, north = home.longitude, home.latitude
    match random.randrange(5):
        case 0:
            return {"City": [city_of(home.postal_code)]}
        case 1:
            return {"PostalCode": [home.postal_code, "98101"]}
        case 2:
            return {"Area": {"type": "Circle", "center": [east, north], "radius": random.randint(500, 4_000)}}
        case 3:
            # The home is on the edge of some of these boxes.
            return {"Area": {"bbox": [east - 0.03, north, east + 0.03, north + 0.02]}}
        case _:
            ring = [[east, north - 0.02], [east + 0.03, north], [east, north + 0.02], [east - 0.03, north]]
            return {"Area": {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}}
