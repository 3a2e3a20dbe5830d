"""The settings of feeds: `FEED_…` of one feed, `FEED_NWMLS_…` of a further one with the name `nwmls`."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, SecretStr
from pydantic_settings import SettingsConfigDict

from property_alert_notification.base.errors import ConfigurationError
from property_alert_notification.base.http import http_url
from property_alert_notification.base.settings import SettingsGroup, given_instances, load, variable_name
from property_alert_notification.base.zones import ZoneName, zone_named
from property_alert_notification.homes.listings.settings import ListingSettings
from property_alert_notification.homes.reso.record import Feed

DEFAULT_NAME = "default"
"""The name of the feed without a name of its own."""

_OPEN_HOUSES = {"openhouse", "openhouses"}


def _service_root(url: str) -> str:
    http_url(url)
    if "?" in url:
        raise ValueError("must have no query: FEED_FILTER narrows what is read")
    return url.rstrip("/")


class FeedSettings(SettingsGroup):
    """A RESO Web API from which listings are replicated. `FEED_NWMLS_URL` is that of a further one, named nwmls."""

    model_config = SettingsConfigDict(env_prefix="FEED_", env_ignore_empty=True)

    url: Annotated[str, AfterValidator(_service_root)] = Field(examples=["https://api.example.com/reso/odata"])
    """The service root of the API: its records are at `/Property` below it."""

    method: Literal["timestamps", "events"] = "timestamps"
    """How changes are found: by the `ModificationTimestamp` of records, which every server has, or by the resource
    `EntityEvent`, which also announces deletions."""

    token_endpoint: Annotated[str, AfterValidator(http_url)] | None = Field(
        None, examples=["https://api.example.com/oauth2/token"]
    )
    """The URL at which a token is requested with `FEED_CLIENT_ID` and `FEED_CLIENT_SECRET` (OAuth2, client
    credentials)."""

    client_id: str | None = Field(None, examples=["alerts"])
    """The client id for the token endpoint."""

    client_secret: SecretStr | None = Field(None, examples=["a-secret"])
    """The client secret for the token endpoint."""

    client_auth: Literal["body", "basic"] = "body"
    """Where the token endpoint expects the client id and secret: in the body, or in the header of HTTP Basic."""

    scope: str | None = Field(None, examples=["api"])
    """The scope of the token, if the server needs one."""

    token: SecretStr | None = Field(None, examples=["a-secret"])
    """A token that does not expire, instead of the token endpoint."""

    filter: str | None = Field(None, max_length=1_000, examples=["OriginatingSystemName eq 'nwmls'"])
    """An OData filter that all requests for records have, beside their own."""

    expand: str | None = Field(None, pattern=r"^[A-Za-z0-9_,]{1,200}$", examples=["OpenHouse,Media"])
    """The resources that records are requested with. With `OpenHouse` a change of an open house leads to a request
    for its listing."""

    source: str = Field("", max_length=255, examples=["nwmls"])
    """The `SourceSystemName` of records that name none. Sources tell listings of several feeds apart that have the same
    `ListingKey`."""

    event_source: str = Field("", max_length=255, examples=["nwmls"])
    """The `EntityEventSource` in the header of pushed events, if it is not the name of the feed."""

    time_zone: ZoneName | None = Field(None, examples=["America/Los_Angeles"])
    """The time zone of the homes, and of times without an offset, if it is not `LISTING_TIME_ZONE`."""

    currency: str | None = Field(None, pattern="^[A-Z]{3}$", examples=["EUR"])
    """The currency (ISO 4217) of amounts that name none, if it is not `LISTING_CURRENCY`."""

    interval: float = Field(30.0, gt=0, le=86_400)
    """Seconds between two requests for changes."""

    overlap: float = Field(300.0, ge=0, le=604_800)
    """Seconds for which changes are requested again: a change may become visible later than a change with a higher
    number or a later time."""

    recheck: float = Field(24.0, ge=0, le=8_760)
    """Hours between two rounds in which a worker requests all listings on the market again, to find those that the
    server no longer has; 0 makes none. A round takes five seconds for a hundred listings."""

    page_size: int = Field(200, ge=1, le=1_000)
    """Records that are requested at once."""

    timeout: float = Field(30.0, gt=0, le=300)
    """Seconds for one request, from the wait for a connection to the last byte of the answer."""

    def reading(self, listings: ListingSettings) -> Feed:
        """What is known of the feed, beside its records."""
        zone = listings.feed.zone if self.time_zone is None else zone_named(self.time_zone)
        return Feed(zone, self.currency or listings.currency)

    @property
    def has_open_houses(self) -> bool:
        """Whether records are requested with their open houses."""
        return not _OPEN_HOUSES.isdisjoint((self.expand or "").lower().split(","))

    @property
    def overlap_time(self) -> timedelta:
        """The overlap."""
        return timedelta(seconds=self.overlap)


def configured_feeds() -> Mapping[str, FeedSettings]:
    """All feeds by their names.

    Raises:
        ConfigurationError: a setting of a feed is wrong, or two feeds have the same source of events.
    """
    feeds: dict[str, FeedSettings] = {}
    for instance in given_instances(FeedSettings, "url"):
        feed = load(FeedSettings, instance)
        _check_credentials(feed, instance)
        feeds[instance or DEFAULT_NAME] = feed
    sources = [event_source(name, feed).casefold() for name, feed in feeds.items()]
    if len(set(sources)) < len(sources):
        raise ConfigurationError("FEED_EVENT_SOURCE: two feeds have the same source of events. Give each its own")
    return feeds


def event_source(name: str, feed: FeedSettings) -> str:
    """The EntityEventSource of a feed."""
    return feed.event_source or name


def _check_credentials(feed: FeedSettings, instance: str | None) -> None:
    def variable(field: str) -> str:
        return variable_name(FeedSettings, field, instance)

    if feed.token_endpoint is None and feed.token is None:
        raise ConfigurationError(f"{variable('token_endpoint')}: needed unless {variable('token')} is set")
    if feed.token_endpoint is not None and (feed.client_id is None or feed.client_secret is None):
        raise ConfigurationError(
            f"{variable('token_endpoint')}: needs {variable('client_id')} and {variable('client_secret')}"
        )
