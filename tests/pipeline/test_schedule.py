"""What is sent later, taken back or changed, while workers are at work."""

import asyncio
import functools
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from property_alert_notification.api.access.admission import ANONYMOUS
from property_alert_notification.base.errors import Conflict
from property_alert_notification.base.vocabulary import Channel, DeliveryState, NotificationStatus
from property_alert_notification.notification_worker.release import Releaser
from property_alert_notification.notifications import changes, release
from property_alert_notification.notifications.answers import NotificationDetail
from property_alert_notification.notifications.create import Planner
from property_alert_notification.notifications.schemas import NotificationPatch
from property_alert_notification.people.categories.rules import built_in
from property_alert_notification.people.suppressions.subjects import Subjects
from property_alert_notification.wiring import Parts
from tests.pipeline.world import World, eventually

SOON = timedelta(seconds=2)
LATER = timedelta(days=400)


async def test_it_is_sent_when_its_time_has_come_and_not_before(any_world: World) -> None:
    await any_world.a_user()
    send_at = any_world.parts.clock.now() + SOON
    notification = await any_world.accept(send_at=send_at)
    waiting = await any_world.detail(notification)
    await any_world.a_worker()

    detail = await any_world.until(notification, "sent")

    assert (waiting.status, waiting.deliveries) == (NotificationStatus.SCHEDULED, [])
    assert detail.deliveries[0].attempts[0].started_at >= send_at
    assert detail.deliveries[0].address == "user1@example.com"
    assert len(any_world.smtp.mails) == 1
    shown = [entry.what for entry in detail.timeline]
    assert shown[:4] == [
        "accepted",
        f"waits until {send_at.isoformat(timespec='seconds')}",
        "email: planned, the user wants email",
        "sms: not used, the user does not want sms",
    ]
    assert shown[4] == "email: tried by smtp, sent: the provider took it"


@pytest.mark.parametrize("workers", [2, 3])
async def test_workers_at_the_same_time_release_each_once(world: World, workers: int) -> None:
    await world.a_user(sms=True)
    ids = await _scheduled(world, 2 * release.AT_ONCE)
    releasers = [_releaser(world.parts) for _ in range(workers)]

    counts = await asyncio.gather(*(_release_all(releaser) for releaser in releasers))

    assert sum(counts) == len(ids)
    for notification in ids[:: len(ids) // 10]:
        detail = await world.detail(notification)
        assert [one.state for one in detail.deliveries] == [DeliveryState.QUEUED] * 2


async def test_nothing_is_released_before_its_time(world: World) -> None:
    await world.a_user()
    notification = await world.accept(send_at=world.parts.clock.now() + LATER)

    assert await _releaser(world.parts).release() == 0
    assert (await world.detail(notification)).status is NotificationStatus.SCHEDULED


async def test_accepting_goes_on_while_many_fall_due(world: World) -> None:
    await world.a_user()
    await _scheduled(world, 3 * release.AT_ONCE)
    releasing = asyncio.create_task(_release_all(_releaser(world.parts)))

    accepted_meanwhile = 0
    while not releasing.done():
        await world.accept()
        accepted_meanwhile += 1

    assert await releasing == 3 * release.AT_ONCE
    # At least one between any two of the transactions that release.
    assert accepted_meanwhile >= 3


async def test_who_took_their_consent_back_meanwhile_gets_nothing(world: World) -> None:
    await world.a_user()
    (notification,) = await _scheduled(world, 1)
    await world.forget_user()

    await _releaser(world.parts).release()

    detail = await world.detail(notification)
    assert detail.status is NotificationStatus.SUPPRESSED
    assert detail.deliveries[0].reason_code == "no_preferences"


async def test_a_notification_that_expired_before_it_was_due_is_not_sent(world: World) -> None:
    await world.a_user()
    (notification,) = await _scheduled(world, 1)
    async with world.parts.database.transaction() as connection:
        await changes.queries.change(connection, notification, expires_at=world.parts.clock.now())

    await _releaser(world.parts).release()

    detail = await world.detail(notification)
    assert detail.status is NotificationStatus.EXPIRED
    assert [one.state for one in detail.deliveries] == [DeliveryState.EXPIRED, DeliveryState.SUPPRESSED]


async def test_the_age_of_a_notification_moved_to_now_counts_from_the_change(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.a_user()
    times: list[dict[str, Any]] = [{"send_at": None}, {"send_at": world.parts.clock.now() - LATER}]
    ids = [await world.accept(send_at=world.parts.clock.now() + LATER, channels=["email"]) for _ in times]
    after_its_use = world.parts.clock.now() + timedelta(days=6)
    monkeypatch.setattr(world.parts.clock, "now", lambda: after_its_use)

    for notification, time in zip(ids, times, strict=True):
        await _change(world, notification, **time)
        assert len(await world.claim((await world.delivery(notification)).id)) == 1, time


async def test_an_old_scheduled_notification_without_addresses_is_released_once_and_not_sent(
    world: World,
) -> None:
    await world.a_user()
    (notification,) = await _scheduled(world, 1)
    async with world.parts.database.transaction() as connection:
        await changes.queries.change(connection, notification, addresses=None)

    assert [await _releaser(world.parts).release() for _ in range(2)] == [1, 0]

    detail = await world.detail(notification)
    assert (detail.status, detail.deliveries) == (NotificationStatus.SUPPRESSED, [])
    assert detail.without_address == [Channel("email"), Channel("sms")]


async def test_a_cancelled_notification_is_never_sent_by_any_worker(any_world: World) -> None:
    await any_world.a_user()
    ids = await asyncio.gather(*(any_world.accept(title=f"Home {n}", channels=["email"]) for n in range(150)))
    await any_world.a_worker()
    await any_world.a_worker()

    answers = await asyncio.gather(*(_cancel(any_world, one) for one in ids), return_exceptions=True)

    async def ended(notification: UUID) -> bool:
        return (await any_world.detail(notification)).status in ("sent", "cancelled")

    for notification in ids:
        await eventually(functools.partial(ended, notification))
    cancelled = {f"Home {n}" for n, answer in enumerate(answers) if not isinstance(answer, BaseException)}
    subjects = [mail.parsed()["Subject"] for mail in any_world.smtp.mails]
    assert {type(answer) for answer in answers} <= {NotificationDetail, Conflict}
    assert sorted(subjects) == sorted({f"Home {n}" for n in range(150)} - cancelled)


async def test_cancelling_while_it_is_released_leaves_nothing_to_send(world: World) -> None:
    await world.a_user()
    ids = await _scheduled(world, 40, channels=["email"])

    releasing = asyncio.create_task(_release_all(_releaser(world.parts)))
    details = await asyncio.gather(*(_cancel(world, notification) for notification in ids))
    await releasing

    assert {detail.status for detail in details} == {NotificationStatus.CANCELLED}
    for notification in ids:
        assert (await world.detail(notification)).status is NotificationStatus.CANCELLED


async def test_a_submitted_delivery_cannot_be_cancelled(world: World) -> None:
    await world.a_user()
    notification = await world.accept(channels=["email"])
    await world.claim((await world.delivery(notification)).id)

    with pytest.raises(Conflict, match="being sent"):
        await _cancel(world, notification)
    with pytest.raises(Conflict, match="sending it has begun"):
        await _change(world, notification, title="too late")

    assert (await world.detail(notification)).cancelled_at is None


async def test_a_submitted_delivery_is_not_retried_after_a_cancellation(world: World) -> None:
    world.smtp.answer = lambda _mail: "451 4.3.0 not now"
    await world.a_user(sms=True)
    notification = await world.accept()
    await world.claim((await world.delivery(notification)).id, lease=-60)

    detail = await _cancel(world, notification)
    await world.a_worker()
    ended = await world.until(notification, "cancelled")

    assert [one.state for one in detail.deliveries] == [DeliveryState.SENDING, DeliveryState.CANCELLED]
    assert [one.state for one in ended.deliveries] == [DeliveryState.CANCELLED] * 2
    assert len(ended.deliveries[0].attempts) == 1
    assert world.smtp.mails == []


async def test_a_change_is_either_sent_or_refused(any_world: World) -> None:
    await any_world.a_user()
    ids = await asyncio.gather(*(any_world.accept(title=f"Home {n}", channels=["email"]) for n in range(100)))
    await any_world.a_worker()

    answers = await asyncio.gather(
        *(_change(any_world, one, title=f"Changed {n}") for n, one in enumerate(ids)), return_exceptions=True
    )

    mails = await any_world.smtp.wait_for(len(ids))
    expected = [
        f"Home {n}" if isinstance(answer, BaseException) else f"Changed {n}" for n, answer in enumerate(answers)
    ]
    assert {type(answer) for answer in answers} <= {NotificationDetail, Conflict}
    assert sorted(mail.parsed()["Subject"] for mail in mails) == sorted(expected)


async def test_a_notification_moved_to_later_is_not_sent_now(any_world: World) -> None:
    await any_world.a_user()
    ids = await asyncio.gather(*(any_world.accept(title=f"Home {n}", channels=["email"]) for n in range(100)))
    await any_world.a_worker()

    later = any_world.parts.clock.now() + LATER
    answers = await asyncio.gather(*(_change(any_world, one, send_at=later) for one in ids), return_exceptions=True)

    too_late = {n for n, answer in enumerate(answers) if isinstance(answer, BaseException)}
    for n, notification in enumerate(ids):
        if n in too_late:
            await any_world.until(notification, "sent")
        else:
            assert (await any_world.detail(notification)).status is NotificationStatus.SCHEDULED
    subjects = [mail.parsed()["Subject"] for mail in any_world.smtp.mails]
    assert sorted(subjects) == sorted(f"Home {n}" for n in too_late)


async def test_two_deliveries_that_end_at_the_same_moment_both_count(world: World) -> None:
    await world.a_user(sms=True)
    ids = [await world.accept() for _ in range(20)]
    # Both channels find out at the same time that consent is gone.
    await world.forget_user()

    async def take(channel: Channel, notification: UUID) -> None:
        await world.claim((await world.delivery(notification, channel)).id, channel=channel)

    await asyncio.gather(*(take(channel, one) for one in ids for channel in Channel))

    for notification in ids:
        async with world.parts.database.quick_reading() as connection:
            row = await changes.queries.get(connection, notification)
        assert row is not None
        assert row.status == NotificationStatus.SUPPRESSED


async def _scheduled(world: World, count: int, **fields: Any) -> list[UUID]:
    """Notifications that are due now, although no worker has released them."""
    send_at = world.parts.clock.now() + timedelta(days=1)
    ids = await asyncio.gather(*(world.accept(send_at=send_at, **fields) for _ in range(count)))
    async with world.parts.database.transaction() as connection:
        for notification in ids:
            await changes.queries.change(connection, notification, send_at=world.parts.clock.now())
    return ids


def _releaser(parts: Parts) -> Releaser:
    return Releaser(
        parts.database,
        Planner(parts.clock, None, (), built_in, Subjects([b""])),
        parts.metrics,
        wake=parts.wake,
        woken=asyncio.Event(),
    )


async def _release_all(releaser: Releaser) -> int:
    total = 0
    while released := await releaser.release():
        total += released
    return total


async def _cancel(world: World, notification: UUID) -> NotificationDetail:
    async with world.parts.database.transaction() as connection:
        return await changes.cancel(connection, notification, ANONYMOUS, now=world.parts.clock.now())


async def _change(world: World, notification: UUID, **fields: Any) -> NotificationDetail:
    async with world.parts.database.transaction() as connection:
        patch = NotificationPatch(**fields)
        return await changes.change(
            connection, notification, patch, ANONYMOUS, Planner(world.parts.clock, None, (), built_in, Subjects([b""]))
        )
