"""The settings of the service itself. They are read from the environment and `.env`, and checked at start.

Every field's docstring says its meaning; durations are in seconds unless the name says otherwise.
The tables in docs/settings.md are made from these classes.
"""

from datetime import timedelta
from typing import Annotated, Self

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BeforeValidator,
    Field,
    SecretStr,
    model_validator,
)
from pydantic_settings import (
    NoDecode,
)

from property_alert_notification.base import durations, times
from property_alert_notification.base.settings import setting_values as values
from property_alert_notification.base.settings.groups import SettingsGroup
from property_alert_notification.base.settings.listening import host_name
from property_alert_notification.base.settings.store_url import postgres, with_pgbouncer
from property_alert_notification.base.vocabulary import Channel, Environment
from property_alert_notification.base.zones import ZoneName

_LOCAL_KEY = "a key for a developer's own machine, which is no secret"


class Settings(SettingsGroup):
    """The service itself. Providers have groups of their own, beside their code in `channels/`."""

    project_name: str = Field("property-alert-notification", min_length=1, max_length=100)
    """Title of the API documentation and of the pages."""

    environment: Annotated[Environment, BeforeValidator(values.lower)] = Field(
        Environment.LOCAL, examples=["production"]
    )
    """`local`, `staging` or `production`. `local` migrates at start and accepts made-up addresses; `dev` and `fastapi
    dev` then run a worker inside the API."""

    database_url: Annotated[str, AfterValidator(values.store_url)] = Field(
        "sqlite+aiosqlite:///./app.db", examples=["postgresql://alerts:secret@db/alerts"]
    )
    """The store: SQLite or PostgreSQL."""

    database_prepared_statements: bool = True
    """`false` if DATABASE_URL is that of PgBouncer, in session or in transaction mode: no statement is prepared, no
    startup parameter is sent, and each statement runs in a transaction."""

    database_pool_size: int = Field(10, ge=2, le=100)
    """The maximum number of connections of one process to the store."""

    store_timeout: float = Field(1.0, gt=0, le=30)
    """Seconds for which a call waits for the store before it is answered 503."""

    idempotency_hours: float = Field(24.0, gt=0, le=8_784)
    """Hours for which an `Idempotency-Key` is stored, up to a year."""

    max_connections: int = Field(1_000, ge=10, le=100_000)
    """The maximum number of connections to the API of one process. A further connection closes the one that has waited
    longest without a complete request."""

    header_timeout: float = Field(10.0, gt=0, le=600)
    """Seconds within which the headers of a request must arrive."""

    body_timeout: float = Field(30.0, gt=0, le=3_600)
    """Seconds within which the body of a request must arrive, and a caller must read an answer."""

    max_body_memory: int = Field(32, ge=4, le=16_384)
    """Megabytes of memory of one process for request bodies larger than 64 kB."""

    max_backlog: int = Field(1_000_000, ge=1, le=1_000_000_000)
    """The maximum number of unsent messages that are due. Above it further messages are answered 503, except for urgent
    ones and those with a `send_at` half an hour or more away. Each API process counts for itself: a burst over several
    processes may exceed the maximum."""

    earliest_time: Annotated[AwareDatetime, AfterValidator(values.expressible)] = Field(
        times.EARLIEST, examples=["1970-01-01T00:00:00Z"]
    )
    """The earliest valid time in any field of a call. An earlier time is answered 422."""

    latest_time: Annotated[
        AwareDatetime, AfterValidator(values.expressible), AfterValidator(values.after_the_earliest)
    ] = Field(times.LATEST, examples=["2200-12-31T23:59:59Z"])
    """The latest valid time in any field of a call. A later time is answered 422."""

    default_preferences: Annotated[frozenset[Channel] | None, NoDecode, BeforeValidator(values.channels)] = Field(
        None, examples=["email,sms"]
    )
    """The channels of users who have never had preferences: `email`, `sms`, `email,sms` or `none`. Without this setting
    a notification for such a user is answered 404."""

    confirm_opt_in_days: float = Field(7.0, ge=0.01, le=365)
    """Days for which a user can confirm an opt-in to a category with `confirm_opt_in`."""

    queue_broker_url: Annotated[str, AfterValidator(values.broker_url)] = Field(
        "embedded://", examples=["amqp://guest:guest@localhost/"]
    )
    """The broker: `embedded://` (the table of due deliveries is the queue) or RabbitMQ."""

    queue_routing_key: str = Field("property_alert", pattern=r"^[A-Za-z0-9_.-]{1,100}$", examples=["property_alert"])
    """The prefix of the names of the RabbitMQ queues."""

    email_provider: Annotated[str, AfterValidator(values.in_order)] = Field("mailbox", examples=["smtp"])
    """The providers of email: `mailbox`, `smtp`, `console`, or any `channels/email_<name>.py`. Several, as in
    `smtp,smtp@backup`, are used in this order; `smtp@backup` has settings of its own,
    `SMTP_BACKUP_…` beside `SMTP_…`. `none` disables email: its messages are suppressed."""

    sms_provider: Annotated[str, AfterValidator(values.in_order)] = Field("mailbox", examples=["twilio"])
    """The providers of SMS: `mailbox`, `console`, `twilio`, `http`, or any `channels/sms_<name>.py`; several
    as for email, and `none` as there."""

    redirect_email_to: str | None = Field(None, max_length=320, examples=["staging@example.com"])
    """Every email is sent to this address only, with the intended address in its subject. Not allowed in
    `production`."""

    redirect_sms_to: str | None = Field(None, max_length=32, examples=["+14155552671"])
    """Every SMS is sent to this number only. Not allowed in `production`."""

    worker_concurrency: int = Field(64, ge=1, le=1000)
    """The maximum number of deliveries of one channel that a worker has in progress, without those whose provider does
    not answer. A provider may limit it further."""

    lease: float = Field(20.0, ge=2, le=600)
    """Seconds for which a claim is valid without being renewed. After this time the deliveries of a dead worker are
    rescued."""

    shutdown_grace: float = Field(10.0, ge=0, le=600)
    """Seconds for which a stopping process waits for provider calls and API calls in progress."""

    drain_seconds: float | None = Field(None, ge=0, le=600, examples=["10"])
    """Seconds for which a stopping API still answers requests while its readiness is 503 and each answer closes its
    connection. It must be longer than your load balancer needs to notice. Default: 2, and 0 with
    `ENVIRONMENT=local`."""

    trusted_proxies: Annotated[str, AfterValidator(values.networks)] = Field("", examples=["10.0.0.5,10.1.0.0/16"])
    """Addresses and networks of proxies whose `X-Forwarded-For` and `X-Forwarded-Proto` are used. Default: no proxy."""

    root_path: Annotated[str, AfterValidator(values.path_prefix)] = Field("", examples=["/alerts"])
    """The path under which a proxy serves this service, whether the proxy removes it from requests or not."""

    retry_first_wait: float = Field(30.0, gt=0, le=86_400)
    """Seconds before the second attempt. The wait doubles after each failure."""

    retry_longest_wait: float = Field(3_600.0, gt=0, le=604_800)
    """The maximum number of seconds between two attempts, also if a provider requests more."""

    retry_max_attempts: int = Field(8, ge=1, le=30)
    """The maximum number of attempts of a delivery, the first included. Then it ends as failed."""

    message_ttl: Annotated[str, AfterValidator(values.duration)] = Field("5d", examples=["5d"])
    """How long after its acceptance, or after its `send_at`, a message may be sent. Then it expires. The `message_ttl`
    of a category replaces this setting. The `expires_at` of a notification can only shorten the time."""

    categories_file: str | None = Field(None, min_length=1, examples=["/etc/property-alerts/categories.toml"])
    """A TOML or JSON file that defines categories: `kind`, `required`, `default`, `message_ttl`, `on_unknown`. It is
    read at start. Definitions by API take precedence."""

    legal_windows_file: str | None = Field(None, examples=["/etc/alerts/legal_windows.toml"])
    """A file of legal windows, the hours at which the law of a place allows messages. It replaces the built-in file. It
    is read again when it changes; if the changed file is invalid, the error is logged and the previous windows stay in
    force."""

    default_time_zone: ZoneName | None = Field(None, examples=["America/Chicago"])
    """The time zone of users without a known zone, country or phone number. Without this setting all zones count for
    such a user, and quiet hours may then allow no moment at all."""

    secret_keys: Annotated[SecretStr | None, AfterValidator(values.secret_keys)] = Field(
        None, examples=["one-secret-of-at-least-32-characters"]
    )
    """The secrets, with commas between, under which addresses on the suppression list are hashed: at least 32
    characters each. The first is for new entries; keep the earlier ones behind it, or their entries stop nothing.
    Required unless `ENVIRONMENT=local`."""

    signing_keys: Annotated[SecretStr | None, AfterValidator(values.secret_keys)] = Field(
        None, examples=["another-secret-of-32-characters-or-more"]
    )
    """The secrets, with commas between, that sign the links in messages: at least 32 characters each. The first signs,
    and a link signed by any of them is valid: keep an earlier key behind the first for as long as links in old messages
    should work. Required unless `ENVIRONMENT=local`."""

    public_url: Annotated[str | None, AfterValidator(values.public_url)] = Field(
        None, examples=["https://alerts.example.com"]
    )
    """The URL under which people and providers reach the API, with the path under which a proxy serves it, if any. The
    links in emails begin with it. It must begin with https:// and is required, unless `ENVIRONMENT=local`. Default in
    `local`: the address at which the API listens."""

    webhook_concurrency: int = Field(16, ge=1, le=200)
    """The maximum number of calls of one webhook endpoint that a worker has in progress."""

    webhook_timeout: float = Field(10.0, gt=0, le=60)
    """Seconds within which a webhook endpoint must answer. Then the event is retried."""

    webhook_retry_hours: float = Field(24.0, gt=0, le=168)
    """Hours for which an event is retried after it happened or was replayed."""

    webhook_pause_days: float = Field(3.0, gt=0, le=90)
    """Days after which an endpoint that only fails is paused."""

    webhook_retention_days: float = Field(7.0, ge=1, le=90)
    """Days for which events of webhooks are kept, for the log and for replays."""

    webhook_networks: Annotated[str, AfterValidator(values.networks)] = Field("", examples=["10.20.0.0/16"])
    """Networks in which webhook endpoints may be although they are not public, with commas between. Default: none.
    With `ENVIRONMENT=local` this machine and its networks are allowed."""

    retention_days: float = Field(90.0, gt=0, le=36_500)
    """Days for which ended notifications are kept after their last change. Then they are deleted with their deliveries
    and attempts."""

    sms_max_segments: int = Field(3, ge=1, le=10)
    """The maximum number of SMS segments of one message; a longer text is cut, but its first link is kept."""

    allow_remote: bool = False
    """Allow a `local` service, which requires no API key, to listen on addresses that other machines reach."""

    log_level: Annotated[str, BeforeValidator(values.lower)] = Field("info", pattern="^(debug|info|warning|error)$")
    """The lowest level of logged events: `debug`, `info`, `warning` or `error`."""

    log_format: Annotated[str, BeforeValidator(values.lower)] = Field("auto", pattern="^(auto|console|json)$")
    """`console` for people, `json` for machines; `auto` is `console` when `ENVIRONMENT=local`."""

    worker_metrics_port: int = Field(0, ge=0, le=65_535, examples=["9464"])
    """The port on which a separate worker serves `/metrics`, `/health/live` and `/health/ready`; 0 disables it."""

    worker_metrics_host: Annotated[str, AfterValidator(host_name)] = Field("127.0.0.1", examples=["0.0.0.0"])  # noqa: S104 - an example, not a default
    """The address on which that port is opened."""

    @model_validator(mode="after")
    def _mark_pooled(self) -> Self:
        """The database gets only the URL, so the URL says that PgBouncer is in front of the store."""
        url = self.database_url
        if not self.database_prepared_statements and not url.startswith("sqlite") and not postgres(url).pooled:
            self.database_url = with_pgbouncer(url)
        return self

    @property
    def default_ttl(self) -> timedelta:
        """The time to live of messages whose category has no `message_ttl`."""
        return durations.parse(self.message_ttl)

    @property
    def secrets(self) -> list[bytes]:
        """The secret keys, the newest first. `local` has one that everybody knows."""
        return _keys(self.secret_keys)

    @property
    def link_keys(self) -> list[bytes]:
        """The signing keys, the newest first. `local` has one that everybody knows, as it needs no API key either."""
        return _keys(self.signing_keys)

    @property
    def base_url(self) -> str:
        """The URL that links begin with, without a slash at its end."""
        return self.public_url or f"http://localhost:8000{self.root_path}"

    @property
    def is_local(self) -> bool:
        """Whether ENVIRONMENT is `local`."""
        return self.environment is Environment.LOCAL

    @property
    def drain(self) -> float:
        """Seconds to drain for."""
        return (0.0 if self.is_local else 2.0) if self.drain_seconds is None else self.drain_seconds

    @property
    def logs_as_json(self) -> bool:
        """Whether logs are written as JSON."""
        return self.log_format == "json" or (self.log_format == "auto" and not self.is_local)


def _keys(given: SecretStr | None) -> list[bytes]:
    text = given.get_secret_value() if given is not None else _LOCAL_KEY
    return [key.encode() for key in values.parts_of(text)]
