"""The worker: releases, relays and sends due deliveries, rescues those of dead workers, and deletes old rows.

Run it as `property-alerts worker`, or as a script by its path.
As a script this file is the module `__main__`: it keeps no state at module level.
"""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Self

import structlog

from property_alert_notification import wiring
from property_alert_notification.base.settings import Settings, load
from property_alert_notification.base.supervise import Loop, Service, end
from property_alert_notification.channels.base import Sender
from property_alert_notification.channels.registry import unused
from property_alert_notification.feedback.bounces.sources import sources
from property_alert_notification.feedback.webhooks.setup import create_dispatcher
from property_alert_notification.homes.feeds.setup import feed_loops
from property_alert_notification.homes.listings.keys.renew import KeyRenewal
from property_alert_notification.homes.listings.quiet_times import QuietTimes
from property_alert_notification.homes.listings.settings import ListingSettings
from property_alert_notification.notification_worker.claim import SendingRules
from property_alert_notification.notification_worker.compose import Composer
from property_alert_notification.notification_worker.consume import ChannelConsumer
from property_alert_notification.notification_worker.context import EndedDigests, WorkerContext
from property_alert_notification.notification_worker.digests import DigestCloser
from property_alert_notification.notification_worker.due import DueWatch
from property_alert_notification.notification_worker.erasures import ErasureWorker
from property_alert_notification.notification_worker.expire import Expirer
from property_alert_notification.notification_worker.leases import Leases
from property_alert_notification.notification_worker.look_up import AddressLookUp
from property_alert_notification.notification_worker.process import run_process
from property_alert_notification.notification_worker.providers import ProviderPool
from property_alert_notification.notification_worker.relay import Relay
from property_alert_notification.notification_worker.release import Releaser
from property_alert_notification.notification_worker.report import Reporter
from property_alert_notification.notification_worker.rescue import Rescuer
from property_alert_notification.notification_worker.retention import Retention
from property_alert_notification.notification_worker.schedules import Scheduler
from property_alert_notification.notification_worker.send import DeliverySender
from property_alert_notification.notification_worker.settle import Settler
from property_alert_notification.notification_worker.suppress import Suppressor
from property_alert_notification.notification_worker.unclaimable import UnclaimableSearch
from property_alert_notification.notification_worker.verdict import RetryPolicy
from property_alert_notification.notifications.create import Planner
from property_alert_notification.notifications.look_ups.rules import Ages
from property_alert_notification.operators.pauses.cache import PauseCache
from property_alert_notification.operators.privacy.erasure.eraser import Eraser
from property_alert_notification.operators.providers.accounts import Accounts
from property_alert_notification.operators.quarantine.broken_rows import BrokenRows
from property_alert_notification.people.directory.look_up import ProfileLookUp
from property_alert_notification.people.suppressions.subjects import Subjects
from property_alert_notification.wiring import Parts

log = structlog.get_logger()


class Worker:
    """All loops of one worker, as an asynchronous context: they run from entering until leaving it."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        settings = parts.settings
        self._pauses = PauseCache(parts.database, parts.clock)
        self._senders = parts.create_senders()
        self._pools = [
            ProviderPool(
                channel,
                senders,
                parts.clock,
                parts.metrics,
                concurrency=settings.worker_concurrency,
                reserve=Accounts(parts.database, parts.clock, channel).reserve,
            )
            for channel, senders in self._senders.items()
        ]
        self._context = _context(parts, self._pauses)
        self._consumers = [_consumer(parts, self._context, pool) for pool in self._pools]
        self._profiles = parts.create_profile_look_up()
        self._reporter = Reporter(parts.database, parts.clock, self._pools, self._profiles)
        self._relay = Relay(parts.database, parts.broker, parts.clock) if parts.broker.needs_relay else None
        planner = wiring.planner(settings, parts.clock, parts.categories)
        self._due = due = DueWatch(parts.database, parts.clock, self._context.ended_digests)
        self._releaser = Releaser(parts.database, planner, parts.metrics, wake=parts.wake, woken=due.release)
        self._scheduler = Scheduler(parts.database, planner, parts.metrics, woken=due.schedules)
        self._addresses = _address_look_up(parts, self._context.broken_rows, self._profiles, due)
        self._digests = _digest_closer(parts, self._context, planner, due)
        self._webhooks = create_dispatcher(settings, parts.database, parts.clock, parts.metrics, woken=due.webhooks)
        self._rescuer = Rescuer(
            parts.database,
            parts.clock,
            parts.metrics,
            lease=timedelta(seconds=settings.lease),
            policy=_policy(settings),
            categories=parts.categories.current,
            keyed=self._providers(lambda sender: sender.key_window is not None),
            calling_back=self._providers(lambda sender: sender.calls_back),
        )
        self._suppressor = Suppressor(parts.database, parts.clock, parts.metrics, channels=unused(settings))
        self._unclaimable = UnclaimableSearch(self._context.broken_rows)
        self._expirer = Expirer(parts.database, parts.clock, parts.metrics, rules=_rules(parts))
        listings = load(ListingSettings)
        self._feeds = feed_loops(parts.database, parts.clock, parts.metrics, listings)
        self._quiet_times = QuietTimes(parts.database, parts.clock, parts.metrics, periods=listings.periods)
        self._key_renewal = KeyRenewal(parts.database, parts.clock, periods=listings.periods)
        self._retention = _retention(parts, listings)
        self._erasures = ErasureWorker(Eraser(parts.database, parts.clock, Subjects(settings.secrets)))
        self._report_loops = _report_loops(parts)
        self._duties: list[asyncio.Task[None]] = []
        self._renewals: list[asyncio.Task[None]] = []

    def _providers(self, those: Callable[[Sender], bool]) -> list[tuple[str, str]]:
        """Channel and name of each provider that is one of those."""
        return [
            (channel, provider)
            for channel, senders in self._senders.items()
            for provider, sender in senders.items()
            if those(sender)
        ]

    def _knowing_categories(self, run: Service) -> Service:
        """A loop that starts after the categories have been read from the store, because its decisions need them."""

        async def begin(loop: Loop) -> None:
            await self._parts.categories.was_read()
            await run(loop)

        return begin

    async def __aenter__(self) -> Self:
        self._parts.supervisor.when_broken.append(self._context.broken_rows.end_unreadable)
        start = self._parts.supervisor.start
        decides = self._knowing_categories
        self._duties = [start(f"consumer_{each.channel}", decides(each.consume)) for each in self._consumers]
        self._duties += [start(f"provider_watch_{each.channel}", each.watch) for each in self._pools]
        self._duties += [
            start("rescue", decides(self._rescuer.run)),
            start("pauses", self._pauses.watch),
            start("due", self._due.run),
            start("release", decides(self._releaser.run)),
            start("schedules", self._scheduler.run),
            start("look_up", decides(self._addresses.run)),
            start("digests", decides(self._digests.run)),
            start("webhooks", self._webhooks.run),
            start("expiry", decides(self._expirer.run)),
            start("strays", self._unclaimable.run),
            start("retention", self._retention.run),
            start("erasures", self._erasures.run),
            *(start(name, run) for name, run in self._report_loops.items()),
            start("listings", self._quiet_times.run),
            start("property_keys", self._key_renewal.run),
            *(start(name, run) for name, run in self._feeds.items()),
            start("breaker_report", self._reporter.run),
        ]
        if unused(self._parts.settings):
            self._duties.append(start("unused_channels", self._suppressor.run))
        if self._relay is not None:
            self._duties.append(start("relay", self._relay.run))
            self._parts.wakers.append(self._relay.wake)
        self._renewals = [start(f"leases_{each.channel}", each.renew_leases) for each in self._consumers]
        log.info("worker.started", channels=[str(channel) for channel in self._senders])
        return self

    async def __aexit__(self, *_: object) -> None:
        await end(*self._duties)
        await asyncio.gather(*(each.finish(self._parts.settings.shutdown_grace) for each in self._consumers))
        # Last, so that the leases of calls in progress are renewed until they end.
        await end(*self._renewals)
        await asyncio.gather(*(sender.close() for senders in self._senders.values() for sender in senders.values()))
        if self._profiles is not None:
            await self._profiles.close()
        await self._reporter.close()
        log.info("worker.stopped")


def _context(parts: Parts, pauses: PauseCache) -> WorkerContext:
    """What all loops of the worker share."""
    broken_rows, current = BrokenRows(parts.database, parts.clock, parts.metrics), parts.categories.current
    return WorkerContext(parts.database, parts.clock, parts.metrics, pauses, current, broken_rows, EndedDigests())


def _consumer(parts: Parts, context: WorkerContext, providers: ProviderPool) -> ChannelConsumer:
    """The consumer of one channel."""
    settings = parts.settings
    rules = _rules(parts)
    leases = Leases(providers.channel, context, timedelta(seconds=settings.lease))
    settler = Settler(providers, context, _policy(settings), reports=wiring.report_context(settings, parts.clock))
    composer = Composer(settings, rules.categories)
    sender = DeliverySender(providers, context, leases, settler, composer=composer, rules=rules)
    return ChannelConsumer(
        parts.broker,
        context,
        providers,
        leases,
        sender,
        settler,
        rules=rules,
        concurrency=settings.worker_concurrency,
    )


def _rules(parts: Parts) -> SendingRules:
    settings = parts.settings
    return SendingRules(
        wiring.default_preferences(settings),
        parts.categories.current,
        settings.default_ttl,
        Subjects(settings.secrets),
    )


def _digest_closer(parts: Parts, context: WorkerContext, planner: Planner, due: DueWatch) -> DigestCloser:
    return DigestCloser(context, planner, wake=parts.wake, woken=due.digests)


def _address_look_up(
    parts: Parts, broken_rows: BrokenRows, profiles: ProfileLookUp | None, due: DueWatch
) -> AddressLookUp:
    """The loop that plans notifications without addresses."""
    asked = parts.user_service
    # Without a User service nobody knows better than what was pushed, however long ago.
    stale_for = timedelta.max if profiles is None else timedelta(hours=asked.stale_hours)
    return AddressLookUp(
        parts.database,
        wiring.planner(parts.settings, parts.clock, parts.categories),
        parts.metrics,
        broken_rows,
        profiles,
        ages=Ages(timedelta(seconds=asked.ttl), stale_for),
        rules=_rules(parts),
        # Time for one bulk request, one request for each user missing in its answer, and for storing the answers.
        lease=timedelta(seconds=2 * asked.timeout + 10),
        wake=parts.wake,
        woken=due.look_up,
    )


def _report_loops(parts: Parts) -> dict[str, Service]:
    """The loops, by name, that take reports about messages."""
    returned_mail = sources(parts.settings, wiring.report_intake(parts), parts.metrics)
    return {"parked_reports": wiring.parked_reports(parts).run, **returned_mail}


def _retention(parts: Parts, listings: ListingSettings) -> Retention:
    return Retention(
        parts.database,
        parts.clock,
        parts.metrics,
        keep_for=timedelta(days=parts.settings.retention_days),
        use_profiles_for=timedelta(hours=parts.user_service.stale_hours),
        keep_listings_for=timedelta(days=listings.retention_days),
        keep_events_for=timedelta(days=parts.settings.webhook_retention_days),
    )


def _policy(settings: Settings) -> RetryPolicy:
    return RetryPolicy(
        first_wait=timedelta(seconds=settings.retry_first_wait),
        longest_wait=timedelta(seconds=settings.retry_longest_wait),
        max_attempts=settings.retry_max_attempts,
    )


def main() -> None:
    """Run a worker with the settings of the environment; exits with one line if one of them is invalid."""
    run_process(Worker)


if __name__ == "__main__":
    main()
