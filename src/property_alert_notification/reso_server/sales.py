"""The house sales of King County; `king_county_sales.md` says where they come from."""

import csv
import gzip
from collections.abc import Iterator
from datetime import date
from importlib import resources
from typing import NamedTuple

_FILE = "king_county_sales.csv.gz"


class Sale(NamedTuple):
    """A home that was sold."""

    parcel: str
    """The number of its parcel, ten digits."""
    sold_on: date
    price: int
    """What it was sold for, in US dollars."""
    bedrooms: int
    bathrooms: float
    living_area: int
    """In square feet."""
    lot_area: int
    """In square feet."""
    floors: float
    waterfront: bool
    year_built: int
    postal_code: str
    latitude: float
    longitude: float


def read_sales() -> Iterator[Sale]:
    """All sales, in the order of the file."""
    packed = (resources.files(__package__) / _FILE).read_bytes()
    return map(_sale, csv.DictReader(gzip.decompress(packed).decode().splitlines()))


def _sale(row: dict[str, str]) -> Sale:
    return Sale(
        parcel=row["id"],
        sold_on=date.fromisoformat(row["date"][:8]),
        price=round(float(row["price"])),
        bedrooms=int(row["bedrooms"]),
        bathrooms=float(row["bathrooms"]),
        living_area=int(row["sqft_living"]),
        lot_area=int(row["sqft_lot"]),
        floors=float(row["floors"]),
        waterfront=row["waterfront"] == "1",
        year_built=int(row["yr_built"]),
        postal_code=row["zipcode"],
        latitude=float(row["lat"]),
        longitude=float(row["long"]),
    )
