"""The metrics of homes on the market: listings, their feeds, and alerts."""

from prometheus_client import CollectorRegistry, Counter, Gauge


class HomeMetrics:
    """The part of the metrics of one process that is about homes."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.registry = registry
        self._count_listings()
        self._count_feeds()
        self._count_alerts()

    def _count_listings(self) -> None:
        self.listing_records = Counter(
            "property_alerts_listing_records",
            "Records of listing events, by what became of them: accepted, unchanged or refused.",
            ["outcome"],
            registry=self.registry,
        )
        self.listing_changes = Counter(
            "property_alerts_listing_changes",
            "Changes of listings that waited for the end of the quiet time and were told then.",
            registry=self.registry,
        )

    def _count_feeds(self) -> None:
        self.feed_records = Counter(
            "property_alerts_feed_records",
            "Records that were replicated from a feed, by what became of them: accepted, unchanged or refused.",
            ["feed", "outcome"],
            registry=self.registry,
        )
        self.feed_events_waiting = Gauge(
            "property_alerts_feed_events_waiting",
            "Events of a feed whose record is to be requested, as the worker that replicates it last counted them.",
            ["feed"],
            registry=self.registry,
        )
        self.feed_event_age = Gauge(
            "property_alerts_feed_event_age_seconds",
            "How long ago the longest waiting event of a feed was received; 0 if none waits.",
            ["feed"],
            registry=self.registry,
        )
        self.feed_failing = Gauge(
            "property_alerts_feed_failing_seconds",
            "How long the server of a feed has been failing, when it last failed; 0 while it answers.",
            ["feed"],
            registry=self.registry,
        )

    def _count_alerts(self) -> None:
        self.changes_matched = Counter(
            "property_alerts_changes_matched",
            "Changes of listings that a matcher compared with saved searches: matched or unreadable.",
            ["outcome"],
            registry=self.registry,
        )
        self.alerts = Counter(
            "property_alerts_alerts",
            "Alerts of saved searches: submitted, refused because their user has no preferences, or dropped.",
            ["outcome"],
            registry=self.registry,
        )
        self.matcher_shards = Gauge(
            "property_alerts_matcher_shards",
            "Shards of users whose saved searches this process compares with changes of listings.",
            registry=self.registry,
        )
        self.matcher_behind = Gauge(
            "property_alerts_matcher_behind",
            "Changes of listings and edits of saved searches that this process has not handled yet, by shard.",
            ["shard"],
            registry=self.registry,
        )
