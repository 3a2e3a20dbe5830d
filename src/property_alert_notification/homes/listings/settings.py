"""The settings of listings and their feeds: `LISTING_…`."""

from datetime import timedelta

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from property_alert_notification.base.settings import SettingsGroup
from property_alert_notification.base.zones import ZoneName, zone_named
from property_alert_notification.homes.listings.history import Periods
from property_alert_notification.homes.reso.record import Feed


class ListingSettings(SettingsGroup):
    """How records of feeds are read, and when their changes are told. docs/listings.md describes both."""

    model_config = SettingsConfigDict(env_prefix="LISTING_", env_ignore_empty=True)

    time_zone: ZoneName | None = Field(None, examples=["America/Los_Angeles"])
    """The time zone of the homes: that of times without an offset, and of the times of open houses in alerts. A record
    may name another one for its open houses (`PropertyTimeZoneName`). Without this setting a record whose
    `ModificationTimestamp` has no offset is refused."""

    currency: str = Field("USD", pattern="^[A-Z]{3}$", examples=["EUR"])
    """The currency (ISO 4217) of amounts that name none."""

    quiet_time: float = Field(30.0, ge=0, le=86_400)
    """Seconds for which further changes of a listing wait after one. They then become one change, the net one. 0 tells
    every change at once."""

    relisting_days: float = Field(98.0, ge=0, le=3_650)
    """Days for which a home that left the market may be offered again as the same offer: it is then no new listing.
    Rightmove uses 14 weeks."""

    retention_days: float = Field(400.0, ge=100, le=36_500)
    """Days for which a listing is kept that has left the market, after its last change."""

    @property
    def feed(self) -> Feed:
        """What is known of the feeds."""
        return Feed(None if self.time_zone is None else zone_named(self.time_zone), self.currency)

    @property
    def periods(self) -> Periods:
        """The quiet time, and the time for relisting."""
        return Periods(timedelta(seconds=self.quiet_time), timedelta(days=self.relisting_days))
