"""The made-up story of each sale: when a home came on the market, at which prices, and how it was sold. Pure.

A story is the same in every run: its numbers come from a hash of the parcel.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, time, timedelta
from hashlib import blake2b
from typing import Any, NamedTuple

from property_alert_notification.reso_server.cities import city_of
from property_alert_notification.reso_server.sales import Sale

Record = dict[str, Any]

SOURCE = "King County"
_HALF = timedelta(days=7)
_STREETS = 180


class Step(NamedTuple):
    """A record of a listing, from the moment at which it was changed."""

    at: datetime
    listing_key: str
    record: Record


LAST_SALE = datetime(2015, 5, 28, tzinfo=UTC)
"""After all sales."""


def timeline(sales: Iterable[Sale], *, ends_at: datetime = LAST_SALE) -> list[Step]:
    """The records of all these sales in the order of their times, which are moved so that the last is before `ends_at`.

    A service does not keep listings that were sold years ago.
    """
    later = ends_at - LAST_SALE
    steps = (step for sale in sales for step in story_of(sale, later))
    return sorted(steps, key=lambda step: (step.at, step.listing_key))


def story_of(sale: Sale, later: timedelta = timedelta()) -> Iterator[Step]:
    """The records of one sale, the oldest first, each this much later than it was.

    Four of ten homes become cheaper before they are sold. One of ten is withdrawn and listed again by another agent,
    with another ListingKey.
    """
    dice = blake2b(f"{sale.parcel} {sale.sold_on}".encode(), digest_size=8).digest()
    sold_at = datetime.combine(sale.sold_on, time(9 + dice[0] % 9, dice[1] % 60, dice[2] % 60), UTC) + later
    listed_at = sold_at - timedelta(days=21 + dice[3] % 60, minutes=dice[4])
    asked, last_asked = _prices(sale, dice)
    key = f"{sale.parcel}-{sale.sold_on:%Y%m%d}"
    first_key = f"{key}-1" if dice[6] < 26 else key
    home = _home(sale)

    def step(at: datetime, listing_key: str, status: str, price: int, **more: Any) -> Step:
        written = at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        own = {"ListingKey": listing_key, "ModificationTimestamp": written, "StandardStatus": status}
        return Step(at, listing_key, home | own | {"ListPrice": price} | more)

    yield step(listed_at, first_key, "Active", asked)
    middle = listed_at + (sold_at - listed_at) / 2
    if first_key != key:
        yield step(middle - timedelta(days=1), first_key, "Withdrawn", asked)
        yield step(middle, key, "Active", last_asked)
    elif last_asked != asked:
        yield step(middle, key, "Active", last_asked)
    yield step(sold_at - _HALF, key, "Pending", last_asked)
    yield step(sold_at, key, "Closed", last_asked, ClosePrice=sale.price)


def _prices(sale: Sale, dice: bytes) -> tuple[int, int]:
    """The first and the last asking price, in thousands of dollars: most homes are sold for a little less."""
    last = max(round(sale.price * (1 + dice[5] % 5 / 100) / 1_000), 1)
    return (round(last * 1.05) if dice[7] < 102 else last) * 1_000, last * 1_000


def _home(sale: Sale) -> Record:
    """What is the same in all records of a sale."""
    number, avenue = int(sale.parcel[6:]) + 1, int(sale.parcel[:6]) % _STREETS + 1
    half_baths = sale.bathrooms % 1 > 0
    return {
        "SourceSystemName": SOURCE,
        "ListingId": sale.parcel,
        "ParcelNumber": sale.parcel,
        "PropertyType": "Residential",
        "PropertySubType": "Single Family Residence",
        "BedroomsTotal": sale.bedrooms,
        "BathroomsTotalInteger": int(sale.bathrooms) + half_baths,
        "LivingArea": sale.living_area,
        "LivingAreaUnits": "Square Feet",
        "LotSizeArea": sale.lot_area,
        "LotSizeUnits": "Square Feet",
        "StoriesTotal": int(sale.floors),
        "YearBuilt": sale.year_built,
        "WaterfrontYN": sale.waterfront,
        "UnparsedAddress": f"{number} {avenue}{_ordinal(avenue)} Avenue",
        "City": city_of(sale.postal_code),
        "CountyOrParish": "King",
        "StateOrProvince": "WA",
        "PostalCode": sale.postal_code,
        "Country": "US",
        "Latitude": sale.latitude,
        "Longitude": sale.longitude,
        "currency": "USD",
        "InternetEntireListingDisplayYN": True,
        "InternetAddressDisplayYN": True,
    }


def _ordinal(number: int) -> str:
    if number % 100 in (11, 12, 13):
        return "th"
    return {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
