"""Takes the records of a feed by the same intake as listing events."""

import asyncio
from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

import structlog

from property_alert_notification.base.clock import Clock
from property_alert_notification.base.errors import InvalidField
from property_alert_notification.base.logs import origin
from property_alert_notification.base.metrics import Metrics
from property_alert_notification.base.printable import printable
from property_alert_notification.database import Database, halve_on_error
from property_alert_notification.homes.feeds import queries
from property_alert_notification.homes.feeds.models import FeedPosition
from property_alert_notification.homes.feeds.settings import FeedSettings
from property_alert_notification.homes.listings.deletions import deletion_after
from property_alert_notification.homes.listings.intake import ListingIntake
from property_alert_notification.homes.listings.queries import LastKnown, last_known
from property_alert_notification.homes.listings.read_one import read_one
from property_alert_notification.homes.listings.received import Received
from property_alert_notification.homes.listings.settings import ListingSettings
from property_alert_notification.homes.reso.record import SOURCES
from property_alert_notification.homes.reso.words import StandardStatus

log = structlog.get_logger()


MOST_COUNTED = 1_000
"""Records that were refused last and are remembered, so that each counts once."""


class Refusal(NamedTuple):
    """A record that cannot be understood."""

    listing_key: str
    problem: str
    modified: str = ""
    """The ModificationTimestamp, as it is written."""


class RecordTaker:
    """Reads and stores the records of one feed."""

    def __init__(
        self, name: str, settings: FeedSettings, listings: ListingSettings, database: Database, clock: Clock,
        metrics: Metrics,
    ) -> None:  # fmt: skip
        self._name = name
        self._source = settings.source
        self._feed = settings.reading(listings)
        self._periods = listings.periods
        self._database = database
        self._clock = clock
        self._outcomes = metrics.feed_records
        self._counted: dict[Refusal, None] = {}

    async def read(self, records: Sequence[Any]) -> tuple[list[Received], list[Refusal]]:
        """Read each record by itself: one that cannot be understood does not affect the others."""
        # A page may take long, and other loops must not wait for it.
        return await asyncio.to_thread(self._read_all, records)

    def _read_all(self, records: Sequence[Any]) -> tuple[list[Received], list[Refusal]]:
        now, found, refused = self._clock.now(), list[Received](), list[Refusal]()
        for record in records:
            try:
                found.append(read_one(self._with_source(record), self._feed, now))
            except InvalidField as fault:
                key, modified = (
                    printable(str(record.get(name)))[:80] if isinstance(record, dict) else ""
                    for name in ("ListingKey", "ModificationTimestamp")
                )
                refused.append(Refusal(key, f"{fault.field} {fault.problem}", modified))
        return found, refused

    def _with_source(self, record: Any) -> Any:
        if not self._source or not isinstance(record, dict) or any(record.get(name) for name in SOURCES):
            return record
        return record | {SOURCES[0]: self._source}

    async def store(
        self, position: FeedPosition, batch: Sequence[Received], refused: Sequence[Refusal]
    ) -> Sequence[Refusal]:
        """Store records, and count those that were refused; returns these and those that cannot be stored.

        Raises:
            LeaseLost: another worker replicates the feed.
        """
        unstorable = list[Refusal]()

        async def skip(one: Received, error: Exception) -> None:
            log.error("feed.record_unstorable", feed=self._name, **origin(error))
            unstorable.append(Refusal(one.record.listing_key, "cannot be stored"))

        async def take(part: Sequence[Received]) -> None:
            async with self._database.transaction() as connection:
                await queries.advance(connection, position)
                intake = ListingIntake(connection, self._clock, self._periods, self._name)
                new = await intake.take(part) if part else []
            self._count(accepted=sum(new), unchanged=len(new) - sum(new))

        if batch:
            await halve_on_error(batch, take, skip)
        if not_taken := [*refused, *unstorable]:
            await self._refuse(position, not_taken)
        return not_taken

    async def _refuse(self, position: FeedPosition, refused: Sequence[Refusal]) -> None:
        """Count records that were refused. One that is read again, since it changed a short time ago, counts once."""
        refused = [one for one in refused if one not in self._counted]
        if not refused:
            return
        self._counted = dict.fromkeys([*self._counted, *refused][-MOST_COUNTED:])
        last = refused[-1]
        log.warning("feed.records_refused", feed=self._name, number=len(refused), problem=last.problem)
        self._count(refused=len(refused))
        async with self._database.transaction() as connection:
            await queries.count_refusals(connection, position.feed, len(refused), f"{last.listing_key}: {last.problem}")

    def _count(self, **outcomes: int) -> None:
        for outcome, number in outcomes.items():
            self._outcomes.labels(self._name, outcome).inc(number)

    async def deletions(self, keys: Collection[str]) -> list[Received]:
        """The deletions of listings whose records the server does not have any more."""
        if not keys:
            return []
        async with self._database.reading() as connection:
            known = await last_known(connection, keys)
        by_key: dict[str, list[LastKnown]] = {}
        for one in known:
            by_key.setdefault(one.listing_key, []).append(one)
        gone = [one for several in by_key.values() for one in several if self._is_ours(one, alone=len(several) == 1)]
        return [
            deletion_after(one.source, one.listing_key, one.modified_at)
            for one in gone
            if one.status != StandardStatus.DELETE
        ]

    def _is_ours(self, one: LastKnown, *, alone: bool) -> bool:
        """Whether this feed has shown a listing. Another one may have a listing with the same key.

        Where this is not noted, the source decides. Records that name sources of their own may be of any feed, unless
        the listing is the only one with its key.
        """
        if one.feed is not None:
            return one.feed == self._name
        if self._source or not one.source:
            return one.source == self._source
        return alone
