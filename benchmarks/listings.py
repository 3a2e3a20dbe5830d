"""How many records of listings are taken a second, in batches that are durable before they are answered.

Each listing is new, and then has four more records: another price, another status, other remarks, and a record that
comes late.
"""

import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any

from benchmarks.accept import PATIENT
from benchmarks.children import Child
from benchmarks.limits import AtLeast
from benchmarks.stores import Store

PATH = "/api/v1/listing-events"
LISTINGS = 20_000
QUICK_LISTINGS = 40
BATCH = 500
"""Records of one call."""

CONNECTIONS = 2
FLOOR = AtLeast(2_000, "{:,.0f}/s")


@dataclass(frozen=True, slots=True)
class Listed:
    """One store."""

    store: str
    records: int
    per_second: float
    cpu_us: float
    """Of the API, for one record."""
    failed: int
    """Records that were not accepted."""


def measure(store: Store, listings: int, progress: Callable[[str], None]) -> Listed:
    """Measure one store.

    Raises:
        ChildFailed: the API could not be started, or gave up.
    """
    progress(f"{store.title}: records of {listings:,} listings")
    bodies = [_body(batch) for batch in _batches(listings)]
    with Child(("-m", "benchmarks.serve", "ours"), store.fresh() | PATIENT) as api:
        port, before = api.read()["port"], api.cpu_seconds()
        began = time.perf_counter()
        with ThreadPoolExecutor(CONNECTIONS) as callers:
            parts = [bodies[place::CONNECTIONS] for place in range(CONNECTIONS)]
            accepted = sum(callers.map(lambda part: _call(port, part), parts))
        took, cpu = time.perf_counter() - began, api.cpu_seconds() - before
    records = listings * len(_HISTORY)
    return Listed(
        store=store.title,
        records=records,
        per_second=records / took,
        cpu_us=cpu / records * 1e6,
        failed=records - accepted,
    )


_HISTORY: tuple[tuple[int, dict[str, Any]], ...] = (
    (0, {}),
    (3_600, {"ListPrice": 525_000}),
    (7_200, {"PublicRemarks": "Quiet, and near the park."}),
    (10_800, {"ListPrice": 525_000, "StandardStatus": "Pending"}),
    (5_400, {"ListPrice": 530_000}),
)


def _batches(listings: int) -> Iterator[list[dict[str, Any]]]:
    """Every listing has its records in the same batches as its neighbours."""
    for start in range(0, listings, BATCH):
        for seconds, fields in _HISTORY:
            keys = range(start, min(start + BATCH, listings))
            yield [_record(key, seconds) | fields for key in keys]


def _record(key: int, seconds: int) -> dict[str, Any]:
    clock = time.strftime("%H:%M:%S", time.gmtime(seconds))
    return {
        "ListingKey": str(7_000_000_000 + key),
        "OriginatingSystemName": "bench",
        "ModificationTimestamp": f"2026-11-01T{clock}.{key % 1_000:03d}Z",
        "StandardStatus": "Active",
        "PropertyType": "Residential",
        "PropertySubType": "Single Family Residence",
        "ListPrice": "$538,000",
        "BedroomsTotal": 2 + key % 4,
        "BathroomsTotalInteger": 2.5,
        "LivingArea": 2_570,
        "LivingAreaUnits": "Square Feet",
        "LotSizeArea": 7_242,
        "LotSizeUnits": "Square Feet",
        "YearBuilt": 1951,
        "UnparsedAddress": f"{key} Pinehurst Way NE",
        "City": "Seattle",
        "StateOrProvince": "WA",
        "PostalCode": "98125",
        "CountyOrParish": "King",
        "Latitude": 47.5 + key % 997 / 5_000,
        "Longitude": -122.4 + key % 991 / 5_000,
        "Appliances": "Dishwasher, Range, Refrigerator",
        "InteriorFeatures": ["Fireplace", "Walk-In Closet(s)"],
        "InternetEntireListingDisplayYN": True,
        "PhotosCount": 12,
        "PublicRemarks": "Lovely three bedroom home with a view of the lake. " * 6,
        "ListAgentFullName": "Ada Lovelace",
        "ListAgentKey": "1815",
        "ListOfficeName": "Analytical Homes",
    }


def _body(records: list[dict[str, Any]]) -> bytes:
    return json.dumps({"value": records}).encode()


def _call(port: int, bodies: list[bytes]) -> int:
    """Send these one after the other on one connection; returns how many records were accepted."""
    accepted = 0
    with closing(HTTPConnection("127.0.0.1", port, timeout=120)) as connection:
        for body in bodies:
            connection.request("POST", PATH, body, {"Content-Type": "application/json"})
            answer = json.loads(connection.getresponse().read())
            accepted += sum(result["status"] == "accepted" for result in answer.get("results", ()))
    return accepted
