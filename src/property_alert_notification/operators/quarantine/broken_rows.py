"""Quarantines, with the reason, what breaks every batch that it is in, so that the rest goes on."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import structlog

from property_alert_notification.base.clock import Clock
from property_alert_notification.base.errors import UnreadableRow
from property_alert_notification.base.logs import origin
from property_alert_notification.base.metrics import Metrics
from property_alert_notification.base.reasons import Reason, ReasonCode
from property_alert_notification.base.times import latest
from property_alert_notification.base.vocabulary import DeliveryState, Outcome
from property_alert_notification.database import Database, is_row_fault
from property_alert_notification.deliveries import queries as deliveries
from property_alert_notification.deliveries import unclaimable
from property_alert_notification.deliveries.unclaimable import UnclaimableKind
from property_alert_notification.deliveries.windows import queries as windows
from property_alert_notification.deliveries.windows import scripts as window_scripts
from property_alert_notification.notifications import queries as notifications
from property_alert_notification.notifications.schedules import queries as schedules
from property_alert_notification.operators.quarantine import moves

log = structlog.get_logger()


class BrokenRows:
    """Quarantines rows that break every batch they are in, and rows that no worker would claim."""

    def __init__(self, database: Database, clock: Clock, metrics: Metrics) -> None:
        self._database = database
        self._clock = clock
        self._metrics = metrics

    async def quarantine_delivery(
        self, delivery: UUID, error: Exception, *, fence: int | None = None, outcome: Outcome | None = None
    ) -> None:
        """Quarantine a delivery that breaks its worker's batch; with `fence` only if that claim still holds.

        `outcome` is that of its open attempt: a replay must know what the provider has, or may have.

        Raises:
            StoreUnavailable: the store cannot be reached.
        """
        moved = False
        for way in (self._quarantine_with_attempt, self._quarantine_alone, self._quarantine_by_state_only):
            try:
                moved = await way(delivery, error, fence, outcome)
                break
            except Exception as other:
                if not is_row_fault(other) or way == self._quarantine_by_state_only:
                    raise
                log.warning("delivery.unwritable", delivery_id=str(delivery), **origin(other))
        if moved:
            self._metrics.broken_rows.labels("delivery").inc()
            log.error("delivery.put_aside", delivery_id=str(delivery), state=DeliveryState.QUARANTINED, **origin(error))

    async def _quarantine_with_attempt(
        self, delivery: UUID, error: Exception, fence: int | None, outcome: Outcome | None
    ) -> bool:
        reason, now = reason_of(error, outcome), self._clock.now()
        async with self._database.transaction() as connection:
            moved = await moves.quarantine(connection, delivery, fence=fence, reason=reason, now=now)
            if moved and outcome is not None:
                await moves.end_open_attempt(connection, delivery, outcome=outcome, reason=reason, now=now)
        return moved

    async def _quarantine_alone(
        self, delivery: UUID, error: Exception, fence: int | None, outcome: Outcome | None
    ) -> bool:
        """The attempt stays open, so the reason says that the outcome is unknown."""
        reason = reason_of(error, Outcome.UNKNOWN if outcome in _MAY_BE_AT_PROVIDER else None)
        async with self._database.transaction() as connection:
            return await moves.quarantine(connection, delivery, fence=fence, reason=reason, now=self._clock.now())

    async def _quarantine_by_state_only(
        self, delivery: UUID, _: Exception, __: int | None, ___: Outcome | None
    ) -> bool:
        async with self._database.transaction() as connection:
            return await moves.quarantine_by_state_only(connection, delivery)

    async def quarantine_notification(
        self, notification: UUID, error: Exception, *, new_id: Callable[[], UUID]
    ) -> None:
        """Give a scheduled notification that cannot be planned a quarantined delivery for each of its addresses.

        Raises:
            StoreUnavailable: the store cannot be reached.
        """
        async with self._database.transaction() as connection:
            moved = await moves.quarantine_notification(
                connection, notification, reason=reason_of(error), now=self._clock.now(), new_id=new_id
            )
        if moved:
            self._metrics.broken_rows.labels("notification").inc()
            log.error("notification.put_aside", notification_id=str(notification), **origin(error))

    async def quarantine_unclaimable(self, *, limit: int) -> int:
        """Quarantine deliveries that no worker would ever claim; unmark those whose publishing time is in the future.

        Returns how many rows were changed. Raises StoreUnavailable when the store cannot be reached.
        """
        now = self._clock.now()
        async with self._database.transaction() as connection:
            found = await unclaimable.quarantine(connection, _why_unclaimable, now=now, limit=limit)
            for one in found:
                if one.kind.is_leased:
                    why = _why_unclaimable(one.kind)
                    await deliveries.close_open_attempts(connection, one.ids, reason=why, ended_at=now)
            unmarked = await unclaimable.unmark(connection, now=now, limit=limit)
        for one in found:
            self._metrics.broken_rows.labels("delivery").inc(len(one.ids))
            for id_ in one.ids:
                log.error("delivery.put_aside", delivery_id=str(id_), state=DeliveryState.QUARANTINED, why=one.kind.why)
        if unmarked:
            log.error("delivery.published_in_the_future", deliveries=unmarked)
        return sum(len(one.ids) for one in found) + unmarked

    async def quarantine_never_due(self, *, limit: int) -> int:
        """Quarantine some notifications that are scheduled for a time that never comes; returns how many those were.

        Raises StoreUnavailable when the store cannot be reached.
        """
        async with self._database.reading() as connection:
            found = await notifications.never_due(connection, latest=latest(), limit=limit)
        moved = 0
        for notification in found:
            try:
                await self.quarantine_notification(notification, UnreadableRow(NEVER_WANTED), new_id=self._clock.new_id)
            except Exception as error:
                if not is_row_fault(error):
                    raise
                log.warning("notification.unwritable", notification_id=str(notification), **origin(error))
            else:
                moved += 1
        return moved

    async def quarantine_schedule(self, schedule: UUID, error: Exception) -> bool:
        """Quarantine an active schedule that breaks workers; returns whether it was active.

        Raises:
            StoreUnavailable: the store cannot be reached.
        """
        async with self._database.transaction() as connection:
            moved = await schedules.quarantine(connection, schedule, reason=reason_of(error), now=self._clock.now())
        if moved:
            self._metrics.broken_rows.labels("schedule").inc()
            log.error("schedule.put_aside", schedule_id=str(schedule), **origin(error))
        return moved

    async def quarantine_schedules_never_due(self, *, limit: int) -> int:
        """Quarantine some schedules that no worker would ever look at; returns how many those were.

        Raises StoreUnavailable when the store cannot be reached.
        """
        async with self._database.reading() as connection:
            found = await schedules.never_due(connection, latest=latest(), limit=limit)
        return sum([await self.quarantine_schedule(one, UnreadableRow(NEVER_WANTED)) for one in found])

    async def dissolve_window(self, window: UUID, error: Exception) -> None:
        """Have it decided again about what a digest window has collected that cannot be processed.

        Raises:
            StoreUnavailable: the store cannot be reached.
        """
        now, why = self._clock.now(), reason_of(error).parameters
        reason = Reason(ReasonCode.WINDOW_BROKEN, why)
        await self._database.run(window_scripts.dissolve(window, reason, now=now, until=now + POSTPONED_BY))
        self._metrics.broken_rows.labels("digest_window").inc()
        log.error("digest_window.dissolved", window_id=str(window), **origin(error))

    async def dissolve_windows_never_due(self, *, limit: int) -> int:
        """Dissolve some digest windows that no worker would ever look at; returns how many those were.

        Raises StoreUnavailable when the store cannot be reached.
        """
        async with self._database.reading() as connection:
            found = await windows.never_due(connection, latest=latest(), limit=limit)
        for one in found:
            await self.dissolve_window(one, UnreadableRow(NEVER_WANTED))
        return len(found)

    async def end_unreadable(self) -> None:
        """End deliveries, scheduled notifications and schedules whose ids cannot be read: no operator can name them.

        What a digest window with such an id had collected is decided about again.

        Only SQLite takes such ids. Raises StoreUnavailable when the store cannot be reached.
        """
        if not self._database.is_sqlite:
            return
        async with self._database.transaction() as connection:
            ended = await moves.end_unreadable(connection, reason=_ORPHANED, now=self._clock.now())
        if ended:
            self._metrics.broken_rows.labels("unreadable_id").inc(ended)
            log.error("row.put_aside", rows=ended, because="the id cannot be read")


NEVER_WANTED = "it is wanted at no time that comes"

POSTPONED_BY = timedelta(hours=1)
"""How long a digest window that was closed and cannot be processed waits to be looked at again."""

_ORPHANED = Reason(ReasonCode.WINDOW_BROKEN, {"what": "its id cannot be read"})

_MAY_BE_AT_PROVIDER: dict[Outcome | None, ReasonCode] = {
    Outcome.UNKNOWN: ReasonCode.ROW_BROKEN_MAYBE_SENT,
    Outcome.SENT: ReasonCode.ROW_BROKEN_SENT,
}


def _why_unclaimable(kind: UnclaimableKind) -> Reason:
    return reason_of(UnreadableRow(kind.why), Outcome.UNKNOWN if kind.is_leased else None)


def reason_of(error: Exception, outcome: Outcome | None = None) -> Reason:
    """Why it is quarantined; `outcome` is that of its open attempt.

    Only the kind of the error is named: its text may hold what a caller sent.
    """
    what = str(error) if isinstance(error, UnreadableRow) else type(error).__name__
    return Reason(_MAY_BE_AT_PROVIDER.get(outcome, ReasonCode.ROW_BROKEN), {"what": what})
