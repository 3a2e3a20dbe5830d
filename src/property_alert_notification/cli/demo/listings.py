"""Homes in King County, Washington; `king_county_sales.md` says where they come from."""

import csv
import gzip
from dataclasses import dataclass
from importlib import resources

_FILE = "king_county_sales.csv.gz"


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
    """All of the sample, in the order of its file."""
    packed = (resources.files(__package__) / _FILE).read_bytes()
    return [_listing(row) for row in csv.DictReader(gzip.decompress(packed).decode().splitlines())]


def _listing(row: dict[str, str]) -> Listing:
    return Listing(
        listing_id=row["id"],
        list_price=round(float(row["price"])),
        bedrooms_total=int(row["bedrooms"]),
        living_area=int(row["sqft_living"]),
        year_built=int(row["yr_built"]),
        postal_code=row["zipcode"],
        waterfront=row["waterfront"] == "1",
    )
