"""The saved searches of the demo's users, each around a home that is sold in the demo. Pure."""

from collections.abc import Iterator, Sequence
from typing import Any

from property_alert_notification.cli.demo.users import USERS
from property_alert_notification.reso_server.cities import city_of
from property_alert_notification.reso_server.sales import Sale

_STRIDE = 7_919
"""Neighbouring searches are around homes that are far from each other in the file."""


def searches(sales: Sequence[Sale], count: int) -> Iterator[tuple[int, dict[str, Any]]]:
    """`count` searches, each with its user. One of five is told in a daily digest, the others at once."""
    for number in range(count):
        turn = number // len(USERS)  # so that the searches of one user differ
        name, criteria = _criteria(sales[(number * _STRIDE + turn) % len(sales)], number + turn)
        yield (
            USERS[number % len(USERS)],
            {
                "SavedSearchName": name,
                "Criteria": {"StandardStatus": ["Active"], **criteria},
                "ScheduleType": "Daily" if (number + turn) % 5 == 0 else "ASAP",
                "Channels": ["email"],
            },
        )


def _criteria(home: Sale, number: int) -> tuple[str, dict[str, Any]]:
    """The name and the criteria of a search, of one of four kinds."""
    city, low, high = (
        city_of(home.postal_code),
        home.price * 85 // 100_000 * 1_000,
        home.price * 1_200 // 1_000_000 * 1_000,
    )
    price = {"min": low, "max": high, "currency": "USD"}
    match number % 4:
        case 0:
            return f"{city}, up to ${high:,}", {"City": [city], "ListPrice": price}
        case 1:
            circle = {"type": "Circle", "center": [home.longitude, home.latitude], "radius": 3_000}
            bedrooms = {"min": max(home.bedrooms - 1, 1)}
            return f"Near {city}, {bedrooms['min']}+ bedrooms", {
                "Area": circle,
                "BedroomsTotal": bedrooms,
                "ListPrice": price,
            }
        case 2:
            wanted = {"PostalCode": [home.postal_code], "ListPrice": {"max": high, "currency": "USD"}}
            return f"{home.postal_code}, up to ${high:,}", wanted
        case _:
            size, year = {"min": home.living_area, "units": "Square Feet"}, {"min": max(home.year_built, 1980)}
            return f"King County, newer and larger than {home.living_area:,} sq ft", {
                "CountyOrParish": ["King"],
                "LivingArea": size,
                "YearBuilt": year,
                "ListPrice": price,
            }
