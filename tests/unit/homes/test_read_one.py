"""One record of a batch that this service fails to read does not affect the others."""

from datetime import UTC, datetime
from typing import Any

import pytest

from property_alert_notification.homes.listings.events import Refused, read_all
from property_alert_notification.homes.listings.received import Received
from property_alert_notification.homes.reso.record import Feed

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
GOOD = {"ListingKey": "1", "ModificationTimestamp": "2026-11-27T17:05:00Z", "StandardStatus": "Active"}


class _Broken(dict[str, Any]):
    """A record that breaks what reads it, as a fault in the reader of a field would."""

    fault: type[Exception] = IndexError

    def items(self) -> Any:
        raise self.fault


class _WithoutMemory(_Broken):
    fault = MemoryError


def test_a_record_that_breaks_its_reader_is_refused_alone() -> None:
    found = read_all([GOOD, _Broken(GOOD), GOOD], batch=True, feed=Feed(None, "USD"), now=NOW)

    assert [type(one) for one in found] == [Received, Refused, Received]
    assert isinstance(found[1], Refused)
    assert found[1].result.ListingKey == "1"


def test_a_record_for_which_there_is_no_memory_now_is_not_refused() -> None:
    with pytest.raises(MemoryError):
        read_all([_WithoutMemory(GOOD)], batch=True, feed=Feed(None, "USD"), now=NOW)
