"""Deletes old rows: those of notifications, schedules, calls, caps, profiles, suppressions, homes, events."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.api.idempotency import queries as idempotency
from property_alert_notification.base.clock import Clock, first_id_of, time_of
from property_alert_notification.base.logs import origin
from property_alert_notification.base.metrics import Metrics
from property_alert_notification.base.supervise import Loop
from property_alert_notification.database import Database, halve_on_error
from property_alert_notification.deliveries.windows import queries as windows
from property_alert_notification.feedback.replies import queries as replies
from property_alert_notification.feedback.webhooks import queries as webhooks
from property_alert_notification.homes.alerts import queries as alerts
from property_alert_notification.homes.alerts.outcomes import queries as outcomes
from property_alert_notification.homes.alerts.outcomes.keep import keep_unsent
from property_alert_notification.homes.feeds import queries as feeds
from property_alert_notification.homes.listings import queries as listings
from property_alert_notification.homes.saved_searches import queries as searches
from property_alert_notification.notification_worker.retention_pace import FIRST, next_batch, pause_after
from property_alert_notification.notifications import queries as notifications
from property_alert_notification.notifications.schedules import queries as schedules
from property_alert_notification.people.caps import queries as caps
from property_alert_notification.people.directory import queries as profiles
from property_alert_notification.people.erasures import queries as erasures
from property_alert_notification.people.suppressions import queries as suppressions

log = structlog.get_logger()

IDLE = 30.0
"""Seconds to wait when nothing is left: few rows become due in this time."""

FROM_THE_START = 86_400.0
"""Seconds after which the walk begins again with the oldest row: notifications that were open then may have ended."""

_THE_OLDEST = UUID(int=0)

_KEYS, _NOTIFICATIONS, _SCHEDULES = "idempotency_keys", "notifications", "schedules"
_WINDOWS, _CAPS, _PROFILES, _SUPPRESSIONS = "digest_windows", "cap_uses", "profiles", "suppressions"
_REPLIES, _LISTINGS, _ERASURES, _EVENTS = "inbound_replies", "listings", "erasures", "webhook_events"
_SEARCHES, _MATCHES, _UNSENT, _FEED_EVENTS = "saved_search_versions", "match_log", "unsent_alerts", "feed_events"
_KINDS = (
    *(_KEYS, _NOTIFICATIONS, _SCHEDULES, _WINDOWS, _CAPS),
    *(_PROFILES, _SUPPRESSIONS, _REPLIES, _LISTINGS, _SEARCHES, _MATCHES, _UNSENT, _FEED_EVENTS, _ERASURES, _EVENTS),
)


class _Remove(Protocol):
    """Deletes up to `limit` rows that are older than `until`; returns how many."""

    async def __call__(self, connection: AsyncConnection, *, until: datetime, limit: int) -> int: ...


@dataclass(frozen=True, slots=True)
class _Turn:
    """The result of one transaction."""

    full: bool
    """Whether it deleted a full batch, so that more may be waiting."""
    lag: timedelta
    """How long the deleted rows had been due for deletion."""


class Retention:
    """Walks from the oldest notification towards those young enough to stay. Any number may share one store."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        metrics: Metrics,
        *,
        keep_for: timedelta,
        use_profiles_for: timedelta,
        keep_listings_for: timedelta = timedelta(days=400),
        keep_events_for: timedelta = timedelta(days=7),
    ) -> None:
        """Nothing is deleted yet.

        Args:
            database: the store.
            clock: says how old something is.
            metrics: counts what is deleted.
            keep_for: how long an ended notification stays after its last change, and a profile that nothing needs.
            use_profiles_for: a profile may be used as long while the User service is away, so it stays as long.
            keep_listings_for: how long a listing stays that has left the market, after its last change, and a version
                of a saved search after its end.
            keep_events_for: how long events of webhooks stay.
        """
        self._database = database
        self._clock = clock
        self._metrics = metrics
        self._keep_for = keep_for
        self._keep_events_for = keep_events_for
        self._keep_profiles_for = max(keep_for, use_profiles_for)
        self._keep_listings_for = keep_listings_for
        self._walked_to = _THE_OLDEST
        self._began_at = clock.monotonic()
        self._batches = dict.fromkeys(_KINDS, FIRST)

    async def run(self, loop: Loop) -> None:
        """Delete until cancelled. Waits while the store is unavailable."""
        await loop.repeat(self._purge_in_turn, after_a_fault=IDLE)

    async def _purge_in_turn(self) -> float:
        began = self._clock.monotonic()
        lag = await self.purge_some()
        return IDLE if lag is None else pause_after(self._clock.monotonic() - began, lag=lag)

    async def purge_some(self) -> timedelta | None:
        """Delete a few of each kind; returns how long the oldest one was overdue, or None when no more may wait."""
        turns = [
            await self._timed(_KEYS, self._purge_keys),
            await self._timed(_NOTIFICATIONS, self._purge_notifications),
            await self._purge_old(_SCHEDULES, schedules.remove_ended, self._keep_for),
            await self._purge_old(_WINDOWS, windows.remove_old, self._keep_for),
            await self._timed(_CAPS, self._purge_caps),
            await self._purge_old(_PROFILES, profiles.remove_old, self._keep_profiles_for),
            await self._timed(_SUPPRESSIONS, self._purge_suppressions),
            await self._purge_old(_REPLIES, replies.remove_old, self._keep_for),
            await self._purge_old(_LISTINGS, listings.remove_old, self._keep_listings_for),
            await self._purge_old(_SEARCHES, searches.remove_old, self._keep_listings_for),
            await self._purge_old(_MATCHES, alerts.remove_old, self._keep_listings_for),
            await self._purge_old(_UNSENT, outcomes.remove_old, self._keep_listings_for),
            await self._purge_old(_FEED_EVENTS, feeds.remove_old, self._keep_for),
            await self._purge_old(_ERASURES, erasures.remove_old, self._keep_for),
            await self._purge_old(_EVENTS, webhooks.remove_old, self._keep_events_for),
        ]
        return max(turn.lag for turn in turns) if any(turn.full for turn in turns) else None

    async def _timed(self, kind: str, purge: Callable[[int], Awaitable["_Turn"]]) -> "_Turn":
        """Take a turn with as many rows as the last one showed to be good; it shows how many are good next."""
        began = self._clock.monotonic()
        turn = await purge(self._batches[kind])
        if turn.full:
            self._batches[kind] = next_batch(self._batches[kind], took=self._clock.monotonic() - began)
        return turn

    async def _purge_keys(self, batch: int) -> "_Turn":
        now = self._clock.now()
        async with self._database.transaction() as connection:
            expired_at = await idempotency.remove_expired(connection, now=now, limit=batch)
        self._report(_KEYS, len(expired_at))
        return _Turn(full=len(expired_at) == batch, lag=now - min(expired_at, default=now))

    async def _purge_notifications(self, batch: int) -> "_Turn":
        """Delete some of the next few."""
        until = self._clock.now() - self._keep_for
        if self._clock.monotonic() - self._began_at > FROM_THE_START:
            self._walked_to, self._began_at = _THE_OLDEST, self._clock.monotonic()
        async with self._database.reading() as connection:
            # A notification that was accepted later cannot have changed before.
            walked = await notifications.oldest(
                connection, after=self._walked_to, before=first_id_of(until), limit=batch
            )
        if not walked:
            return _Turn(full=False, lag=timedelta())
        gone = sum(await halve_on_error(walked, partial(self._remove_ended, until=until), self._leave))
        self._report(_NOTIFICATIONS, gone)
        self._walked_to = walked[-1]
        return _Turn(full=len(walked) == batch, lag=until - time_of(walked[-1]))

    async def _purge_old(self, kind: str, remove: _Remove, keep_for: timedelta) -> "_Turn":
        """Delete some rows of a kind that are older than `keep_for`."""

        async def purge(batch: int) -> _Turn:
            async with self._database.transaction() as connection:
                gone = await remove(connection, until=self._clock.now() - keep_for, limit=batch)
            self._report(kind, gone)
            return _Turn(full=gone == batch, lag=timedelta())

        return await self._timed(kind, purge)

    async def _purge_caps(self, batch: int) -> "_Turn":
        async with self._database.transaction() as connection:
            gone = await caps.remove_old(connection, now=self._clock.now(), limit=batch)
        self._report(_CAPS, gone)
        return _Turn(full=gone == batch, lag=timedelta())

    async def _purge_suppressions(self, batch: int) -> "_Turn":
        async with self._database.transaction() as connection:
            gone = await suppressions.remove_expired(connection, now=self._clock.now(), limit=batch)
        self._report(_SUPPRESSIONS, gone)
        return _Turn(full=gone == batch, lag=timedelta())

    async def _remove_ended(self, walked: Sequence[UUID], until: datetime) -> int:
        async with self._database.transaction() as connection:
            ended = await notifications.lock_ended(connection, walked, until=until)
            await keep_unsent(connection, ended)
            await notifications.remove(connection, ended)
        return len(ended)

    async def _leave(self, notification: UUID, error: Exception) -> None:
        """Skip a row that cannot be deleted; it does no harm."""
        log.warning("retention.left", notification_id=str(notification), **origin(error))

    def _report(self, kind: str, gone: int) -> None:
        if gone:
            self._metrics.purged.labels(kind).inc(gone)
            log.info("retention.deleted", kind=kind, rows=gone)
