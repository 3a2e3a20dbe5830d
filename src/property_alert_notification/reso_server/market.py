"""The state of the market: which records can be seen, and the events that announced them."""

from bisect import bisect_left, insort
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from property_alert_notification.reso_server.query import Collection, value_of
from property_alert_notification.reso_server.timeline import Record, Step


@dataclass(slots=True)
class Market:
    """The records until now. Steps that lie ahead become visible by `advance`."""

    ahead: Sequence[Step]
    """In the order of their times."""
    records: dict[str, Record] = field(default_factory=dict)
    """The newest of each listing, by its ListingKey."""
    events: dict[int, Record] = field(default_factory=dict)
    """By their EntityEventSequence."""
    open_houses: dict[str, Record] = field(default_factory=dict)
    """By their OpenHouseKey."""
    passed: int = 0
    """How many steps have become visible."""
    hidden_events: set[int] = field(default_factory=set)
    """Events of transactions that are not committed yet."""
    last_sequence: int = 0
    _order: list[tuple[datetime, str]] = field(default_factory=list)
    """Time and key of each record."""

    @property
    def is_over(self) -> bool:
        """Whether nothing lies ahead."""
        return self.passed == len(self.ahead)

    @property
    def now(self) -> datetime | None:
        """The time of the last step that became visible."""
        return self.ahead[self.passed - 1].at if self.passed else None

    def advance(self, count: int) -> int:
        """Let the next steps become visible; returns how many did."""
        steps = self.ahead[self.passed : self.passed + count]
        for step in steps:
            self.put(step.record)
        self.passed += len(steps)
        return len(steps)

    def advance_to(self, at: datetime) -> int:
        """Let all steps until a time become visible; returns how many did."""
        count = 0
        while self.passed + count < len(self.ahead) and self.ahead[self.passed + count].at <= at:
            count += 1
        return self.advance(count)

    def put(self, record: Record) -> int:
        """Insert or replace a record; returns the sequence of its event."""
        self.store(record)
        return self._announce(record["ListingKey"])

    def store(self, record: Record) -> None:
        """Insert or replace a record without an event."""
        self._forget(record["ListingKey"])
        self.records[record["ListingKey"]] = record
        insort(self._order, _place_of(record))

    def remove(self, listing_key: str) -> int:
        """Hide a listing from this receiver: its record is 404 from now on; returns the sequence of its event."""
        self._forget(listing_key)
        return self._announce(listing_key)

    def put_open_house(self, record: Record) -> int:
        """Insert or replace an open house, whose listing stays as it is; returns the sequence of its event."""
        self.open_houses[record["OpenHouseKey"]] = record
        return self._announce(record["OpenHouseKey"], "OpenHouse")

    def remove_open_house(self, key: str) -> int:
        """Delete an open house; returns the sequence of its event."""
        del self.open_houses[key]
        return self._announce(key, "OpenHouse")

    def with_open_houses(self, listing: Record) -> Record:
        """The record of a listing with its open houses."""
        its = [one for one in self.open_houses.values() if one["ListingKey"] == listing["ListingKey"]]
        return {**listing, "OpenHouse": its}

    def all_open_houses(self) -> Collection:
        """The open houses in the order of their times."""
        field_ = "ModificationTimestamp"
        order = sorted((value_of(one, field_), key) for key, one in self.open_houses.items())
        return Collection(field_, order, self.open_houses)

    def properties(self) -> Collection:
        """The records in the order of their times."""
        return Collection("ModificationTimestamp", self._order, self.records)

    def visible_events(self) -> Collection:
        """The events in the order of their sequences."""
        order = [(number, number) for number in self.events if number not in self.hidden_events]
        return Collection("EntityEventSequence", order, self.events)

    def _forget(self, listing_key: str) -> None:
        if (known := self.records.pop(listing_key, None)) is not None:
            del self._order[bisect_left(self._order, _place_of(known))]

    def _announce(self, key: str, resource: str = "Property") -> int:
        # Real sources have gaps: another receiver's events have numbers, too.
        self.last_sequence += 1 + len(self.events) % 3
        sequence = self.last_sequence
        self.events[sequence] = {
            "EntityEventSequence": sequence,
            "ResourceName": resource,
            "ResourceRecordKey": key,
        }
        return sequence


def _place_of(record: Record) -> tuple[datetime, str]:
    return value_of(record, "ModificationTimestamp"), record["ListingKey"]
