"""Applies what providers and mail servers report, the reports of concurrent callers together."""

from collections.abc import Sequence
from datetime import timedelta

import structlog

from property_alert_notification.base.clock import Clock
from property_alert_notification.base.errors import Unavailable
from property_alert_notification.base.metrics import Metrics
from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.channels.callback import ReportedEvent, UsedToken
from property_alert_notification.database import Database, GroupCommit
from property_alert_notification.deliveries.reports.records import Report
from property_alert_notification.feedback.reports.apply import Applied, MovedDelivery, apply_reports
from property_alert_notification.feedback.reports.incoming import reports_of
from property_alert_notification.feedback.reports.suppress import Context

log = structlog.get_logger()


class TooManyUnknown(Unavailable):
    """There is no room for more reports about unknown messages; a provider repeats them, and old ones make room."""

    retry_after = timedelta(minutes=5)

    def __init__(self) -> None:
        super().__init__("Too many reports about unknown messages wait to be matched. Try again.")


class ReportIntake:
    """Takes the reports of one process."""

    def __init__(self, database: Database, context: Context, clock: Clock, metrics: Metrics, *, timeout: float) -> None:
        """`timeout` is in seconds: how long a report waits for the store."""
        self._database = database
        self._context = context
        self._clock = clock
        self._metrics = metrics
        self._timeout = timeout
        self._commits: GroupCommit[Sequence[Report], None] = GroupCommit(
            self._commit, at_once=1 if database.is_sqlite else 2, largest=200
        )

    async def take(
        self, channel: Channel, source: str, events: Sequence[ReportedEvent | UsedToken], body: bytes
    ) -> None:
        """Apply the reports of one call or mail; returns after the commit.

        Args:
            channel: that of the messages.
            source: the provider that reports, or `BY_MAIL`.
            events: the reports.
            body: what they were read from; kept for those that do not name their part of it.

        Raises:
            StoreUnavailable: the reports may be lost unless they come again.
            TooManyUnknown: likewise, as they are about unknown messages.
        """
        reports = reports_of(
            events, body, channel=channel, provider=source, new_id=self._clock.new_id, now=self._clock.now()
        )
        if reports:
            await self._commits.submit(reports, timeout=self._timeout)

    async def _commit(self, batch: Sequence[Sequence[Report]]) -> list[Exception | None]:
        reports = {report.key: report for reports in batch for report in reports}
        applied = await self._apply(list(reports.values()), wait=False)
        without_room = set(applied.without_room)
        by_delivery: dict[object, list[Report]] = {}
        for report in applied.locked:
            by_delivery.setdefault(report.named_delivery_id or report.provider_message_id, []).append(report)
        # A transaction that waits holds nothing that another one waits for.
        for locked in by_delivery.values():
            without_room.update((await self._apply(locked, wait=True)).without_room)
        return [TooManyUnknown() if any(one.key in without_room for one in each) else None for each in batch]

    async def _apply(self, reports: Sequence[Report], *, wait: bool) -> Applied:
        applied = await self._database.run(apply_reports(reports, self._context, now=self._clock.now(), wait=wait))
        self._metrics.reports.labels("unknown").inc(applied.unknown)
        self._metrics.reports.labels("known").inc(applied.new - applied.unknown)
        self._metrics.reports.labels("no_room").inc(len(applied.without_room))
        log_moves(applied.moved, self._metrics)
        return applied


def log_moves(moves: Sequence[MovedDelivery], metrics: Metrics) -> None:
    """Count and log deliveries that reports moved."""
    for one in moves:
        metrics.settled.labels(one.channel, one.state).inc()
        log.info(
            "delivery.reported",
            state=one.state,
            channel=one.channel,
            provider=one.provider,
            delivery_id=str(one.delivery_id),
        )
