"""Makes the loops that replicate feeds."""

from collections.abc import Mapping

from property_alert_notification.base.clock import Clock
from property_alert_notification.base.metrics import Metrics
from property_alert_notification.base.supervise import Service
from property_alert_notification.database import Database
from property_alert_notification.homes.feeds.replicate import FeedReplicator
from property_alert_notification.homes.feeds.settings import configured_feeds
from property_alert_notification.homes.listings.settings import ListingSettings


def feed_loops(database: Database, clock: Clock, metrics: Metrics, listings: ListingSettings) -> Mapping[str, Service]:
    """The loop of each feed that the settings name, by the name of the loop.

    Raises:
        ConfigurationError: a setting of a feed is wrong.
    """
    feeds = configured_feeds()
    return {
        f"feed_{name}": FeedReplicator(name, feed, listings, database, clock, metrics, takes_all=len(feeds) == 1).run
        for name, feed in feeds.items()
    }
