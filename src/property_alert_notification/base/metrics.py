"""The metrics for Prometheus. No label carries an address or an id."""

import platform
from contextlib import AbstractContextManager

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Enum,
    Gauge,
    Histogram,
    Info,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)

from property_alert_notification import __version__
from property_alert_notification.base.damaged_rows import DamagedRows
from property_alert_notification.base.home_metrics import HomeMetrics
from property_alert_notification.base.output import LostLines
from property_alert_notification.base.request_times import RequestTimes
from property_alert_notification.base.vocabulary import BreakerState, Channel

disable_created_metrics()  # type: ignore[no-untyped-call] # they double the number of series

STAGES = ("accept", "claim", "send", "settle")
_STAGE_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 60.0)
_SENT_BUCKETS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3600.0, 14_400.0, 86_400.0)

UNKNOWN = float("nan")
"""What a gauge shows while the store does not answer."""


class Metrics(HomeMetrics):
    """The metrics of one process, in a registry of their own."""

    def __init__(self) -> None:
        super().__init__(CollectorRegistry())
        self._count_notifications()
        self._count_attempts()
        self._count_webhooks()
        self._count_profile_answers()
        self._show_deliveries()
        self._show_people()
        self._show_loops()
        self._show_times()
        self._describe_process()

    def _count_notifications(self) -> None:
        self.accepted = Counter(
            "property_alerts_notifications_accepted",
            "Notifications accepted: stored, with their deliveries.",
            registry=self.registry,
        )
        self.released = Counter(
            "property_alerts_notifications_released",
            "Scheduled notifications that fell due and were planned.",
            registry=self.registry,
        )
        self.occurrences = Counter(
            "property_alerts_schedule_occurrences",
            "Occurrences of schedules that became notifications.",
            registry=self.registry,
        )
        self.digests = Counter(
            "property_alerts_digests", "Digests made of what their window had collected.", registry=self.registry
        )
        self.digest_items = Counter(
            "property_alerts_digest_items",
            "Collected deliveries by what became of them when their window was closed or they were decided again: "
            "`carried` by a digest, or the state that they left the window for.",
            ["outcome"],
            registry=self.registry,
        )
        self.purged = Counter(
            "property_alerts_purged",
            "Rows deleted because they were kept long enough.",
            ["kind"],
            registry=self.registry,
        )

    def _count_attempts(self) -> None:
        self.attempts = Counter(
            "property_alerts_attempts",
            "Attempts that ended, by what came of them.",
            ["channel", "provider", "outcome"],
            registry=self.registry,
        )
        self.breaker = Enum(
            "property_alerts_provider_breaker",
            "The state of this process's breaker of a provider.",
            ["channel", "provider"],
            states=[*BreakerState],
            registry=self.registry,
        )
        self.breaker_openings = Counter(
            "property_alerts_provider_breaker_openings",
            "How often the breaker of a provider opened.",
            ["channel", "provider"],
            registry=self.registry,
        )

        self.callbacks = Counter(
            "property_alerts_callbacks",
            "Callbacks of providers: read, forged, or unreadable.",
            ["channel", "provider", "outcome"],
            registry=self.registry,
        )
        self.bounce_mails = Counter(
            "property_alerts_bounce_mails",
            "Mails to the return paths of emails, by what they were.",
            ["outcome"],
            registry=self.registry,
        )
        self.reports = Counter(
            "property_alerts_reports",
            "New reports of providers about messages: known, about no known message, or unreadable.",
            ["outcome"],
            registry=self.registry,
        )

    def _count_webhooks(self) -> None:
        self.webhook_attempts = Counter(
            "property_alerts_webhook_attempts",
            "Calls of webhook endpoints: succeeded or failed.",
            ["outcome"],
            registry=self.registry,
        )
        self.webhook_endpoints_stopped = Counter(
            "property_alerts_webhook_endpoints_stopped",
            "Webhook endpoints that this service paused because they failed for days, or disabled because they are "
            "gone.",
            ["reason"],
            registry=self.registry,
        )
        self.webhook_delay = Histogram(
            "property_alerts_webhook_delay_seconds",
            "From an event until its endpoint took it.",
            buckets=_SENT_BUCKETS,
            registry=self.registry,
        )

    def _count_profile_answers(self) -> None:
        self.profile_answers = Counter(
            "property_alerts_profile_answers",
            "Answers of the User service about one user: found, no_such_user, or failed.",
            ["outcome"],
            registry=self.registry,
        )

    def _show_deliveries(self) -> None:
        self.settled = Counter(
            "property_alerts_deliveries_settled",
            "Deliveries that a worker moved on, by the state they reached.",
            ["channel", "state"],
            registry=self.registry,
        )
        self.broken_rows = Counter(
            "property_alerts_put_aside",
            "Rows that broke every batch they were in, and were quarantined or ended.",
            ["kind"],
            registry=self.registry,
        )
        self.queue_age = Gauge(
            "property_alerts_queue_age_seconds",
            "How long the longest waiting delivery has been due.",
            ["channel"],
            registry=self.registry,
        )
        self.on_hold = Gauge(
            "property_alerts_deliveries_on_hold",
            "Deliveries that wait for approval, counted up to 10,000.",
            registry=self.registry,
        )
        self.windows_open = Gauge(
            "property_alerts_digest_windows_open",
            "Digest windows that collect at this moment, counted up to 10,000.",
            registry=self.registry,
        )
        self.windows_late = Gauge(
            "property_alerts_digest_windows_late_seconds",
            "How long the digest window has been due that a worker should have looked at first.",
            registry=self.registry,
        )
        self.in_hand = Gauge(
            "property_alerts_deliveries_in_hand",
            "Deliveries that this process has claimed and not settled.",
            ["channel"],
            registry=self.registry,
        )
        self.waiting = Gauge(
            "property_alerts_deliveries_waiting",
            "Deliveries that are due and not claimed, counted up to 10,000.",
            ["channel"],
            registry=self.registry,
        )

    def _show_people(self) -> None:
        self.refusals_waiting = Gauge(
            "property_alerts_refusals_waiting",
            "Messages of people that look like a refusal and are not handled, counted up to 10,000.",
            registry=self.registry,
        )
        self.erasure_age = Gauge(
            "property_alerts_erasure_age_seconds",
            "How long ago the erasure of a user was requested that is in progress for longest; 0 if none is.",
            registry=self.registry,
        )

    def _show_loops(self) -> None:
        self.loop_breaks = Counter(
            "property_alerts_loop_breaks",
            "How often an endless loop of this process broke and was begun again.",
            ["loop"],
            registry=self.registry,
        )
        self.loop_up = Gauge(
            "property_alerts_loop_up",
            "Whether an endless loop of this process goes well: 0 from a break to the next good turn.",
            ["loop"],
            registry=self.registry,
        )

    def _show_times(self) -> None:
        self.time_to_sent = Histogram(
            "property_alerts_handover_seconds",
            "From the moment at which a notification was accepted, or wanted, until a provider took it.",
            ["channel"],
            buckets=_SENT_BUCKETS,
            registry=self.registry,
        )
        for channel in Channel:
            self.time_to_sent.labels(channel)
        stages = Histogram(
            "property_alerts_stage_seconds",
            "How long each stage takes: accept, send and settle for one delivery, claim for a batch.",
            ["stage"],
            buckets=_STAGE_BUCKETS,
            registry=self.registry,
        )
        self._timers = {name: stages.labels(name) for name in STAGES}

    def _describe_process(self) -> None:
        self.store_up = Gauge(
            "property_alerts_store_up", "1 when the store answered this scrape, else 0.", registry=self.registry
        )
        self.broker_up = Gauge(
            "property_alerts_broker_up", "1 when the broker answered this scrape, else 0.", registry=self.registry
        )
        self.clock_ahead = Gauge(
            "property_alerts_clock_ahead_seconds",
            "Seconds by which this machine's clock is ahead of PostgreSQL's, which counts; 0 on SQLite.",
            registry=self.registry,
        )
        self.requests = RequestTimes()
        self.registry.register(self.requests)
        self.registry.register(LostLines())
        self.registry.register(DamagedRows())
        ProcessCollector(registry=self.registry)
        build = Info("property_alerts_build", "What runs: 1, with the versions as labels.", registry=self.registry)
        build.info({"version": __version__, "python": platform.python_version()})

    def stage(self, name: str) -> AbstractContextManager[object]:
        """Times the block as one run of a stage: `accept`, `claim`, `send` or `settle`."""
        return self._timers[name].time()

    def render(self) -> bytes:
        """All metrics in the text format of Prometheus."""
        return generate_latest(self.registry)
