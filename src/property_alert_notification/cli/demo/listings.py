"""The homes of the demo: some of the sales in King County, Washington."""

from dataclasses import dataclass
from itertools import islice

from property_alert_notification.reso_server.sales import Sale, read_sales

COUNT = 1_000
_EVERY = 21
"""The sample is every 21st sale."""


@dataclass(frozen=True, slots=True)
class Listing:
    """A home on the market. The fields carry the names of the RESO Data Dictionary, in Python's spelling."""

    listing_id: str
    """ListingId"""
    list_price: int
    """ListPrice, in US dollars"""
    bedrooms_total: int
    """BedroomsTotal"""
    living_area: int
    """LivingArea, in square feet"""
    year_built: int
    """YearBuilt"""
    postal_code: str
    """PostalCode"""
    waterfront: bool
    """WaterfrontYN"""


def read_listings() -> list[Listing]:
    """The sample, in the order of its file."""
    return [_listing(sale) for sale in islice(read_sales(), 0, COUNT * _EVERY, _EVERY)]


def _listing(sale: Sale) -> Listing:
    return Listing(
        listing_id=sale.parcel,
        list_price=sale.price,
        bedrooms_total=sale.bedrooms,
        living_area=sale.living_area,
        year_built=sale.year_built,
        postal_code=sale.postal_code,
        waterfront=sale.waterfront,
    )
