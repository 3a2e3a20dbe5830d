"""The index and a brute-force oracle agree on 1,000 searches and 10,000 listing events of King County."""

from datetime import UTC, datetime
from random import Random

import numpy as np

from property_alert_notification.homes.criteria.read_criteria import read_criteria
from property_alert_notification.homes.matching.index import SearchIndex
from property_alert_notification.homes.reso.record import Feed, read
from tests.unit.homes.matching import king_county
from tests.unit.homes.matching.kernels import KERNELS

SEARCHES, EVENTS = 1_000, 10_000


def test_the_index_agrees_with_brute_force_on_every_pair() -> None:
    random = Random(11)
    records = king_county.events(random, EVENTS)
    feed, now = Feed(zone=None, currency="USD"), datetime(2026, 11, 29, tzinfo=UTC)
    listings = [read(record, feed, now).fields for record in records]
    searches = [king_county.criteria(random, records) for _ in range(SEARCHES)]
    oracle = king_county.Oracle(records)
    right = np.stack([oracle.meets(search) for search in searches])

    index = SearchIndex()
    index.put_many((number, read_criteria(search, "USD")) for number, search in enumerate(searches))
    for kernel in KERNELS.values():
        index.use(kernel)
        found = np.zeros_like(right)
        for event, fields in enumerate(listings):
            found[index.match(fields), event] = True
        wrong = np.argwhere(found != right)
        assert not len(wrong), (len(wrong), searches[wrong[0][0]], records[wrong[0][1]])

    # Not by chance: most searches match some listings, and few match most.
    matches = right.sum(axis=1)
    assert (matches > 0).mean() > 0.6
    assert 20_000 < right.sum() < SEARCHES * EVENTS / 10
