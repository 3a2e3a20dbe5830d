"""What an operator may set, read from the environment and `.env`, and checked at start.

Every field's docstring says its meaning; durations are in seconds unless the name says otherwise.
The table in README.md is made from these classes.
"""

import re
from datetime import datetime, timedelta
from typing import Annotated, Any, TypeVar
from urllib.parse import urlsplit

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, Field, ValidationError, ValidationInfo
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from property_alert_notification import times
from property_alert_notification.errors import ConfigurationError
from property_alert_notification.vocabulary import Channel, Environment

_DRIVERS = {
    "sqlite": "sqlite+aiosqlite",
    "sqlite+aiosqlite": "sqlite+aiosqlite",
    "postgres": "postgresql+asyncpg",
    "postgresql": "postgresql+asyncpg",
    "postgresql+asyncpg": "postgresql+asyncpg",
}


def _with_async_driver(url: str) -> str:
    """Name the driver, so that the URL which other tools take works here too."""
    scheme, separator, rest = url.partition("://")
    driver = _DRIVERS.get(scheme)
    if not separator or driver is None:
        raise ValueError("must start with sqlite:// or postgresql://")
    if driver.startswith("postgresql") and not urlsplit(url).hostname:
        raise ValueError("names no host")
    return f"{driver}://{rest}"


def _known_broker(url: str) -> str:
    if urlsplit(url).scheme not in {"embedded", "amqp", "amqps"}:
        raise ValueError("must start with embedded://, amqp:// or amqps://")
    if urlsplit(url).scheme != "embedded" and not urlsplit(url).hostname:
        raise ValueError("names no host")
    return url


def _expressible(moment: datetime) -> datetime:
    """With room at both ends, for offsets and for what is added to a time."""
    if not 2 <= moment.year <= 9_990:
        raise ValueError("must lie between the years 2 and 9990")
    return moment


def _after_the_earliest(latest: datetime, info: ValidationInfo) -> datetime:
    if (earliest := info.data.get("earliest_time")) is not None and latest <= earliest:
        raise ValueError("must be later than EARLIEST_TIME")
    return latest


_PROVIDER = re.compile(r"[a-z0-9_]{1,40}(@[a-z0-9_]{1,20})?")


NO_PROVIDER = "none"
"""What stands in place of the providers of a channel that is not used."""


def _in_order(names: str) -> str:
    providers = names.replace(" ", "").split(",")
    if not all(_PROVIDER.fullmatch(provider) for provider in providers):
        raise ValueError("must be names of providers, in small letters, with commas between")
    if NO_PROVIDER in providers and len(providers) > 1:
        raise ValueError("none stands alone: it means that the channel is not used")
    if len(set(providers)) < len(providers):
        raise ValueError("names a provider twice; a second one of a kind is smtp@backup")
    return ",".join(providers)


_CATEGORY = r"[a-z0-9][a-z0-9_-]{0,63}"
_DEADLINE = re.compile(rf"(?:({_CATEGORY})=)?([1-9][0-9]{{0,5}})(min|h|d)")
_UNITS = {"min": "minutes", "h": "hours", "d": "days"}


def _deadlines(text: str) -> str:
    parts = text.replace(" ", "").split(",")
    if not all(_DEADLINE.fullmatch(part) for part in parts):
        raise ValueError("must be a number of min, h or d, and others for single categories after commas")
    if sum("=" not in part for part in parts) != 1:
        raise ValueError("must have one entry without a category, for all others")
    return ",".join(parts)


def _categories(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    names = value.lower().replace(",", " ").split()
    if not all(re.fullmatch(_CATEGORY, name) for name in names):
        raise ValueError("must be categories, with commas between")
    return frozenset(names)


def _lower(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


def _words(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    words = set(value.lower().replace(",", " ").split())
    return None if not words else words - {"none"}


class SettingsGroup(BaseSettings):
    """What every group of settings shares: where it is read from and how its fields are documented."""

    model_config = SettingsConfigDict(
        env_file=".env", env_file_encoding="utf-8", extra="ignore", use_attribute_docstrings=True
    )


class ProviderSettings(SettingsGroup):
    """What every provider that is reached over a network has. A second one of a kind reads all of it by its name."""

    rate: float | None = Field(None, gt=0, le=10_000, examples=["10"])
    """Messages per second of one worker at most; none is as many as it takes."""


class Settings(SettingsGroup):
    """The service itself. Providers have groups of their own, beside their code in `channels/`."""

    project_name: str = Field("property-alert-notification", min_length=1, max_length=100)
    """Title of the API documentation and of the pages."""

    environment: Annotated[Environment, BeforeValidator(_lower)] = Field(Environment.LOCAL, examples=["production"])
    """`local`, `staging` or `production`. `local` migrates at start and accepts made-up addresses; `dev`
    and `fastapi dev` then run a worker inside the API."""

    database_url: Annotated[str, AfterValidator(_with_async_driver)] = Field(
        "sqlite+aiosqlite:///./app.db", examples=["postgresql://alerts:secret@db/alerts"]
    )
    """The store: SQLite or PostgreSQL."""

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

    max_backlog: int = Field(1_000_000, ge=1)
    """Unsent messages that may be due before more are refused with 503. Urgent ones are always taken, and so is what is
    to be sent half an hour later or more. Each API counts for itself: a burst over several may leave as many for each
    of them."""

    earliest_time: Annotated[AwareDatetime, AfterValidator(_expressible)] = Field(
        times.EARLIEST, examples=["1970-01-01T00:00:00Z"]
    )
    """The earliest time that a caller may give, in any field; an earlier one is answered 422."""

    latest_time: Annotated[AwareDatetime, AfterValidator(_expressible), AfterValidator(_after_the_earliest)] = Field(
        times.LATEST, examples=["2200-12-31T23:59:59Z"]
    )
    """The latest one."""

    default_preferences: Annotated[frozenset[Channel] | None, NoDecode, BeforeValidator(_words)] = Field(
        None, examples=["email,sms"]
    )
    """Channels that a user who never said anything wants: `email`, `sms`, `email,sms` or `none`. Without it
    a notification for such a user is answered 404."""

    queue_broker_url: Annotated[str, AfterValidator(_known_broker)] = Field(
        "embedded://", examples=["amqp://guest:guest@localhost/"]
    )
    """The broker: `embedded://` (the table of due deliveries is the queue) or RabbitMQ."""

    queue_routing_key: str = Field("property_alert", pattern=r"^[A-Za-z0-9_.-]{1,100}$", examples=["property_alert"])
    """How the names of the RabbitMQ queues begin."""

    email_provider: Annotated[str, AfterValidator(_in_order)] = Field("mailbox", examples=["smtp"])
    """Who carries email: `mailbox`, `smtp`, `console`, or any `channels/email_<name>.py`. Several, as in
    `smtp,smtp@backup`, stand in for one another in this order; `smtp@backup` has settings of its own,
    `SMTP_BACKUP_…` beside `SMTP_…`. `none` uses no email: its messages are suppressed."""

    sms_provider: Annotated[str, AfterValidator(_in_order)] = Field("mailbox", examples=["twilio"])
    """Who carries SMS: `mailbox`, `console`, `twilio`, `http`, or any `channels/sms_<name>.py`; several
    as for email, and `none` as there."""

    redirect_email_to: str | None = Field(None, max_length=320, examples=["staging@example.com"])
    """Every email goes to this address and to nobody else, with the intended one in its subject; never in
    `production`."""

    redirect_sms_to: str | None = Field(None, max_length=32, examples=["+14155552671"])
    """Every SMS goes to this number and to nobody else; never in `production`."""

    worker_concurrency: int = Field(64, ge=1, le=1000)
    """Deliveries of one channel that a worker has in hand at once; a provider may ask for fewer."""

    lease: float = Field(20.0, ge=2, le=600)
    """Seconds a claim holds without being renewed; a dead worker's deliveries are found after this."""

    shutdown_grace: float = Field(10.0, ge=0, le=600)
    """Seconds a stopping process gives to what is on the wire, or being answered."""

    retry_first_wait: float = Field(30.0, gt=0, le=86_400)
    """Seconds before the second attempt; it doubles after each failure."""

    retry_longest_wait: float = Field(3_600.0, gt=0, le=604_800)
    """Seconds between two attempts at most, also when a provider asks for more."""

    retry_max_attempts: int = Field(8, ge=1, le=30)
    """Attempts per delivery, the first included, before it is marked failed."""

    useless_after: Annotated[str, AfterValidator(_deadlines)] = Field("5d", examples=["5d,viewing=2h"])
    """How long after it was accepted, or after its `send_at`, a message is still of use: later it expires unsent.
    Categories may differ, as in `5d,viewing=2h`; `expires_at` may only be sooner."""

    unknown_give_up: Annotated[frozenset[str], NoDecode, BeforeValidator(_categories)] = Field(
        frozenset(), examples=["listing_alert,digest"]
    )
    """Categories whose messages are rather lost than doubled: when nobody can tell whether one arrived it fails. All
    others are sent once more, or as often as the provider promises to recognise repeats."""

    retention_days: float = Field(90.0, gt=0, le=36_500)
    """Days after their last change for which ended notifications are kept; then they are deleted, with their
    deliveries and attempts."""

    sms_max_segments: int = Field(3, ge=1, le=10)
    """SMS segments one message may cost; a longer text is cut."""

    allow_remote: bool = False
    """Let other machines reach a `local` service, which asks nobody for a key."""

    log_level: Annotated[str, BeforeValidator(_lower)] = Field("info", pattern="^(debug|info|warning|error)$")
    """The least important events that are logged: `debug`, `info`, `warning` or `error`."""

    log_format: Annotated[str, BeforeValidator(_lower)] = Field("auto", pattern="^(auto|console|json)$")
    """`console` for people, `json` for machines; `auto` is `console` when `ENVIRONMENT=local`."""

    worker_metrics_port: int = Field(0, ge=0, le=65_535, examples=["9464"])
    """Port on which a separate worker shows `/metrics`, `/health/live` and `/health/ready`; 0 is none."""

    worker_metrics_host: str = Field("127.0.0.1", examples=["0.0.0.0"])  # noqa: S104 - an example, not a default
    """Address on which that port is opened."""

    @property
    def deadlines(self) -> dict[str | None, timedelta]:
        """How long messages are of use, by category; None is all others."""
        found = [_DEADLINE.fullmatch(part) for part in self.useless_after.split(",")]
        return {match[1]: timedelta(**{_UNITS[match[3]]: int(match[2])}) for match in found if match is not None}

    @property
    def is_local(self) -> bool:
        """Whether this is a developer's own machine."""
        return self.environment is Environment.LOCAL

    @property
    def logs_as_json(self) -> bool:
        """Whether logs are for machines."""
        return self.log_format == "json" or (self.log_format == "auto" and not self.is_local)


Group = TypeVar("Group", bound=SettingsGroup)


def load(group: type[Group], instance: str | None = None) -> Group:
    """Read one group of settings; that of a second provider of a kind is told by the name of the instance.

    Raises:
        ConfigurationError: a value cannot be used; one line that names the variable, the problem and an example.
    """
    _check_instance(group, instance)
    try:
        return group(_env_prefix=_prefix(group, instance))
    except ValidationError as error:
        raise ConfigurationError("; ".join(_explain(group, instance, problem) for problem in error.errors())) from None


def variable_name(group: type[SettingsGroup], field: str, instance: str | None = None) -> str:
    """The environment variable that sets `field`, of the instance with this name."""
    return f"{_prefix(group, instance)}{field}".upper()


def _prefix(group: type[SettingsGroup], instance: str | None) -> str:
    prefix = group.model_config.get("env_prefix", "")
    return prefix if instance is None else f"{prefix}{instance}_"


def _check_instance(group: type[SettingsGroup], instance: str | None) -> None:
    """No variable may mean two things: `SMTP_FINAL_TIMEOUT` is no setting of `smtp@final`."""
    if instance is None:
        return
    taken = {variable_name(group, field) for field in group.model_fields}
    for field in group.model_fields:
        if (variable := variable_name(group, field, instance)) in taken:
            raise ConfigurationError(f"{variable}: means something else already. Give {instance!r} another name")


def _explain(group: type[SettingsGroup], instance: str | None, problem: Any) -> str:
    field = str(problem["loc"][0]) if problem["loc"] else ""
    if field not in group.model_fields:
        return f"settings: {problem['msg']}"
    info = group.model_fields[field]
    example = info.examples[0] if info.examples else info.get_default()
    example = example.value if isinstance(example, Environment) else example
    message = problem["msg"].removeprefix("Value error, ")
    variable = variable_name(group, field, instance)
    return f"{variable}: {message}. Example: {variable}={example}"
