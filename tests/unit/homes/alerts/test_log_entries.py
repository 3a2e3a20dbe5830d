"""What an entry of the match log keeps of searches."""

import numpy as np

from property_alert_notification.homes.alerts.match_log.entries import entry_of, found_in, searches_in
from property_alert_notification.homes.alerts.numbers import Numbers, unpack


def numbers(*some: int) -> Numbers:
    return np.array(some, dtype=np.int64)


def test_an_entry_has_each_search_with_whether_the_listing_was_new_to_it() -> None:
    entry = entry_of(numbers(1, 7, 2_000), np.array([False, True, True]))

    assert unpack(entry).tolist() == [2, 15, 4_001]
    assert searches_in(entry).tolist() == [1, 7, 2_000]
    assert found_in(entry, numbers(1, 3, 2_000, 9_000)) == [(1, False), (2_000, True)]
    assert found_in(entry, numbers()) == []
