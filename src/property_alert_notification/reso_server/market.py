"""The state of the market: which records can be seen, and the events that announced them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

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
    passed: int = 0
    """How many steps have become visible."""
    hidden_events: set[int] = field(default_factory=set)
    """Events of transactions that are not committed yet."""
    last_sequence: int = 0

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
        self.records[record["ListingKey"]] = record
        return self._announce(record["ListingKey"])

    def remove(self, listing_key: str) -> int:
        """Hide a listing from this receiver: its record is 404 from now on; returns the sequence of its event."""
        self.records.pop(listing_key, None)
        return self._announce(listing_key)

    def visible_events(self) -> Iterable[Record]:
        """The events, in the order of their sequences."""
        return (event for number, event in self.events.items() if number not in self.hidden_events)

    def _announce(self, listing_key: str) -> int:
        # Real sources have gaps: another receiver's events have numbers, too.
        self.last_sequence += 1 + len(self.events) % 3
        sequence = self.last_sequence
        self.events[sequence] = {
            "EntityEventSequence": sequence,
            "ResourceName": "Property",
            "ResourceRecordKey": listing_key,
        }
        return sequence
