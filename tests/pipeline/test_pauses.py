"""What an operator paused is sent by no worker, is not lost, and goes out when they resume."""

import threading
from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import text

from property_alert_notification.base.errors import NotFound
from property_alert_notification.base.vocabulary import Channel, DeliveryState
from property_alert_notification.database import run_within
from property_alert_notification.notification_worker.worker import Worker
from property_alert_notification.operators.pauses import cache as board
from property_alert_notification.operators.pauses import queries
from property_alert_notification.operators.pauses import scripts as pause_scripts
from property_alert_notification.operators.pauses.cache import PauseCache
from property_alert_notification.operators.pauses.rules import EVERYTHING, RECHECK_AFTER
from property_alert_notification.operators.pauses.service import PauseService
from tests.pipeline.world import World, eventually, let_calls_hang, only
from tests.services.process import PATIENCE


async def test_a_paused_delivery_is_held_with_its_reason_and_sent_after_resume(any_world: World) -> None:
    world = any_world
    await world.a_user(sms=True)
    await pause(world, "email")
    await world.a_worker()
    await world.a_worker()
    paused = [await world.accept(title=f"Home {n}") for n in range(60)]

    for notification in paused:
        delivery = await world.until_delivery(notification, "held")
        assert delivery.reason == "sending of email is paused"
    assert world.smtp.mails == []
    detail = await world.detail(paused[0])
    assert detail.status == "pending"
    assert "email: waits, sending of email is paused" in [entry.what for entry in detail.timeline]

    async def the_other_channel_goes_on() -> bool:
        return (await world.delivery(paused[0], Channel("sms"))).state is DeliveryState.SENT

    await eventually(the_other_channel_goes_on)

    await resume(world, "email")

    for notification in paused:
        await world.until(notification, "sent")
    assert sorted(mail.parsed()["Subject"] for mail in world.smtp.mails) == sorted(f"Home {n}" for n in range(60))


async def test_a_category_is_paused_and_others_are_sent(world: World) -> None:
    await world.a_user()
    await pause(world, "listing_alert")
    await world.a_worker()

    paused = await world.accept(category="listing_alert", urgent=True)
    other = await world.accept(category="viewing")

    await world.until(other, "sent")
    delivery = await world.until_delivery(paused, "held")
    assert (delivery.reason, delivery.attempts) == ("sending of listing_alert is paused", [])
    await resume(world, "listing_alert")
    await world.until(paused, "sent")


async def test_everything_is_paused_and_each_pause_ends_by_its_own_name(world: World) -> None:
    await world.a_user()
    await pause(world, EVERYTHING)
    await pause(world, "email")
    await world.a_worker()
    notification = await world.accept()
    held = await world.until_delivery(notification, "held")

    await resume(world, EVERYTHING)

    async def held_by_the_other() -> bool:
        return (await world.delivery(notification)).reason == "sending of email is paused"

    assert held.reason == "sending of everything is paused"
    await eventually(held_by_the_other)
    assert world.smtp.mails == []
    await resume(world, "email")
    await world.until(notification, "sent")


async def test_a_channel_is_meant_by_its_name_and_no_category_that_is_called_so(world: World) -> None:
    await world.a_user()
    await pause(world, "sms")
    await world.a_worker()

    await world.until(await world.accept(category="sms", channels=["email"]), "sent")


async def test_claimed_deliveries_that_were_not_submitted_are_not_sent_either(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A slow provider must not go on for minutes with what was claimed before the pause."""
    let_calls_hang(monkeypatch)
    resumed = threading.Event()

    def answer(_mail: object) -> str:
        resumed.wait(PATIENCE)
        return "250 ok"

    await world.a_user()
    worker = await world.a_worker()
    await world.until(await world.accept(title="The provider is known to work"), "sent")
    world.smtp.clear()
    world.smtp.answer = answer
    accepted = [await world.accept(title=f"Home {n}") for n in range(30)]

    async def states() -> Counter[DeliveryState]:
        return Counter([(await world.delivery(notification)).state for notification in accepted])

    async def all_are_in_hand() -> bool:
        return (await states())[DeliveryState.SENDING] == 30

    async def none_is_in_hand() -> bool:
        return (await states())[DeliveryState.SENDING] == 0

    await eventually(all_are_in_hand)
    await pause(world, "email")
    await until_it_knows(worker)
    resumed.set()
    await eventually(none_is_in_hand)

    found = await states()
    assert found.keys() == {DeliveryState.SENT, DeliveryState.HELD}
    assert len(world.smtp.mails) == found[DeliveryState.SENT]
    await resume(world, "email")
    for notification in accepted:
        await world.until(notification, "sent")
    assert len(world.smtp.mails) == 30
    assert await _attempts_counted(world) == {1}


async def test_deliveries_held_after_the_end_of_the_pause_are_resumed_too(world: World) -> None:
    await world.a_user()
    notification = await world.accept()
    await pause(world, "email")
    await resume(world, "email")
    await pause(world, "sms")
    parts, delivery = world.parts, await world.delivery(notification)
    late_board = PauseCache(parts.database, parts.clock)
    assert await late_board.refresh() == 0
    async with parts.database.transaction() as connection:
        await connection.execute(text("UPDATE pauses SET resumed_at = NULL WHERE name = 'email'"))
        now = parts.clock.now()
        await run_within(
            connection,
            only(pause_scripts.hold([delivery.id], "email", category=None, now=now, until=now + RECHECK_AFTER)),
        )
        await queries.end(connection, "email", now=now)

    assert await late_board.refresh() == 1
    back = await world.delivery(notification)
    assert (back.state, back.reason) == (DeliveryState.HELD, "sending of email was resumed")
    assert back.due_at is not None
    assert back.due_at <= parts.clock.now()
    assert await late_board.refresh() == 0


async def test_a_pause_that_was_ended_is_forgotten_after_a_while(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(board, "REMEMBERED", timedelta())
    await pause(world, "email")
    await resume(world, "email")

    await PauseCache(world.parts.database, world.parts.clock).refresh()

    async with world.parts.database.reading() as connection:
        assert await queries.list_all(connection) == []


async def test_a_pause_begins_once_and_what_is_not_paused_cannot_be_resumed(world: World) -> None:
    await pause(world, "email", actor="first")
    again = await pause(world, "email", actor="second")
    await resume(world, "email")
    with pytest.raises(NotFound, match="Sending of email is not paused"):
        await resume(world, "email")
    anew = await pause(world, "email", actor="third")

    assert (again, anew) == ("first", "third")


async def test_resume_releases_deliveries_held_by_a_deleted_pause(world: World) -> None:
    await world.a_user()
    await pause(world, "listing_alert")
    await world.a_worker()
    notification = await world.accept(category="listing_alert")
    await world.until_delivery(notification, "held")
    async with world.parts.database.transaction() as connection:
        await connection.execute(text("DELETE FROM pauses"))  # as if it had been restored from before the pause

    await resume(world, "listing_alert")

    await world.until(notification, "sent")
    with pytest.raises(NotFound):
        await resume(world, "listing_alert")


async def test_a_user_who_opted_out_during_a_pause_gets_nothing_after_it(world: World) -> None:
    await world.a_user()
    await pause(world, "email")
    worker = await world.a_worker()
    notification = await world.accept()
    await world.until_delivery(notification, "held")
    await world.forget_user()
    await resume(world, "email")

    detail = await world.until(notification, "suppressed")

    await worker.__aexit__(None, None, None)
    assert detail.deliveries[0].reason_code == "no_preferences"
    assert world.smtp.mails == []


async def pause(world: World, name: str, *, actor: str = "test") -> str:
    async with world.parts.database.transaction() as connection:
        return (await PauseService(connection, world.parts.clock, actor).pause(name)).paused_by


async def resume(world: World, name: str) -> None:
    async with world.parts.database.transaction() as connection:
        await PauseService(connection, world.parts.clock, "test").resume(name)


async def until_it_knows(worker: Worker) -> None:
    async def knows() -> bool:
        return worker._pauses.pauses_on(Channel("email")) != []

    await eventually(knows)


async def _attempts_counted(world: World) -> set[int]:
    async with world.parts.database.reading() as connection:
        return set((await connection.execute(text("SELECT attempts FROM deliveries WHERE state = 'sent'"))).scalars())
