"""What becomes of a delivery when its provider, its worker or its store fails."""

import asyncio
import signal
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, make_url, select, text, update
from structlog.testing import capture_logs

from property_alert_notification.base.clock import Clock
from property_alert_notification.base.settings import Settings
from property_alert_notification.base.vocabulary import Channel, DeliveryState, Outcome
from property_alert_notification.channels.definition import render
from property_alert_notification.channels.email_smtp import SmtpSender
from property_alert_notification.database import Database, table_of
from property_alert_notification.deliveries import leases, queries
from property_alert_notification.deliveries.leases import Renewal
from property_alert_notification.deliveries.models import Attempt, Delivery
from property_alert_notification.deliveries.records import Claim
from property_alert_notification.messages.content import MessageContent
from property_alert_notification.messages.render import Rendered
from property_alert_notification.notification_worker.claim import SENT_BEFORE, STOPPED, STORE_AWAY
from property_alert_notification.notification_worker.rescue import Rescuer
from property_alert_notification.notification_worker.send import STALE
from property_alert_notification.notification_worker.verdict import CALLBACK_WAIT
from property_alert_notification.notifications.answers import DeliveryPublic
from tests.cli.command import running
from tests.pipeline.conftest import STORES
from tests.pipeline.world import World, eventually, let_calls_hang
from tests.services.process import PATIENCE, Process
from tests.services.smtp import Mail, SmtpServer


async def test_a_refused_message_fails_and_is_not_tried_again(world: World) -> None:
    world.smtp.answer = lambda _mail: "550 5.1.1 no such mailbox"
    await world.a_user()
    notification = await world.accept()
    await world.a_worker()

    detail = await world.until(notification, "failed")

    assert [one.outcome for one in detail.deliveries[0].attempts] == [Outcome.REFUSED]
    assert detail.deliveries[0].due_at is None


async def test_a_message_that_was_not_taken_is_tried_again(world: World) -> None:
    answers = iter(["451 4.3.0 not now", "451 4.3.0 not yet", "250 ok"])
    world.smtp.answer = lambda _mail: next(answers)
    await world.a_user()
    notification = await world.accept()
    await world.a_worker()

    detail = await world.until(notification, "sent")

    assert [one.outcome for one in detail.deliveries[0].attempts] == [Outcome.NOT_SENT, Outcome.NOT_SENT, Outcome.SENT]
    assert len(world.smtp.mails) == 1


async def test_a_delivery_fails_after_its_last_attempt(world: World) -> None:
    world.smtp.answer = lambda _mail: "452 4.2.2 the mailbox is full"
    await world.a_user()
    notification = await world.accept()
    await world.a_worker()

    detail = await world.until(notification, "failed")

    assert detail.deliveries[0].reason.startswith("gave up after 8 attempts: ")
    assert len(detail.deliveries[0].attempts) == 8


async def test_a_delivery_that_loses_its_worker_time_and_again_waits_for_a_person(world: World) -> None:
    """It is unknown whether it kills them, and each time it may never have left, so four times it is sent again."""
    await world.a_user()
    notification = await world.accept()
    delivery = await world.delivery(notification)
    rescuer = world.a_rescuer()
    for _ in range(4):
        await _abandon(world, delivery.id)
        await rescuer.rescue()
        assert (await world.delivery(notification)).state is DeliveryState.UNKNOWN
    await _abandon(world, delivery.id)
    await rescuer.rescue()

    delivery = await world.delivery(notification)
    assert delivery.state is DeliveryState.QUARANTINED
    assert [one.outcome for one in delivery.attempts] == [Outcome.UNKNOWN] * 5


async def test_a_give_up_category_fails_with_its_worker_unless_the_provider_recognises_repeats(
    world: World,
) -> None:
    await world.a_user()
    lost, kept, other = [await world.accept(category=name) for name in ("digest", "digest", "viewing")]
    rules: dict[str, Any] = {"lease": timedelta(seconds=2), "give_up": ["digest"]}
    await _abandon(world, (await world.delivery(kept)).id)
    await world.a_rescuer(keyed=[("email", "smtp")], **rules).rescue()
    await _abandon(world, (await world.delivery(lost)).id)
    await _abandon(world, (await world.delivery(other)).id)
    await world.a_rescuer(**rules).rescue()

    assert (await world.detail(lost)).status == "failed"
    assert (await world.delivery(kept)).state is DeliveryState.UNKNOWN
    assert (await world.delivery(other)).state is DeliveryState.UNKNOWN


async def test_tries_that_a_provider_refused_for_now_are_not_counted_as_lost_workers(world: World) -> None:
    world.smtp.answer = lambda _mail: "451 4.3.0 not now"
    await world.a_user()
    notification = await world.accept()
    worker = await world.a_worker()

    async def tried_six_times() -> bool:
        return len((await world.delivery(notification)).attempts) >= 6

    await eventually(tried_six_times)
    await worker.__aexit__(None, None, None)
    async with world.parts.database.transaction() as connection:
        await connection.execute(text("UPDATE deliveries SET due_at = changed_at WHERE state = 'retry_wait'"))
    await _abandon(world, (await world.delivery(notification)).id)
    await world.a_rescuer().rescue()

    assert (await world.delivery(notification)).state is DeliveryState.UNKNOWN


async def test_a_message_that_cannot_be_rendered_waits_for_a_person_and_its_neighbours_are_sent(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def render_or_break(channel: Channel, content: MessageContent, settings: Settings) -> Rendered:
        if content.title == "poison":
            raise KeyError("canary.address@example.com")
        return render(channel, content, settings)

    monkeypatch.setattr("property_alert_notification.notification_worker.compose.render", render_or_break)
    await world.a_user()
    poison, sound = await world.accept(title="poison"), await world.accept(title="sound")
    await world.a_worker()

    await world.until(sound, "sent")
    delivery = await world.until_delivery(poison, "quarantined")

    assert delivery.reason == "gave up after 5 attempts: the worker broke on it (KeyError)"
    assert [mail.parsed()["Subject"] for mail in world.smtp.mails] == ["sound"]


async def test_claimed_deliveries_of_a_dead_worker_are_rescued_and_sent(world: World) -> None:
    await world.a_user()
    notification = await world.accept()
    await _abandon(world, (await world.delivery(notification)).id)

    await world.a_worker()

    detail = await world.until(notification, "sent")
    first, second = detail.deliveries[0].attempts
    assert (first.outcome, first.reason) == (Outcome.UNKNOWN, "its worker stopped before it reported the outcome")
    assert second.outcome is Outcome.SENT


async def test_a_frozen_worker_that_thaws_changes_the_log_but_not_the_state(world: World) -> None:
    await world.a_user()
    notification = await world.accept()
    claim = await _abandon(world, (await world.delivery(notification)).id)
    await world.a_worker()
    await world.until(notification, "sent")

    moved = await world.settle(claim, DeliveryState.FAILED, Outcome.REFUSED, "refused, says the one who slept")

    delivery = await world.delivery(notification)
    assert moved == set()
    assert delivery.state is DeliveryState.SENT
    assert [one.outcome for one in delivery.attempts] == [Outcome.REFUSED, Outcome.SENT]


def _freeze(process: Process, database_url: str) -> None:
    """Stop a process between two transactions: what one of them has locked, no other process could change.

    On SQLite that is the whole store.
    """
    while True:
        process.send_signal(signal.SIGSTOP)
        while Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[0] != "T":
            time.sleep(0.001)
        if _has_no_locks(database_url):
            return
        process.send_signal(signal.SIGCONT)
        time.sleep(0.01)


def _has_no_locks(database_url: str) -> bool:
    url = make_url(database_url)
    if url.drivername.startswith("sqlite"):
        return _may_write(str(url.database))
    with ThreadPoolExecutor(1) as thread:  # this one has an event loop already
        return thread.submit(asyncio.run, _open_transactions(database_url)).result() == 0


async def _open_transactions(database_url: str) -> int:
    """How many there are; the test itself has none open for long."""
    database = Database(database_url, pool_size=1, wait=PATIENCE)
    try:
        async with database.reading() as connection:
            return int((await connection.execute(_OPEN_TRANSACTIONS)).scalar_one())
    finally:
        await database.close()


_OPEN_TRANSACTIONS = text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    " AND backend_type = 'client backend' AND xact_start IS NOT NULL"
)


def _may_write(file: str) -> bool:
    with closing(sqlite3.connect(file, timeout=0, isolation_level=None)) as connection:
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return False
    return True


@pytest.mark.parametrize("store", STORES)
async def test_a_worker_process_frozen_past_its_lease_changes_no_state_when_it_thaws(
    store: str, make_settings: Callable[..., Settings], smtp_server: SmtpServer, tmp_path: Path
) -> None:
    """It had claimed messages; one of them was taken while it could not receive the reply."""
    settings = make_settings(store, lease=2)
    async with World(settings, smtp_server, clock=Clock()) as world:  # the worker's process has the machine's time
        await world.a_user()
        accepted = [await world.accept(title=f"Home {number}") for number in range(3)]
        frozen: list[str] = []

        def freeze_at_the_first(mail: Mail) -> str:
            if not frozen:
                _freeze(worker.process, settings.database_url)
                frozen.append(str(mail.parsed()["Subject"]))
            return "250 ok"

        smtp_server.answer = freeze_at_the_first
        environment = worker_environment(settings, smtp_server)
        with running(tmp_path, "worker", ready="worker.started", settings=environment) as worker:
            await smtp_server.wait_for(1)
            await world.a_worker()
            for notification in accepted:
                await world.until(notification, "sent")
            before = [await world.delivery(notification) for notification in accepted]

            worker.process.send_signal(signal.SIGCONT)
            # It stores the results of its claims before it ends.
            assert worker.stop(signal.SIGTERM) == 0
            log = worker.errors()

        after = [await world.delivery(notification) for notification in accepted]
        assert [one.model_copy(update={"attempts": []}) for one in after] == [
            one.model_copy(update={"attempts": []}) for one in before
        ]
        assert "delivery.fenced" in log
        (taken_late,) = [
            one for one, at in zip(after, accepted, strict=True) if frozen == [(await world.detail(at)).title]
        ]
        assert [one.outcome for one in taken_late.attempts] == [Outcome.SENT, Outcome.SENT]
        assert [one.reason for one in taken_late.attempts] == ["the provider took it"] * 2


@pytest.mark.parametrize("store", STORES)
async def test_a_killed_worker_leaves_unknown_what_it_had_submitted_and_nothing_else(
    store: str, make_settings: Callable[..., Settings], smtp_server: SmtpServer, tmp_path: Path
) -> None:
    """Eight connections hang when it is killed; it had claimed eight times as many."""
    connections, released = 8, threading.Event()
    settings = make_settings(store, lease=2)
    async with World(settings, smtp_server, clock=Clock()) as world:  # the worker's process has the machine's time
        await world.a_user()
        environment = worker_environment(settings, smtp_server)
        with running(tmp_path, "worker", ready="worker.started", settings=environment) as worker:
            # A worker trusts a provider with many once it took one.
            await world.until(await world.accept(), "sent")
            smtp_server.answer = lambda _mail: "250 ok" if released.wait(PATIENCE) else "451 too late"
            try:
                # At once: the worker leaves a provider alone that is silent for five seconds, and claims no more.
                await asyncio.gather(*(world.accept() for _ in range(8 * connections)))

                async def all_are_claimed() -> bool:
                    return await _emails(world) == {
                        ("sent", 1, 1): 1,
                        ("sending", 1, 1): connections,
                        ("sending", 1, 0): 7 * connections,
                    }

                await eventually(all_are_claimed)
                worker.process.send_signal(signal.SIGKILL)
                worker.process.wait(PATIENCE)
                await asyncio.sleep(settings.lease)
                await world.a_rescuer().rescue()
            finally:
                released.set()

        assert await _emails(world) == {
            ("sent", 1, 1): 1,
            ("unknown", 0, 1): connections,
            ("queued", 0, 0): 7 * connections,
        }


async def _emails(world: World) -> Counter[tuple[str, int, int]]:
    """How many emails there are by state, attempts that count, and attempts that were made."""
    deliveries, attempts = table_of(Delivery), table_of(Attempt)
    made = select(func.count()).where(attempts.c.delivery_id == deliveries.c.id).scalar_subquery()
    wanted = select(deliveries.c.state, deliveries.c.attempts, made).where(deliveries.c.channel == Channel.EMAIL)
    async with world.parts.database.reading() as connection:
        return Counter([tuple(row) for row in await connection.execute(wanted)])


def worker_environment(settings: Settings, smtp_server: SmtpServer) -> dict[str, str]:
    """The settings of a worker that is a process of its own."""
    return {
        "DATABASE_URL": settings.database_url,
        "EMAIL_PROVIDER": "smtp",
        "EMAIL_FROM": "alerts@example.com",
        "SMTP_HOST": smtp_server.host,
        "SMTP_PORT": str(smtp_server.port),
        "SMTP_STARTTLS": "off",
        "STORE_TIMEOUT": "30",
        "LEASE": "2",
    }


@dataclass(frozen=True)
class Held:
    """A worker whose only connection is taken up by `first`: what is claimed after it waits for its turn."""

    world: World
    first: UUID
    free: threading.Event
    """Lets `first` go, and then the others."""

    async def claimed(self, title: str, user: int = 1, **fields: Any) -> UUID:
        """One more notification, which waits behind it now."""
        notification = await self.world.accept(user, title=title, **fields)
        await self.world.until_delivery(notification, "sending")
        return notification

    def subjects(self) -> list[str]:
        """What the server took, in order."""
        return [str(mail.parsed()["Subject"]) for mail in self.world.smtp.mails]


@asynccontextmanager
async def a_held_line(
    settings: Settings, smtp_server: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Held]:
    monkeypatch.setenv("SMTP_CONNECTIONS", "1")
    let_calls_hang(monkeypatch)
    # What went well before the line is held does not make the worker expect that the next begins soon.
    monkeypatch.setattr("property_alert_notification.notification_worker.provider_handle.SOON", 0)
    free = threading.Event()

    def hold_the_line(_mail: Mail) -> str:
        free.wait(PATIENCE)
        return "250 ok"

    async with World(settings, smtp_server) as world:
        await world.a_user()
        await world.a_worker()
        await world.until(await world.accept(title="The provider is known to work"), "sent")
        smtp_server.clear()
        smtp_server.answer = hold_the_line
        first = await world.accept(title="first")
        await world.until_delivery(first, "sending")
        try:
            yield Held(world, first, free)
        finally:
            free.set()


@pytest.mark.parametrize("store", STORES)
async def test_a_message_that_was_lost_to_another_before_its_turn_is_not_sent(
    store: str, make_settings: Callable[..., Settings], smtp_server: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with a_held_line(make_settings(store, lease=4), smtp_server, monkeypatch) as held:
        world = held.world
        second = await held.claimed("second")
        await _seize(world, second)
        # From its next renewal on the worker knows; and it does not take a claim of its own for the one it lost.
        await eventually(lambda: _is_tried_again(world, second))
        for _ in range(2):
            lease_ends = (await world.delivery(second)).due_at
            await eventually(lambda seen=lease_ends: _is_renewed(world, second, seen))
        with capture_logs() as logs:
            held.free.set()
            await world.until(held.first, "sent")
            await world.until(second, "sent")

        lost = [entry["notification_id"] for entry in logs if entry["event"] == "lease.lost"]
        assert lost == [str(second)]
        # Once, by the rescuer.
        assert held.subjects() == ["first", "second"]


async def _seize(world: World, notification: UUID) -> None:
    """Another worker takes it over, and dies with it."""
    delivery = (await world.delivery(notification)).id
    async with world.parts.database.transaction() as connection:
        await connection.execute(
            update(table_of(Delivery))
            .where(table_of(Delivery).c.id == delivery)
            .values(fence=table_of(Delivery).c.fence + 1)
        )


async def _is_tried_again(world: World, notification: UUID) -> bool:
    """Another worker claimed it, a rescuer gave it back, and the worker whose line is held claimed it once more."""
    delivery = (await world.delivery(notification)).id
    async with world.parts.database.reading() as connection:
        fence = select(table_of(Delivery).c.fence).where(table_of(Delivery).c.id == delivery)
        return (await connection.execute(fence)).scalar_one() > 3


async def _is_renewed(world: World, notification: UUID, lease_ended: datetime | None) -> bool:
    return (await world.delivery(notification)).due_at != lease_ended


async def test_a_submitted_message_of_a_lost_worker_waits_for_a_callback_before_its_resend(world: World) -> None:
    await world.a_user()
    heard, unheard = [await world.accept() for _ in range(2)]
    lease = timedelta(seconds=2)
    await _abandon(world, (await world.delivery(unheard)).id)
    await world.a_rescuer(lease=lease).rescue()
    await _abandon(world, (await world.delivery(heard)).id)
    both: dict[str, Any] = {"calling_back": [("email", "smtp")], "lease": lease}
    await world.a_rescuer(**both).rescue()

    later, at_once = [(await world.delivery(one)).due_at for one in (heard, unheard)]
    assert later is not None
    assert at_once is not None
    assert later - at_once >= CALLBACK_WAIT


async def test_a_sender_that_breaks_may_have_sent(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """It broke while it spoke to the provider: trying again and again could send again and again."""

    async def break_after_sending(self: object, message: object) -> None:
        raise KeyError("canary.address@example.com")

    monkeypatch.setattr(SmtpSender, "send", break_after_sending)
    await world.a_user()
    notification = await world.accept()
    await world.a_worker()

    detail = await world.until(notification, "failed")

    delivery = detail.deliveries[0]
    assert [one.outcome for one in delivery.attempts] == [Outcome.UNKNOWN, Outcome.UNKNOWN]
    assert delivery.reason.startswith("the worker broke on it (KeyError)")
    assert "canary" not in str(detail.deliveries)


async def test_only_one_of_two_claims_at_the_same_time_wins(world: World) -> None:
    await world.a_user()
    delivery = await world.delivery(await world.accept())

    claims = await asyncio.gather(*(world.claim(delivery.id, lease=20) for _ in range(8)))

    assert sum(len(claim) for claim in claims) == 1


async def test_a_renewed_lease_is_not_rescued(world: World) -> None:
    await world.a_user()
    delivery = await world.delivery(await world.accept())
    (claim,) = await world.claim(delivery.id, lease=-1)
    now = world.parts.clock.now()

    async with world.parts.database.transaction() as connection:
        renewal = await leases.renew(
            connection, [(claim.delivery_id, claim.fence)], leased_until=now.replace(year=9999)
        )
        seized = await leases.seize_abandoned(connection, ran_out_by=now, leased_until=now, limit=10)

    assert (renewal, seized) == (Renewal({(delivery.id, claim.fence)}, set()), [])


async def test_a_renewal_returns_what_was_lost_by_its_fence(world: World) -> None:
    await world.a_user()
    delivery = await world.delivery(await world.accept())
    (lost,) = await world.claim(delivery.id, lease=-60)
    await world.a_rescuer().rescue()
    (held,) = await world.claim(delivery.id)

    async with world.parts.database.transaction() as connection:
        ours = [(claim.delivery_id, claim.fence) for claim in (lost, held)]
        renewal = await leases.renew(connection, ours, leased_until=world.parts.clock.now())

    assert renewal == Renewal({ours[1]}, {ours[0]})


async def test_a_locked_row_holds_up_no_other_lease(
    make_settings: Callable[..., Settings], smtp_server: SmtpServer
) -> None:
    async with World(make_settings("postgresql"), smtp_server) as world:
        await world.a_user()
        notifications = [await world.accept() for _ in range(2)]
        claims = [(await world.claim((await world.delivery(one)).id))[0] for one in notifications]
        locked, free = [(claim.delivery_id, claim.fence) for claim in claims]
        database = world.parts.database
        async with database.transaction() as holder, database.transaction() as connection:
            await queries.lock_open(holder, notifications[0])
            renewal = await leases.renew(connection, [locked, free], leased_until=world.parts.clock.now())

        # It is neither: its lease is as long as it was.
        assert renewal == Renewal({free}, set())


@pytest.mark.parametrize("store", ["sqlite", "postgresql"])
async def test_an_attempt_has_the_time_of_its_claim_whenever_it_is_stored(
    make_settings: Callable[..., Settings], smtp_server: SmtpServer, monkeypatch: pytest.MonkeyPatch, store: str
) -> None:
    async with a_held_line(make_settings(store), smtp_server, monkeypatch) as held:
        second = await held.claimed("second")
        held.free.set()
        await held.world.until(second, "sent")

        async with held.world.parts.database.reading() as connection:
            compared = "SELECT claimed_at = started_at, claimed_at < started_at FROM attempts ORDER BY started_at"
            first, *_, last = [tuple(row) for row in await connection.execute(text(compared))]
        # The claim stored the first one; the last one was stored when it had a slot.
        assert (first, last) == ((True, False), (False, True))


async def test_a_delivery_that_waited_long_is_rechecked(
    make_settings: Callable[..., Settings], smtp_server: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with a_held_line(make_settings("sqlite"), smtp_server, monkeypatch) as held:
        world = held.world
        await world.a_user(2)
        expiring = await held.claimed("expiring")
        unwanted = await held.claimed("unwanted", 2)
        wanted = await held.claimed("wanted")
        await world.forget_user(2)
        async with world.parts.database.transaction() as connection:
            await connection.execute(text("UPDATE notifications SET expires_at = accepted_at WHERE title = 'expiring'"))
        await asyncio.sleep(STALE.total_seconds())
        held.free.set()

        await world.until(wanted, "sent")
        details = [await world.until(*end) for end in ((expiring, "expired"), (unwanted, "suppressed"))]
        assert [detail.deliveries[0].attempts for detail in details] == [[], []]
        assert held.subjects() == ["first", "wanted"]


async def test_a_delivery_whose_recheck_fails_is_released(
    make_settings: Callable[..., Settings], smtp_server: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with a_held_line(make_settings("postgresql", store_timeout=1), smtp_server, monkeypatch) as held:
        world = held.world
        second = await held.claimed("second")
        await asyncio.sleep(STALE.total_seconds())
        async with world.parts.database.transaction() as holder:
            await holder.execute(text("LOCK TABLE notifications IN ACCESS EXCLUSIVE MODE"))
            held.free.set()

            async def is_returned() -> bool:
                found = await holder.execute(text("SELECT state, reason_code FROM deliveries"))
                return ("queued", STORE_AWAY.code) in [tuple(row) for row in found]

            await eventually(is_returned)

        assert [one.outcome for one in (await world.until(second, "sent")).deliveries[0].attempts] == [Outcome.SENT]
        assert held.subjects() == ["first", "second"]


async def test_a_claim_lost_before_submission_is_given_back_without_an_attempt(
    make_settings: Callable[..., Settings], smtp_server: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The store was away for longer than a lease. No other worker has it, and it certainly never left."""

    async def no_worker_renews(*_: object, **_values: object) -> Renewal:
        return Renewal(set(), set())

    monkeypatch.setattr(leases, "renew", no_worker_renews)
    monkeypatch.setattr(Rescuer, "rescue", lambda *_args, **_values: asyncio.sleep(0, result=0))
    settings = make_settings("sqlite", lease=2, categories={"digest": {"on_unknown": "give_up"}})
    async with a_held_line(settings, smtp_server, monkeypatch) as held:
        second = await held.claimed("second", category="digest")
        await asyncio.sleep(2.5)  # beyond the lease
        held.free.set()

        delivery = (await held.world.until(second, "sent")).deliveries[0]
        assert [one.outcome for one in delivery.attempts] == [Outcome.SENT]
        assert held.subjects() == ["first", "second"]


async def test_a_late_result_of_a_frozen_worker_saves_a_resend(world: World) -> None:
    await world.a_user()
    notification = await world.accept()
    claim = await _abandon(world, (await world.delivery(notification)).id)
    await world.a_rescuer().rescue()
    await world.settle(claim, DeliveryState.SENT, Outcome.SENT, "the provider took it")
    await world.a_worker()

    delivery = (await world.until(notification, "sent")).deliveries[0]
    assert delivery.reason == SENT_BEFORE.sentence()
    assert [one.outcome for one in delivery.attempts] == [Outcome.SENT]
    assert world.smtp.mails == []


async def test_a_lost_worker_uses_up_no_attempt(world: World) -> None:
    await world.a_user()
    notification = await world.accept()
    for _ in range(3):
        await _abandon(world, (await world.delivery(notification)).id)
        await world.a_rescuer().rescue()

    (claim,) = await world.claim((await world.delivery(notification)).id)
    assert claim.attempts == 1


async def test_a_stopping_worker_finishes_what_is_on_the_wire(world: World) -> None:
    arrived = asyncio.Event()
    loop = asyncio.get_running_loop()

    def answer(_mail: object) -> str:
        loop.call_soon_threadsafe(arrived.set)
        return "250 ok"

    world.smtp.answer = answer
    await world.a_user()
    notification = await world.accept()
    worker = await world.a_worker()
    await arrived.wait()

    await worker.__aexit__(None, None, None)

    assert (await world.detail(notification)).status == "sent"


async def test_a_stopping_worker_hands_back_at_once_what_it_had_not_begun(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All its connections are taken up; another worker has what waited for one before those come to their end."""
    at_once, released = 8, threading.Event()
    let_calls_hang(monkeypatch)

    def hang(_mail: object) -> str:
        released.wait(PATIENCE)
        return "250 ok"

    await world.a_user()
    stopping = await world.a_worker()
    # A worker trusts a provider with many once it took one.
    await world.until(await world.accept(), "sent")
    world.smtp.answer = hang
    notifications = [await world.accept() for _ in range(3 * at_once)]
    try:

        async def all_are_claimed() -> bool:
            return all([(await world.delivery(one)).state == "sending" for one in notifications])

        await eventually(all_are_claimed)
        stopped = asyncio.create_task(stopping.__aexit__(None, None, None))

        async def rest_is_returned() -> list[DeliveryPublic]:
            deliveries = [await world.delivery(one) for one in notifications]
            back = [one for one in deliveries if one.state == "queued"]
            return back if len(back) >= len(notifications) - at_once else []

        returned = await eventually(rest_is_returned)
        assert not stopped.done()  # the others are on the wire
    finally:
        released.set()
    await stopped

    assert [(one.attempts, one.reason) for one in returned] == [([], STOPPED.sentence())] * len(returned)
    states = Counter([(await world.delivery(one)).state for one in notifications])
    assert states == {"queued": len(returned), "sent": len(notifications) - len(returned)}
    await world.a_worker()
    for notification in notifications:
        await world.until(notification, "sent")
    assert len(world.smtp.mails) == 1 + len(notifications)


async def _abandon(world: World, delivery: UUID) -> Claim:
    """Claim it as a worker would that died long ago: its lease has run out without doubt."""
    (claim,) = await world.claim(delivery, lease=-60)
    return claim
