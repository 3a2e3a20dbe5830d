"""Builds store, broker and providers from the settings and connects them."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Protocol
from uuid import UUID

import structlog

from property_alert_notification.api.access.authenticator import Authenticator
from property_alert_notification.base import times
from property_alert_notification.base.bounded_calls import BoundedCalls
from property_alert_notification.base.clock import Clock
from property_alert_notification.base.console import announce
from property_alert_notification.base.errors import ConfigurationError, InvalidField
from property_alert_notification.base.metrics import Metrics
from property_alert_notification.base.settings import Settings, load
from property_alert_notification.base.settings.broker_url import is_embedded
from property_alert_notification.base.supervise import Supervisor, end
from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.broker.base import Broker
from property_alert_notification.broker.embedded import EmbeddedBroker
from property_alert_notification.broker.rabbitmq import RabbitMQBroker
from property_alert_notification.channels import registry
from property_alert_notification.channels.address_rules import AddressRules
from property_alert_notification.channels.base import Sender, Tools
from property_alert_notification.channels.callback import ProviderCallbacks
from property_alert_notification.channels.definition import definition_of
from property_alert_notification.channels.redirect import redirections
from property_alert_notification.channels.registry import chosen, create_sender, only_shown, unused
from property_alert_notification.database import Database
from property_alert_notification.database.clock_watch import ClockWatch
from property_alert_notification.database.migrations.at_start import prepared
from property_alert_notification.deliveries import queues
from property_alert_notification.deliveries.gauges import Gauges
from property_alert_notification.feedback.replies.queries import count_waiting
from property_alert_notification.feedback.reports.intake import ReportIntake
from property_alert_notification.feedback.reports.parked import ParkedReports
from property_alert_notification.feedback.reports.suppress import Context as ReportContext
from property_alert_notification.notifications.acceptance import Acceptance
from property_alert_notification.notifications.backlog import Backlog
from property_alert_notification.notifications.create import Planner
from property_alert_notification.people.categories.cache import CategoryCache
from property_alert_notification.people.categories.category_file import configured_categories
from property_alert_notification.people.directory.client import UserService
from property_alert_notification.people.directory.look_up import ProfileLookUp
from property_alert_notification.people.directory.settings import UserServiceSettings
from property_alert_notification.people.erasures.queries import in_progress_since
from property_alert_notification.people.hours.windows_file import hours_of
from property_alert_notification.people.preferences.rules import Preferences
from property_alert_notification.people.suppressions.subjects import Subjects
from property_alert_notification.preflight import check_settings

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Parts:
    """One process's parts."""

    settings: Settings
    clock: Clock
    metrics: Metrics
    database: Database
    broker: Broker
    authenticator: Authenticator
    backlog: Backlog
    categories: CategoryCache
    acceptance: Acceptance
    supervisor: Supervisor
    calls: BoundedCalls
    gauges: Gauges
    wakers: list[Callable[[], None]] = field(default_factory=list)
    """Wakes the loops of this process that wait for due deliveries."""

    user_service: UserServiceSettings = field(default_factory=partial(load, UserServiceSettings))
    """Where the User service is, if there is one."""

    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    """Set once this process takes leave of its callers: readiness is 503."""

    def wake(self) -> None:
        """Something became due in this process."""
        _wake(self.wakers)

    def create_senders(self) -> dict[Channel, dict[str, Sender]]:
        """The senders of each channel by the names of their providers, in the order that the settings choose.

        Raises:
            ConfigurationError: a provider does not exist, or a setting of its own is wrong.
        """
        tools = Tools(self.settings, self.database, self.clock, announce)
        return {
            channel: {name: create_sender(channel, name, tools) for name in chosen(channel, self.settings)}
            for channel in Channel
            if channel not in unused(self.settings)
        }

    def create_callbacks(self) -> dict[tuple[str, str], ProviderCallbacks]:
        """The readers of callbacks by channel and provider; providers without callbacks are left out.

        A process that only serves the API needs no settings of providers. Without them it takes no callbacks.
        """
        tools = Tools(self.settings, self.database, self.clock, announce)
        found: dict[tuple[str, str], ProviderCallbacks] = {}
        for channel, name in ((of, name) for of in Channel for name in registry.calling_back(of, self.settings)):
            try:
                callbacks = registry.create_callbacks(channel, name, tools)
            except ConfigurationError as error:
                log.warning("callbacks.not_taken", channel=channel, provider=name, because=str(error))
                continue
            if callbacks is not None:
                found[channel, name] = callbacks
        return found

    def create_profile_look_up(self) -> ProfileLookUp | None:
        """Asks the User service; None when there is none."""
        service = create_user_service(self.settings, self.user_service, self.clock)
        if service is None:
            return None
        return ProfileLookUp(service, self.clock, self.metrics, connections=self.user_service.connections)


@asynccontextmanager
async def assemble(
    settings: Settings, *, clock: Clock | None = None, metrics: Metrics | None = None
) -> AsyncIterator[Parts]:
    """Build the parts of a process, and take them apart again at the end.

    A store or broker that is away does not stop the start: both are waited for while the process runs.

    Raises:
        ConfigurationError: a provider does not exist, the store cannot be used as it is set, or its schema is old.
    """
    times.allow(settings.earliest_time, settings.latest_time)
    check_settings(settings)
    clock, metrics, calls = clock or Clock(), metrics or Metrics(), BoundedCalls()
    supervisor = Supervisor(metrics)
    metrics.clock_ahead.set_function(lambda: clock.ahead)
    patience = settings.store_timeout
    database = Database(settings.database_url, pool_size=settings.database_pool_size, wait=patience, clock=clock)
    authenticator = Authenticator(database, clock, keyless=settings.is_local, patience=patience, supervisor=supervisor)
    wakers: list[Callable[[], None]] = []
    backlog = Backlog(database, clock, most=settings.max_backlog)
    categories = CategoryCache(database, configured_categories(settings.categories_file))
    wake = partial(_wake, wakers)
    acceptance = _create_acceptance(settings, database, clock, metrics, backlog, categories, wake)
    async with (
        _closing(calls, authenticator, database),
        prepared(database, supervisor, migrate=settings.is_local),
        _clock_follows_store(database, supervisor),
        categories.kept(supervisor),
        hours_of(settings, supervisor),
        create_broker(settings, database, clock, supervisor) as broker,
    ):
        wakers.append(broker.wake)
        gauges = Gauges(database, clock, metrics, calls, broker.check, count_waiting, in_progress_since)
        yield Parts(
            settings,
            clock,
            metrics,
            database,
            broker,
            authenticator,
            backlog,
            categories,
            acceptance,
            supervisor,
            calls,
            gauges,
            wakers,
        )


class _Closable(Protocol):
    async def close(self) -> None: ...


@asynccontextmanager
async def _closing(*parts: _Closable) -> AsyncIterator[None]:
    """Close these, one after the other, when the block ends."""
    try:
        yield
    finally:
        for part in parts:
            await part.close()


def _create_acceptance(
    settings: Settings,
    database: Database,
    clock: Clock,
    metrics: Metrics,
    backlog: Backlog,
    categories: CategoryCache,
    wake: Callable[[], None],
) -> Acceptance:
    return Acceptance(
        database,
        planner(settings, clock, categories),
        metrics,
        backlog,
        keep_keys_for=timedelta(hours=settings.idempotency_hours),
        timeout=settings.store_timeout,
        wake=wake,
    )


def planner(settings: Settings, clock: Clock, categories: CategoryCache) -> Planner:
    """Plans submissions by the settings."""
    return Planner(
        clock, default_preferences(settings), unused(settings), categories.current, Subjects(settings.secrets)
    )


def report_context(settings: Settings, clock: Clock) -> ReportContext:
    """What reports, and refusals of addresses, are applied with."""
    return ReportContext(Subjects(settings.secrets), clock.new_id, frozenset[str](redirections(settings)))


def report_intake(parts: Parts) -> ReportIntake:
    """Takes reports about messages."""
    settings, context = parts.settings, report_context(parts.settings, parts.clock)
    return ReportIntake(parts.database, context, parts.clock, parts.metrics, timeout=settings.store_timeout)


def parked_reports(parts: Parts) -> ParkedReports:
    """Matches reports about unknown messages."""
    context = report_context(parts.settings, parts.clock)
    return ParkedReports(parts.database, context, parts.clock, parts.metrics)


def address_rules(settings: Settings, user_service: UserServiceSettings | None = None) -> AddressRules:
    """Which addresses the API takes, and whether they may be left out because a User service has them."""
    shown = [channel for channel in Channel if only_shown(channel, settings)]
    looks_up = user_service is not None and user_service.url is not None
    return AddressRules(real=not settings.is_local, shown=shown, looks_up=looks_up)


def create_user_service(settings: Settings, asked: UserServiceSettings, clock: Clock) -> UserService | None:
    """The User service as the settings have it; None when they have none."""
    if asked.url is None:
        return None
    rules = address_rules(settings)
    channels = {definition_of(channel).profile_field: channel for channel in Channel}

    def normalise(field: str, address: str) -> str | None:
        try:
            return rules.normalise(channels[field], address)
        except InvalidField:
            return None

    return UserService(asked, asked.url, clock, normalise)


def default_preferences(settings: Settings) -> Preferences | None:
    """The preferences of users who never had any; None when those are unknown."""
    return None if settings.default_preferences is None else Preferences(settings.default_preferences, is_default=True)


def create_broker(settings: Settings, database: Database, clock: Clock, supervisor: Supervisor | None = None) -> Broker:
    """The broker that the settings choose; nothing is opened yet."""
    if is_embedded(settings.queue_broker_url):

        async def due(channel: Channel, limit: int) -> Sequence[UUID]:
            async with database.quick_reading() as connection:
                return await queues.due(connection, channel, now=clock.now(), limit=limit)

        return EmbeddedBroker(due, clock=clock)
    return RabbitMQBroker(settings.queue_broker_url, settings.queue_routing_key, clock=clock, supervisor=supervisor)


def _wake(wakers: Sequence[Callable[[], None]]) -> None:
    for wake in wakers:
        wake()


@asynccontextmanager
async def _clock_follows_store(database: Database, supervisor: Supervisor) -> AsyncIterator[None]:
    """Measure the clock of PostgreSQL again and again; there is nothing to measure on SQLite."""
    if database.is_sqlite:
        yield
        return

    measuring = supervisor.start("clock", ClockWatch(database).run)
    try:
        yield
    finally:
        await end(measuring)
