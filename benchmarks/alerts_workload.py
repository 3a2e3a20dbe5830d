"""The load of alerts: who has which saved search, and the records of the homes that are compared with them.

A home is offered, and then gets cheaper, record by record. So each record is a change that is told to everyone whose
search it matches then: as a new listing, a new price, or a home that came into the range of the search.
"""

import time
from collections.abc import Iterator
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from benchmarks.matching_load import Load
from benchmarks.matching_scan import Scan

SEARCHES_OF_A_USER = 2
ONE_AT_ONCE = 20
"""One search of so many alerts at once; the others wait for the digest of the day."""

BETWEEN = 60
"""Seconds of the feed's clock between two records of a home: more than its quiet time."""

AT_ONCE = 500
"""Records of one call."""

_STEPS = 200
"""By how many parts of its first price a home may get cheaper."""

People = npt.NDArray[np.int64]


def users_of(searches: int) -> int:
    """How many users have so many searches."""
    return max(searches // SEARCHES_OF_A_USER, 1)


def user_of(search: int, searches: int) -> int:
    """Whose search it is; searches and users are counted from 1. The searches of a user are in different towns."""
    return (search - 1) % users_of(searches) + 1


def email_of(user: int) -> str:
    """Where a user is written to."""
    return f"buyer.{user}@example.com"


class Market:
    """Homes with all their records, the same ones for the same numbers."""

    def __init__(self, name: str, homes: int, rounds: int = 1) -> None:
        """Each home has a record in each round; `name` begins their keys and addresses."""
        self.name, self.homes, self.rounds = name, homes, rounds
        self._fields = Load(part=name).listings(homes)
        self._ends_at = time.time()

    @property
    def text(self) -> str:
        """All that makes it, for a child."""
        return f"{self.name}:{self.homes}:{self.rounds}"

    @classmethod
    def read(cls, text: str) -> Self:
        """The one that has this text."""
        name, homes, rounds = text.split(":")
        return cls(name, int(homes), int(rounds))

    @property
    def records(self) -> int:
        """Each is a change."""
        return self.homes * self.rounds

    def prices(self, home: int) -> list[int]:
        """The price of a home in each round."""
        first = int(self._fields[home]["ListPrice"])
        return [first - number * max(first // _STEPS, 1) for number in range(self.rounds)]

    def record(self, home: int, number: int) -> dict[str, Any]:
        """The record of a home in a round, as a feed sends it."""
        at = self._ends_at - (self.rounds - number) * BETWEEN
        fields = {name: value for name, value in self._fields[home].items() if name != "currency"}
        return fields | {
            "ListingKey": self.key(home),
            "OriginatingSystemName": "bench",
            "ModificationTimestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at)),
            "ListPrice": self.prices(home)[number],
            "UnparsedAddress": self.address(home),
        }

    def key(self, home: int) -> str:
        """Of its listing."""
        return f"{self.name}-{home}"

    def address(self, home: int) -> str:
        """Where it is: no two homes are at one address."""
        return f"{home + 1} {self.name} Street"

    def calls(self) -> Iterator[list[dict[str, Any]]]:
        """All records, as so many calls send them."""
        for number in range(self.rounds):
            for start in range(0, self.homes, AT_ONCE):
                yield [self.record(home, number) for home in range(start, min(start + AT_ONCE, self.homes))]

    def alerts(self, scan: Scan, searches: int) -> list[list[int]]:
        """How many users must be alerted at once, for each home and each round, as a scan of all searches finds them.

        A user with several searches that match is alerted once.
        """
        return [
            [_users_at_once(found, searches) for found in scan.match_at(self._fields[home], self.prices(home))]
            for home in range(self.homes)
        ]


def _users_at_once(found: People, searches: int) -> int:
    numbers = found + 1  # the scan counts from 0
    at_once = numbers[numbers % ONE_AT_ONCE == 0]
    return len(np.unique((at_once - 1) % users_of(searches)))
