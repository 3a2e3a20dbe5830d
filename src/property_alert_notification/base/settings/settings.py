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


class Settings(SettingsGroup):
    """The service itself. Providers have groups of their own, beside their code in `channels/`."""

    project_name: str = Field("property-alert-notification", min_length=1, max_length=100)
    """Title of the API documentation and of the pages."""

    environment: Annotated[Environment, BeforeValidator(values.lower)] = Field(
        Environment.LOCAL, examples=["production"]
    )
    """`local`, `staging` or `production`. `local` migrates at start and accepts made-up addresses; `dev`
    and `fastapi dev` then run a worker inside the API."""

    database_url: Annotated[str, AfterValidator(values.store_url)] = Field(
        "sqlite+aiosqlite:///./app.db", examples=["postgresql://alerts:secret@db/alerts"]
    )
    """The store: SQLite or PostgreSQL."""

    database_prepared_statements: bool = True
    """`false` when DATABASE_URL leads to PgBouncer, in session or in transaction mode: no statement is prepared, no
    startup parameter sent, and each statement runs in a transaction."""

    database_pool_size: int = Field(10, ge=2, le=100)
    """Connections to the store that one process holds at most."""

    store_timeout: float = Field(1.0, gt=0, le=30)
    """Seconds a caller waits for the store before it is answered 503."""

    idempotency_hours: float = Field(24.0, gt=0, le=8_784)
    """Hours for which an `Idempotency-Key` is remembered, up to a year."""

    max_connections: int = Field(1_000, ge=10, le=100_000)
    """Connections to the API that one process keeps at most. When another one comes, the one that has waited longest
    without a whole request is closed for it."""

    header_timeout: float = Field(10.0, gt=0, le=600)
    """Seconds within which the headers of a request must have come."""

    body_timeout: float = Field(30.0, gt=0, le=3_600)
    """Seconds within which the body of a request must have come, and a caller must take in an answer."""

    max_body_memory: int = Field(32, ge=4, le=16_384)
    """Megabytes of memory for bodies larger than 64 kB that one process receives at a time."""

    max_backlog: int = Field(1_000_000, ge=1, le=1_000_000_000)
    """Unsent messages that may be due before more are refused with 503. Urgent ones are always accepted, and so are
    those to be sent half an hour later or more. Each API counts for itself: a burst over several may leave as many for
    each of them."""

    earliest_time: Annotated[AwareDatetime, AfterValidator(values.expressible)] = Field(
        times.EARLIEST, examples=["1970-01-01T00:00:00Z"]
    )
    """The earliest time that a caller may give, in any field; an earlier one is answered 422."""

    latest_time: Annotated[
        AwareDatetime, AfterValidator(values.expressible), AfterValidator(values.after_the_earliest)
    ] = Field(times.LATEST, examples=["2200-12-31T23:59:59Z"])
    """The latest time that a caller may give, in any field; a later one is answered 422."""

    default_preferences: Annotated[frozenset[Channel] | None, NoDecode, BeforeValidator(values.channels)] = Field(
        None, examples=["email,sms"]
    )
    """The channels for users who have no preferences: `email`, `sms`, `email,sms` or `none`. Without it
    a notification for such a user is answered 404."""

    queue_broker_url: Annotated[str, AfterValidator(values.broker_url)] = Field(
        "embedded://", examples=["amqp://guest:guest@localhost/"]
    )
    """The broker: `embedded://` (the table of due deliveries is the queue) or RabbitMQ."""

    queue_routing_key: str = Field("property_alert", pattern=r"^[A-Za-z0-9_.-]{1,100}$", examples=["property_alert"])
    """The beginning of the names of the RabbitMQ queues."""

    email_provider: Annotated[str, AfterValidator(values.in_order)] = Field("mailbox", examples=["smtp"])
    """The providers of email: `mailbox`, `smtp`, `console`, or any `channels/email_<name>.py`. Several, as in
    `smtp,smtp@backup`, are used in this order; `smtp@backup` has settings of its own,
    `SMTP_BACKUP_…` beside `SMTP_…`. `none` uses no email: its messages are suppressed."""

    sms_provider: Annotated[str, AfterValidator(values.in_order)] = Field("mailbox", examples=["twilio"])
    """The providers of SMS: `mailbox`, `console`, `twilio`, `http`, or any `channels/sms_<name>.py`; several
    as for email, and `none` as there."""

    redirect_email_to: str | None = Field(None, max_length=320, examples=["staging@example.com"])
    """Every email goes to this address only, with the intended one in its subject; never in
    `production`."""

    redirect_sms_to: str | None = Field(None, max_length=32, examples=["+14155552671"])
    """Every SMS goes to this number only; never in `production`."""

    worker_concurrency: int = Field(64, ge=1, le=1000)
    """Deliveries of one channel that a worker has in progress at once, besides those whose provider gives no answer; a
    provider may ask for fewer."""

    lease: float = Field(20.0, ge=2, le=600)
    """Seconds a claim holds without being renewed; a dead worker's deliveries are found after this."""

    shutdown_grace: float = Field(10.0, ge=0, le=600)
    """Seconds for which a stopping process waits for messages that are being sent and calls that are being answered."""

    drain_seconds: float | None = Field(None, ge=0, le=600, examples=["10"])
    """Seconds for which a stopping API still takes requests while its readiness is 503 and each answer ends its
    connection: more than your load balancer needs to notice. None is 2, and 0 with `ENVIRONMENT=local`."""

    trusted_proxies: Annotated[str, AfterValidator(values.networks)] = Field("", examples=["10.0.0.5,10.1.0.0/16"])
    """Addresses and networks of proxies whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed;
    by default those of no proxy are."""

    root_path: Annotated[str, AfterValidator(values.path_prefix)] = Field("", examples=["/alerts"])
    """The path under which a proxy shows this service, whether the proxy takes it off or not."""

    retry_first_wait: float = Field(30.0, gt=0, le=86_400)
    """Seconds before the second attempt; it doubles after each failure."""

    retry_longest_wait: float = Field(3_600.0, gt=0, le=604_800)
    """Seconds between two attempts at most, also when a provider asks for more."""

    retry_max_attempts: int = Field(8, ge=1, le=30)
    """Attempts per delivery, the first included, before it is marked failed."""

    message_ttl: Annotated[str, AfterValidator(values.duration)] = Field("5d", examples=["5d"])
    """How long after it was accepted, or after its `send_at`, a message may be sent: later it expires. A category may
    have a `message_ttl` of its own. `expires_at` of a notification may only be sooner."""

    categories_file: str | None = Field(None, min_length=1, examples=["/etc/property-alerts/categories.toml"])
    """A file, TOML or JSON, that says what categories mean: `kind`, `required`, `default`, `message_ttl`, `on_unknown`.
    It is read at start; what is defined by API comes before it."""

    legal_windows_file: str | None = Field(None, examples=["/etc/alerts/legal_windows.toml"])
    """A file of legal windows that replaces the built-in one: in which hours the law of a place allows messages. It is
    read again when it changes; an invalid file is then logged, and the windows from before hold."""

    default_time_zone: ZoneName | None = Field(None, examples=["America/Chicago"])
    """The time zone of users of whom neither a zone, nor a country, nor a phone number is known. Without it any zone is
    possible, and the quiet hours of such a user may leave no moment at all until more is known."""

    retention_days: float = Field(90.0, gt=0, le=36_500)
    """Days after their last change for which ended notifications are kept; then they are deleted, with their
    deliveries and attempts."""

    sms_max_segments: int = Field(3, ge=1, le=10)
    """SMS segments one message may cost; a longer text is cut."""

    allow_remote: bool = False
    """Let other machines reach a `local` service, which requires no API key."""

    log_level: Annotated[str, BeforeValidator(values.lower)] = Field("info", pattern="^(debug|info|warning|error)$")
    """The least important events that are logged: `debug`, `info`, `warning` or `error`."""

    log_format: Annotated[str, BeforeValidator(values.lower)] = Field("auto", pattern="^(auto|console|json)$")
    """`console` for people, `json` for machines; `auto` is `console` when `ENVIRONMENT=local`."""

    worker_metrics_port: int = Field(0, ge=0, le=65_535, examples=["9464"])
    """Port on which a separate worker shows `/metrics`, `/health/live` and `/health/ready`; 0 is none."""

    worker_metrics_host: Annotated[str, AfterValidator(host_name)] = Field("127.0.0.1", examples=["0.0.0.0"])  # noqa: S104 - an example, not a default
    """Address on which that port is opened."""

    @model_validator(mode="after")
    def _mark_pooled(self) -> Self:
        """The database gets only the URL, so the URL says that PgBouncer is in front of the store."""
        url = self.database_url
        if not self.database_prepared_statements and not url.startswith("sqlite") and not postgres(url).pooled:
            self.database_url = with_pgbouncer(url)
        return self

    @property
    def default_ttl(self) -> timedelta:
        """How long a message may be sent whose category does not say so."""
        return durations.parse(self.message_ttl)

    @property
    def is_local(self) -> bool:
        """Whether this is a developer's own machine."""
        return self.environment is Environment.LOCAL

    @property
    def drain(self) -> float:
        """Seconds to drain for."""
        return (0.0 if self.is_local else 2.0) if self.drain_seconds is None else self.drain_seconds

    @property
    def logs_as_json(self) -> bool:
        """Whether logs are written as JSON."""
        return self.log_format == "json" or (self.log_format == "auto" and not self.is_local)
