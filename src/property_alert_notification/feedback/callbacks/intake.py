"""Takes callbacks of providers: verifies each, and applies the reports of concurrent ones together."""

from collections.abc import Mapping, Sequence
from inspect import isawaitable

import structlog

from property_alert_notification.base.clock import Clock
from property_alert_notification.base.errors import ForgedCallback, RequestError, ServiceError, UnreadableCallback
from property_alert_notification.base.logs import origin
from property_alert_notification.base.metrics import Metrics
from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.channels.callback import Callback, ProviderCallbacks, Reported, ReportedEvent
from property_alert_notification.database import Database, GroupCommit
from property_alert_notification.deliveries.reports.scripts import Report
from property_alert_notification.feedback.callbacks.apply import Applied, Context, MovedDelivery, apply_reports
from property_alert_notification.feedback.callbacks.incoming import reports_of

log = structlog.get_logger()

Providers = Mapping[tuple[str, str], ProviderCallbacks]
"""The providers with callbacks, by channel and name."""


class CallbackIntake:
    """Takes the callbacks of all providers of one process."""

    def __init__(
        self,
        database: Database,
        context: Context,
        clock: Clock,
        metrics: Metrics,
        *,
        providers: Providers,
        timeout: float,
    ) -> None:
        """`timeout` is in seconds: how long a callback waits for the store."""
        self.providers = providers
        self._database = database
        self._context = context
        self._clock = clock
        self._metrics = metrics
        self._timeout = timeout
        self._commits: GroupCommit[Sequence[Report], None] = GroupCommit(
            self._commit, at_once=1 if database.is_sqlite else 2, largest=200
        )

    async def take(self, channel: Channel, provider: str, callback: Callback) -> None:
        """Verify a callback and apply its reports; returns after the commit.

        Raises:
            ForgedCallback: its signature is not valid.
            UnreadableCallback: it is signed, and cannot be read.
            StoreUnavailable: the reports may be lost unless the provider repeats the callback.
        """
        events = await self._read(channel, provider, callback)
        reports = reports_of(
            (event for event in events if isinstance(event, ReportedEvent)),
            callback.body,
            channel=channel,
            provider=provider,
            new_id=self._clock.new_id,
            now=callback.received_at,
        )
        if reports:
            await self._commits.submit(reports, timeout=self._timeout)

    async def _read(self, channel: Channel, provider: str, callback: Callback) -> Sequence[Reported]:
        outcome = "unreadable"
        try:
            read = self.providers[channel, provider].read(callback)
            events = await read if isawaitable(read) else read
            outcome = "read"
        except ForgedCallback:
            outcome = "forged"
            log.warning("callback.forged", channel=channel, provider=provider)
            raise
        except (RequestError, ServiceError):
            raise
        except Exception as error:
            # Its text may contain personal data.
            log.error("callback.unreadable", channel=channel, provider=provider, **origin(error))  # noqa: TRY400
            raise UnreadableCallback from None
        finally:
            self._metrics.callbacks.labels(channel, provider, outcome).inc()
        return events

    async def _commit(self, batch: Sequence[Sequence[Report]]) -> list[None]:
        reports = {report.key: report for reports in batch for report in reports}
        applied = await self._apply(list(reports.values()), wait=False)
        by_delivery: dict[object, list[Report]] = {}
        for report in applied.locked:
            by_delivery.setdefault(report.named_delivery_id or report.provider_message_id, []).append(report)
        # A transaction that waits holds nothing that another one waits for.
        for locked in by_delivery.values():
            await self._apply(locked, wait=True)
        return [None] * len(batch)

    async def _apply(self, reports: Sequence[Report], *, wait: bool) -> Applied:
        applied = await self._database.run(apply_reports(reports, self._context, now=self._clock.now(), wait=wait))
        self._metrics.reports.labels("unknown").inc(applied.unknown)
        self._metrics.reports.labels("known").inc(applied.new - applied.unknown)
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
