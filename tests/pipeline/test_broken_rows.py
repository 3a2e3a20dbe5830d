"""Broken rows harm no other: they are quarantined, and shown as far as they can."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from chaos.broken_rows import Breakage, kinds_for, run, write, write_sqlite
from property_alert_notification.api.access import queries as access
from property_alert_notification.api.access.authenticator import Authenticator
from property_alert_notification.api.access.service import KeyService
from property_alert_notification.api.idempotency import scripts as idempotency_scripts
from property_alert_notification.api.idempotency.keys import CallKey
from property_alert_notification.api.idempotency.stored import Answer, Stored
from property_alert_notification.base.errors import NotFound, OutcomeUnknown, Unauthorised
from property_alert_notification.base.settings import Settings
from property_alert_notification.base.vocabulary import Channel, Outcome, Scope
from property_alert_notification.channels.base import OutgoingMessage, Receipt
from property_alert_notification.channels.email_smtp import SmtpSender
from property_alert_notification.notification_worker.retention import Retention
from property_alert_notification.notifications import lists
from property_alert_notification.notifications.answers import DeliveryPublic, NotificationDetail
from property_alert_notification.notifications.lists import Filters
from property_alert_notification.notifications.routes import _page
from property_alert_notification.operators.pauses.service import PauseService
from property_alert_notification.operators.quarantine.broken_rows import BrokenRows
from property_alert_notification.operators.quarantine.cases import list_cases
from property_alert_notification.operators.quarantine.service import QuarantineService
from tests.pipeline.conftest import STORES
from tests.pipeline.world import World, eventually, only
from tests.services.smtp import SmtpServer


@pytest.fixture(params=STORES)
async def broken_world(
    request: pytest.FixtureRequest, make_settings: Callable[..., Settings], smtp_server: SmtpServer
) -> AsyncIterator[tuple[World, str]]:
    """A world on each store, and the name of the store."""
    async with World(make_settings(request.param), smtp_server) as world:
        yield world, request.param


@pytest.fixture
async def lite_world(make_settings: Callable[..., Settings], smtp_server: SmtpServer) -> AsyncIterator[World]:
    """A world on SQLite, which keeps any kind of value in any column."""
    async with World(make_settings("sqlite"), smtp_server) as world:
        yield world


async def test_every_kind_of_broken_row_is_quarantined_and_harms_no_other(broken_world: tuple[World, str]) -> None:
    world, store = broken_world
    await world.a_user()
    broken: list[tuple[Breakage, UUID]] = []
    neighbours: list[UUID] = []
    later = world.parts.clock.now() + timedelta(days=1)
    for kind in kinds_for(store):
        wanted: dict[str, Any] = {"send_at": later} if kind.scheduled else {}
        broken.append((kind, await world.accept(**wanted)))
        neighbours.append(await world.accept())
    await write(world.settings.database_url, broken)

    await world.a_worker()
    for neighbour in neighbours:
        await world.until(neighbour, "sent")

    wrong: dict[str, str] = {}
    for kind, notification in broken:

        async def came_to_its_end(kind: Breakage = kind, notification: UUID = notification) -> bool:
            return await _state(world, notification) in kind.ends

        try:
            await eventually(came_to_its_end)
        except TimeoutError:
            wrong[kind.name] = await _state(world, notification)
    assert wrong == {}
    assert world.workers[0].supervisor.problems == {}
    await _is_shown_as_quarantined(world, [id_ for kind, id_ in broken if kind.ends == {"quarantined"}])


async def _is_shown_as_quarantined(world: World, notifications: Sequence[UUID]) -> None:
    page = await list_cases(world.parts.database, cursor=None, limit=100)
    assert {item.notification_id for item in page.items} >= set(notifications)
    assert [item.reason for item in page.items if "row in the store" not in item.reason] == []


async def _state(world: World, notification: UUID) -> str:
    """The state of its email delivery in its detail; `gone` when there is none, and nothing when it is not shown."""
    try:
        detail = await world.detail(notification)
    except NotFound:
        return "gone"
    return next((one.state for one in detail.deliveries if one.channel is Channel("email")), "")


async def test_lists_show_what_they_can_of_broken_rows(broken_world: tuple[World, str]) -> None:
    world, store = broken_world
    await world.a_user()
    broken = [(kind, await world.accept()) for kind in kinds_for(store)]
    good = await world.accept()
    await write(world.settings.database_url, broken)

    page = await lists.read_page(world.parts.database, Filters(), before=None, limit=100, read=_page)

    assert page.items[0].id == good
    assert {item.id for item in page.items} >= {id_ for kind, id_ in broken if "gone" not in kind.ends}


async def test_one_users_broken_preferences_stop_no_neighbour(
    make_settings: Callable[..., Settings], smtp_server: SmtpServer
) -> None:
    async with World(make_settings("sqlite"), smtp_server) as world:
        users = [await world.a_user(number) for number in range(1, 4)]
        broken, neighbour, other = [await world.accept(user) for user in users]
        await run_on_sqlite(
            world,
            "UPDATE preferences SET channels = 'mail', updated_at = 'x', withdrawn_at = x'ff' WHERE user_id = 1",
        )

        await world.a_worker()

        await world.until(neighbour, "sent")
        await world.until(other, "sent")
        assert (await world.until(broken, "suppressed")).deliveries[0].state == "suppressed"


async def test_a_broken_key_is_worth_nothing_and_the_others_go_on(
    make_settings: Callable[..., Settings], smtp_server: SmtpServer
) -> None:
    async with World(make_settings("sqlite"), smtp_server) as world:
        parts = world.parts
        key_service = KeyService(parts.database, parts.clock, actor="test")
        keys = [await key_service.create(name, [Scope.ADMIN]) for name in ("broken", "good")]
        await run_on_sqlite(world, "UPDATE api_keys SET created_at = 'then', expires_at = 'x' WHERE name = 'broken'")
        authenticator = Authenticator(parts.database, parts.clock, keyless=False, patience=30)

        with pytest.raises(Unauthorised):
            await authenticator.admit(f"Bearer {keys[0]}", Scope.ADMIN)
        admitted = await authenticator.admit(f"Bearer {keys[1]}", Scope.ADMIN)
        await authenticator.close()
        async with parts.database.reading() as connection:
            listed = await access.list_all(connection)

        assert admitted.caller == "good"
        assert [(key.name, key.scopes) for key in listed] == [("broken", ""), ("good", "admin")]


async def test_a_pause_that_cannot_be_read_holds_and_stops_nothing_else(
    make_settings: Callable[..., Settings], smtp_server: SmtpServer
) -> None:
    async with World(make_settings("sqlite"), smtp_server) as world:
        await world.a_user()
        paused, other = await world.accept(category="viewing"), await world.accept()
        async with world.parts.database.transaction() as connection:
            await PauseService(connection, world.parts.clock, "test").pause("viewing")
        await run_on_sqlite(world, "UPDATE pauses SET paused_at = 'then'")

        await world.a_worker()

        await world.until(other, "sent")
        assert (await world.until_delivery(paused, "held")).reason == "sending of viewing is paused"


async def run_on_sqlite(world: World, *statements: str) -> None:
    """Write straight into the store, in a thread: a worker of this event loop may have to end its transaction first."""
    await asyncio.to_thread(write_sqlite, world.settings.database_url.partition("///")[2], statements)


async def test_keys_that_expired_at_no_time_are_deleted_and_stop_no_others(lite_world: World) -> None:
    world, clock = lite_world, lite_world.parts.clock
    await world.a_user()
    database = world.parts.database
    call = CallKey("caller", "good", "0" * 32)
    until = clock.now() - timedelta(days=1)
    kept = [Stored(replace(call, key=key), Answer(200, "{}")) for key in ("number", "words", "naive", "good")]
    await database.run(only(idempotency_scripts.add(kept, until=until)))
    await run_on_sqlite(
        world,
        "UPDATE idempotency_keys SET expires_at = 0 WHERE key = 'number'",
        "UPDATE idempotency_keys SET expires_at = '1 May' WHERE key = 'words'",
        "UPDATE idempotency_keys SET expires_at = '2020-01-01T00:00:00' WHERE key = 'naive'",
    )
    retention = Retention(
        database, clock, world.parts.metrics, keep_for=timedelta(days=90), use_profiles_for=timedelta()
    )

    await retention.purge_some()

    async with database.reading() as connection:
        assert (await connection.execute(text("SELECT key FROM idempotency_keys"))).all() == []


async def _replay_unsettled(
    world: World, store: str, notification: UUID, *, outcome: str, end: str
) -> tuple[DeliveryPublic, NotificationDetail]:
    """The delivery, quarantined because this outcome cannot be settled; and its notification after a replay."""
    await _refuse_to_settle(world, store, outcome)
    await world.a_worker()
    quarantined = await world.until_delivery(notification, "quarantined")
    await _settle_again(world, store)
    await _replay(world, notification)
    return quarantined, await world.until(notification, end)


async def test_a_sent_delivery_that_cannot_be_settled_is_not_sent_again(
    broken_world: tuple[World, str],
) -> None:
    world, store = broken_world
    await world.a_user()
    notification = await world.accept()

    quarantined, detail = await _replay_unsettled(world, store, notification, outcome="sent", end="sent")

    assert quarantined.reason.endswith("; the provider took it, so a replay does not send it again")
    assert quarantined.attempts[0].outcome is Outcome.SENT
    assert len(world.smtp.mails) == len(detail.deliveries[0].attempts) == 1


async def test_an_unsettled_delivery_that_may_have_been_sent_is_unknown_after_a_replay(
    broken_world: tuple[World, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    world, store = broken_world
    send = SmtpSender.send

    async def send_and_hear_nothing(sender: SmtpSender, message: OutgoingMessage) -> Receipt:
        await send(sender, message)
        raise OutcomeUnknown("it said nothing")

    monkeypatch.setattr(SmtpSender, "send", send_and_hear_nothing)
    await world.a_user()
    notification = await world.accept()

    quarantined, detail = await _replay_unsettled(world, store, notification, outcome="unknown", end="failed")

    assert quarantined.reason.endswith("; it may have been sent")
    assert [one.outcome for one in detail.deliveries[0].attempts] == [Outcome.UNKNOWN] * 2
    assert detail.deliveries[0].reason.endswith("it was sent 2 times, and it is unknown whether it arrived")


async def test_a_refused_delivery_that_cannot_be_settled_is_not_reported_as_sent(
    broken_world: tuple[World, str],
) -> None:
    world, store = broken_world
    await world.a_user()
    world.smtp.answer = lambda _mail: "451 4.3.0 not now"
    notification = await world.accept()
    await _refuse_to_settle(world, store, "retry_wait")
    await world.a_worker()

    quarantined = await world.until_delivery(notification, "quarantined")

    assert "sent" not in quarantined.reason
    assert quarantined.attempts[0].outcome is Outcome.NOT_SENT


async def test_an_attempt_that_cannot_be_ended_is_known_as_unknown_after_a_replay(
    make_settings: Callable[..., Settings], smtp_server: SmtpServer
) -> None:
    async with World(make_settings("sqlite", categories={"general": {"on_unknown": "give_up"}}), smtp_server) as world:
        await world.a_user()
        notification = await world.accept()
        refuse = "BEGIN SELECT RAISE(ABORT, 'no'); END"
        await run_on_sqlite(world, f"CREATE TRIGGER refuse_attempts BEFORE UPDATE ON attempts {refuse}")
        await world.a_worker()

        quarantined = await world.until_delivery(notification, "quarantined")
        await run_on_sqlite(world, "DROP TRIGGER refuse_attempts")
        await _replay(world, notification)
        detail = await world.until(notification, "failed")

        assert quarantined.reason.endswith("; it may have been sent")
        assert len(world.smtp.mails) == 1
        assert detail.deliveries[0].reason.startswith("it is unknown whether it arrived")


async def _refuse_to_settle(world: World, store: str, state: str) -> None:
    refusing = f"BEFORE UPDATE ON deliveries FOR EACH ROW WHEN (NEW.state = '{state}')"
    if store == "sqlite":
        statements = [f"CREATE TRIGGER refuse {refusing} BEGIN SELECT RAISE(ABORT, 'no'); END"]
    else:
        statements = [
            "CREATE FUNCTION refuse() RETURNS trigger AS $$ BEGIN RAISE EXCEPTION 'no'; END $$ LANGUAGE plpgsql",
            f"CREATE TRIGGER refuse {refusing} EXECUTE FUNCTION refuse()",
        ]
    await run(world.settings.database_url, statements)


async def _settle_again(world: World, store: str) -> None:
    await run(world.settings.database_url, [f"DROP TRIGGER refuse{'' if store == 'sqlite' else ' ON deliveries'}"])


async def _replay(world: World, notification: UUID) -> None:
    delivery = (await world.delivery(notification)).id
    async with world.parts.database.transaction() as connection:
        await QuarantineService(connection, world.parts.clock, "ada").replay(delivery)


_FAR = "'2150-01-01T00:00:00.000000+00:00'"
_KINDS = {
    "state = 'snoozed'": "its state is none that there is",
    f"state = 'snoozed', due_at = {_FAR}": "it is due at no time that comes",
    "channel = 'fax'": "its channel is none that there is",
    "channel = 'aaa', urgent = true": "its channel is none that there is",
    "channel = 'zzz', state = 'snoozed'": "its channel is none that there is",
    f"due_at = {_FAR}": "it is due at no time that comes",
    f"state = 'held', urgent = true, due_at = {_FAR}": "it is due at no time that comes",
    f"state = 'sending', due_at = {_FAR}": "its lease ends at no time that a worker chose",
    "due_at = NULL": "it is due at no time at all",
    "state = 'retry_wait', due_at = NULL": "it is due at no time at all",
    "state = 'unknown', due_at = NULL": "it is due at no time at all",
    "state = 'held', due_at = NULL": "it is due at no time at all",
    "state = 'sending', due_at = NULL": "its lease ends at no time that a worker chose",
}
_KINDS_OF = {
    "postgresql": {
        "due_at = 'infinity'": "it is due at no time that comes",
        "state = 'sending', due_at = 'infinity'": "its lease ends at no time that a worker chose",
    },
    "sqlite": {
        "due_at = 'tomorrow'": "it is due at no time that comes",
        "state = 'sending', due_at = 'tomorrow'": "its lease ends at no time that a worker chose",
        "channel = x'ff'": "its channel is none that there is",
        "channel = ''": "its channel is none that there is",
        "state = x'00'": "its state is none that there is",
        "urgent = 2": "it is neither urgent nor not",
        "urgent = -1": "it is neither urgent nor not",
        "urgent = 0.5": "it is neither urgent nor not",
        "urgent = 'yes', state = 'unknown'": "it is neither urgent nor not",
        "urgent = x'ff', state = 'held'": "it is neither urgent nor not",
    },
}


async def test_an_unclaimable_delivery_is_quarantined_with_its_reason(
    broken_world: tuple[World, str],
) -> None:
    world, store = broken_world
    await world.a_user()
    unclaimable = _KINDS | _KINDS_OF[store]
    broken = {await world.accept(): values for values in unclaimable}
    for notification, values in broken.items():
        await _write(world, notification, values)

    assert await _quarantined(world).quarantine_unclaimable(limit=100) == len(unclaimable)
    assert await _quarantined(world).quarantine_unclaimable(limit=100) == 0

    page = await list_cases(world.parts.database, cursor=None, limit=100)
    shown = {broken[item.notification_id]: item for item in page.items}
    assert shown.keys() == unclaimable.keys()
    for values, why in unclaimable.items():
        sent = "; it may have been sent" if "sending" in values else ""
        assert shown[values].reason == f"its row in the store cannot be processed ({why}){sent}"
        assert (shown[values].channel is None) is ("channel" in values)


async def test_a_delivery_in_order_is_never_unclaimable(broken_world: tuple[World, str]) -> None:
    world, _ = broken_world
    await world.a_user()
    notifications = [await world.accept(urgent=urgent) for urgent in (True, False) for _ in range(5)]
    lease = (world.parts.clock.now() + timedelta(minutes=10)).isoformat(timespec="microseconds")
    soon = (world.parts.clock.now() + timedelta(days=8)).isoformat(timespec="microseconds")
    ways = (
        "state = 'queued'",
        f"state = 'sending', due_at = '{lease}'",
        f"state = 'retry_wait', due_at = '{soon}'",
        "state = 'on_hold', due_at = NULL",
        f"state = 'sent', due_at = {_FAR}",
    )
    for notification, values in zip(notifications, ways * 2, strict=True):
        await _write(world, notification, values)

    assert await _quarantined(world).quarantine_unclaimable(limit=100) == 0


@pytest.mark.parametrize(("broker", "id_"), [("embedded", "x'ff'"), ("rabbitmq", "'x'")])
async def test_an_id_that_cannot_be_read_stops_neither_the_relay_nor_its_neighbours(
    make_settings: Callable[..., Settings], smtp_server: SmtpServer, broker: str, id_: str
) -> None:
    """Of SQLite: PostgreSQL keeps nothing else in a column of ids."""
    async with World(make_settings("sqlite", broker), smtp_server) as world:
        await world.a_user()
        broken, neighbour = await world.accept(), await world.accept()
        ours = (await world.delivery(broken)).id.hex
        await run_on_sqlite(world, f"UPDATE deliveries SET id = {id_} WHERE id = '{ours}'")

        await world.a_worker()

        await world.until(neighbour, "sent")


_NEVER = {"postgresql": ("'infinity'", "'200000-01-01'", "NULL"), "sqlite": ("'tomorrow'", "NULL")}


async def test_a_scheduled_notification_that_is_never_due_is_quarantined(broken_world: tuple[World, str]) -> None:
    world, store = broken_world
    await world.a_user()
    later = world.parts.clock.now() + timedelta(days=1)
    far = await world.accept(send_at="2200-12-31T00:00:00Z")
    broken = [await world.accept(send_at=later, urgent=True) for _ in _NEVER[store]]
    for notification, value in zip(broken, _NEVER[store], strict=True):
        id_ = notification.hex if store == "sqlite" else str(notification)
        values = f"send_at = {value}, test = true"
        await run(world.settings.database_url, [f"UPDATE notifications SET {values} WHERE id = '{id_}'"])

    assert await _quarantined(world).quarantine_never_due(limit=100) == len(broken)
    assert await _quarantined(world).quarantine_never_due(limit=100) == 0

    page = await list_cases(world.parts.database, cursor=None, limit=100)
    shown = [item for item in page.items if item.channel is Channel("email")]
    assert {item.notification_id for item in shown} == set(broken)
    assert {item.reason for item in shown} == {
        "its row in the store cannot be processed (it is wanted at no time that comes)"
    }
    assert {(item.test, item.urgent) for item in shown} == {(True, True)}
    assert (await world.detail(far)).status == "scheduled"


async def test_a_delivery_published_in_the_future_is_published_again(broken_world: tuple[World, str]) -> None:
    world, _ = broken_world
    await world.a_user()
    future, now = await world.accept(), await world.accept()
    await _write(world, future, f"published_at = {_FAR}")
    await _write(world, now, f"published_at = '{world.parts.clock.now().isoformat(timespec='microseconds')}'")

    assert await _quarantined(world).quarantine_unclaimable(limit=100) == 1

    async with world.parts.database.reading() as connection:
        published = await connection.execute(
            text("SELECT count(*) FROM deliveries WHERE published_at IS NULL AND channel = 'email'")
        )
        assert published.scalar_one() == 1


async def test_a_worker_searches_for_unclaimable_deliveries(broken_world: tuple[World, str]) -> None:
    world, _ = broken_world
    await world.a_user()
    notification = await world.accept()
    await _write(world, notification, f"state = 'sending', due_at = {_FAR}")

    await world.a_worker()

    await world.until_delivery(notification, "quarantined")


def _quarantined(world: World) -> BrokenRows:
    return BrokenRows(world.parts.database, world.parts.clock, world.parts.metrics)


async def _write(world: World, notification: UUID, values: str) -> None:
    """Change the row of its email."""
    url = world.settings.database_url
    id_ = notification.hex if url.startswith("sqlite") else str(notification)
    await run(url, [f"UPDATE deliveries SET {values} WHERE notification_id = '{id_}' AND channel = 'email'"])
