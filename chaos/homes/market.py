"""The listing events and saved searches of one trial, which have nothing to do with those of another. Pure."""

from collections.abc import Iterator, Sequence
from random import Random
from typing import Any

from property_alert_notification.reso_server.cities import city_of
from property_alert_notification.reso_server.sales import Sale
from property_alert_notification.reso_server.timeline import Step
from tests.homes_scenario.market import Event, arrivals, some_sales
from tests.homes_scenario.searches import DAILY, WEEKLY, Search, some_searches

RECORDS = 10
"""Of one call."""


class Market:
    """Homes that are sold, and the searches of people who look for one."""

    def __init__(self, random: Random, *, sales: int, searches: int, first: int) -> None:
        """`first` is the number of the first user; it is in the names of all homes, too."""
        self._tag = f"T{first}x"
        self._first = first
        sold = some_sales(random, sales)
        self.searches = list(self._own(sold, some_searches(random, sold, searches)))
        self.calls = list(self._calls(arrivals(random, sold)))

    def _own(self, sold: Sequence[Sale], searches: Iterator[Search]) -> Iterator[Search]:
        """Searches that match no home of another trial; the first two look for any home at all."""
        everywhere = sorted({city_of(sale.postal_code) for sale in sold})
        for one in searches:
            cities = one.criteria.get("City", everywhere)
            criteria = one.criteria | {"City": [self._tag + city for city in cities]}
            # No week passes in a trial.
            schedule = DAILY if one.schedule == WEEKLY else one.schedule
            yield one._replace(user=self._first + one.user, criteria=criteria, schedule=schedule)

    def _calls(self, calls: Iterator[Sequence[Event]]) -> Iterator[list[Event]]:
        for call in calls:
            for start in range(0, len(call), RECORDS):
                yield [Event(self._tag + one.home, self._own_step(one.step)) for one in call[start : start + RECORDS]]

    def _own_step(self, step: Step) -> Step:
        record: dict[str, Any] = step.record
        names = ("ListingKey", "ListingId", "ParcelNumber", "City")
        key = self._tag + step.listing_key
        return step._replace(listing_key=key, record=record | {name: self._tag + record[name] for name in names})
