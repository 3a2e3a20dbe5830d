"""Calls of the API about homes and searches, one after the other, each timed."""

import json
import time
from collections.abc import Iterable, Iterator
from contextlib import closing
from http.client import HTTPConnection
from typing import Any

from benchmarks.serve import PATH
from benchmarks.workload import alert

EVENTS = "/api/v1/listing-events"
SEARCHES = "/api/v1/users/{user}/saved-searches"

CORNERS = [[-98.00, 40.00], [-97.97, 40.01], [-97.95, 40.04], [-97.96, 40.07], [-97.99, 40.09], [-98.03, 40.08],
           [-98.05, 40.05], [-98.04, 40.02], [-98.00, 40.00]]  # fmt: skip
"""Of the area of a search."""


class Caller:
    """One connection."""

    def __init__(self, connection: HTTPConnection) -> None:
        self._connection = connection

    def call(self, method: str, path: str, body: Any, key: str | None = None) -> tuple[float, int, Any]:
        """The seconds that a call took, its status and its answer."""
        headers = {"Content-Type": "application/json"} | ({} if key is None else {"Idempotency-Key": key})
        text, began = json.dumps(body), time.perf_counter()
        self._connection.request(method, path, text, headers)
        response = self._connection.getresponse()
        answer = response.read()
        return time.perf_counter() - began, response.status, json.loads(answer)

    def send(self, records: list[dict[str, Any]]) -> int:
        """Send records of listings; returns how many were accepted."""
        *_, answer = self.call("POST", EVENTS, {"value": records})
        return sum(one["status"] == "accepted" for one in answer["results"])

    def send_urgent(self, number: int, to: str) -> bool:
        """Send an urgent message to a user; returns whether it was accepted."""
        body = alert(number) | {"urgent": True, "user_email": to}
        return self.call("POST", PATH, body, f"urgent-{to}")[1] == 200

    def save(self, user: int, number: int) -> tuple[float, str | None]:
        """Save a search; returns the seconds it took, and where it can be changed if it was saved."""
        path = SEARCHES.format(user=user)
        took, status, answer = self.call("POST", path, search(number), f"search-{number}")
        return took, f"{path}/{answer['SavedSearchKey']}" if status == 201 else None

    def change(self, path: str, number: int) -> tuple[float, bool]:
        """Change the query of a search; returns the seconds it took, and whether it was changed."""
        took, status, _ = self.call("PATCH", path, {"Criteria": search(number)["Criteria"]})
        return took, status == 200


def calling(port: int) -> closing[HTTPConnection]:
    """A connection that is closed at the end."""
    return closing(HTTPConnection("127.0.0.1", port, timeout=120))


def send_all(port: int, calls: Iterable[list[dict[str, Any]]]) -> int:
    """Send records, call by call; returns how many were accepted."""
    with calling(port) as connection:
        return sum(map(Caller(connection).send, calls))


def search(number: int) -> dict[str, Any]:
    """A search as a user draws it; each is another one."""
    return {
        "SavedSearchName": f"New search {number}",
        "Criteria": {
            "StandardStatus": ["Active"],
            "PropertyType": ["Residential"],
            "ListPrice": {"min": 300_000 + number, "max": 650_000 + number, "currency": "USD"},
            "BedroomsTotal": {"min": 3},
            "BathroomsTotalInteger": {"min": 2},
            "Area": {"type": "Polygon", "coordinates": [CORNERS]},
        },
        "ScheduleType": "ASAP",
    }


def percentile(values: Iterable[float], percent: float) -> float:
    """The smallest value that so many percent do not exceed."""
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * percent / 100), len(ordered) - 1)]


def at_rate(count: int, per_second: float) -> Iterator[int]:
    """Numbers, each when its time has come; it does not wait for those who are late."""
    start = time.monotonic()
    for number in range(count):
        time.sleep(max(0.0, start + number / per_second - time.monotonic()))
        yield number
