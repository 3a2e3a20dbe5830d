"""The way of an immediate notification, from accepting to the provider, on every store and broker."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from property_alert_notification.base.clock import first_id_of
from property_alert_notification.base.errors import NotFound
from property_alert_notification.base.settings import Settings
from property_alert_notification.base.vocabulary import Channel, DeliveryState, NotificationStatus, Outcome
from property_alert_notification.notifications.lists import Filters, find
from tests.pipeline.world import World
from tests.services.smtp import SmtpServer


async def test_an_accepted_notification_is_sent_and_has_a_timeline(any_world: World) -> None:
    await any_world.a_user()
    notification = await any_world.accept(title="A home for you", message="3 bedrooms", reference="listing-7")
    await any_world.a_worker()

    detail = await any_world.until(notification, "sent")

    (mail,) = await any_world.smtp.wait_for(1)
    assert mail.recipients == ("user1@example.com",)
    assert mail.parsed()["Subject"] == "A home for you"
    assert detail.reference == "listing-7"
    email, sms = detail.deliveries
    assert (email.channel, email.state, email.address) == (Channel("email"), DeliveryState.SENT, "user1@example.com")
    assert [(one.provider, one.outcome) for one in email.attempts] == [("smtp", Outcome.SENT)]
    assert (sms.state, sms.reason) == (DeliveryState.SUPPRESSED, "the user does not want sms")
    assert sms.attempts == []


async def test_sent_notifications_are_listed_page_by_page(world: World) -> None:
    await world.a_user()
    sent = [await world.accept(title=f"Home {n}", channels=["email"]) for n in range(3)]
    await world.accept(channels=["sms"])
    await world.a_worker()
    for notification in sent:
        await world.until(notification, "sent")
    await world.accept(channels=["email"], send_at=world.parts.clock.now() + timedelta(days=1))

    assert await _found(world, NotificationStatus.SENT) == sent[::-1]
    assert await _found(world, NotificationStatus.DELIVERED) == []


async def test_hundreds_of_notifications_are_each_received_once_with_their_own_words(any_world: World) -> None:
    count = 300
    await any_world.a_user()
    await any_world.a_worker()

    await asyncio.gather(
        *(any_world.accept(title=f"Home {n}", message=f"Listing {n} is new", channels=["email"]) for n in range(count))
    )

    mails = await any_world.smtp.wait_for(count)
    letters = [mail.parsed() for mail in mails]
    received = {(letter["Subject"], _plain_text(letter)) for letter in letters}
    assert received == {(f"Home {n}", f"Listing {n} is new") for n in range(count)}
    assert len(mails) == count


async def test_two_workers_send_once(any_world: World) -> None:
    await any_world.a_user()
    ids = await asyncio.gather(*(any_world.accept(title=f"Home {n}", channels=["email"]) for n in range(150)))

    await any_world.a_worker()
    await any_world.a_worker()

    for notification in ids:
        await any_world.until(notification, "sent")
    subjects = [mail.parsed()["Subject"] for mail in any_world.smtp.mails]
    assert sorted(subjects) == sorted(f"Home {n}" for n in range(150))


async def test_urgent_notifications_overtake_a_backlog(any_world: World) -> None:
    await any_world.a_user()
    await asyncio.gather(*(any_world.accept(title="slow", channels=["email"]) for _ in range(200)))
    await any_world.accept(title="fast", channels=["email"], urgent=True)

    await any_world.a_worker()

    mails = await any_world.smtp.wait_for(201)
    assert "fast" in [mail.parsed()["Subject"] for mail in mails][:100]


async def test_a_user_without_preferences_is_not_found_and_nothing_is_stored(world: World) -> None:
    with pytest.raises(NotFound, match="Preferences not found for user"):
        await world.accept(user_id=99)


async def test_one_unknown_user_does_not_spoil_those_committed_together_with_it(world: World) -> None:
    await world.a_user()

    answers = await asyncio.gather(*(world.accept(user_id=user) for user in (1, 99, 1)), return_exceptions=True)

    assert [type(answer).__name__ for answer in answers] == ["UUID", "PreferencesNotFound", "UUID"]


async def test_a_user_who_wants_nothing_gets_nothing_and_the_caller_learns_why(world: World) -> None:
    await world.a_user(email=False)

    detail = await world.detail(await world.accept())

    assert detail.status is NotificationStatus.SUPPRESSED
    assert [delivery.reason for delivery in detail.deliveries] == [
        "the user does not want email",
        "the user does not want sms",
    ]


async def test_the_caller_may_narrow_the_channels_but_never_widen_them(world: World) -> None:
    await world.a_user(email=True, sms=False)

    detail = await world.detail(await world.accept(channels=["sms"]))

    assert [(one.channel, one.state) for one in detail.deliveries] == [(Channel("sms"), DeliveryState.SUPPRESSED)]
    assert detail.not_asked_for == [Channel("email")]


async def test_a_channel_without_an_address_has_its_reason(world: World) -> None:
    await world.a_user()

    detail = await world.detail(await world.accept(user_email=None, channels=None))

    # What is known without a row has none.
    assert [one.channel for one in detail.deliveries] == [Channel("sms")]
    assert detail.without_address == [Channel("email")]
    assert detail.timeline[1].what == "email: not used, the caller gave no address for it"
    assert detail.status is NotificationStatus.SUPPRESSED


async def test_a_notification_with_a_past_send_at_is_sent_at_once(any_world: World) -> None:
    await any_world.a_user()
    past = any_world.parts.clock.now() - timedelta(days=400)
    notification = await any_world.accept(send_at=past, channels=["email"])
    await any_world.a_worker()

    detail = await any_world.until(notification, "sent")

    assert (detail.send_at, [one.state for one in detail.deliveries]) == (past, [DeliveryState.SENT])


async def test_who_opted_out_after_accepting_gets_nothing(world: World) -> None:
    await world.a_user()
    notification = await world.accept()
    await world.a_user(email=False)

    await world.a_worker()

    detail = await world.until(notification, "suppressed")
    assert detail.deliveries[0].reason == "the user does not want email"
    assert detail.deliveries[0].attempts == []
    assert world.smtp.mails == []


async def test_deleted_preferences_are_consent_withdrawn(world: World) -> None:
    await world.a_user()
    notification = await world.accept()
    await world.forget_user()

    await world.a_worker()

    detail = await world.until(notification, "suppressed")
    assert detail.deliveries[0].reason_code == "no_preferences"
    assert world.smtp.mails == []


async def test_an_expired_delivery_is_not_sent(world: World) -> None:
    await world.a_user()
    notification = await world.accept()
    async with world.parts.database.transaction() as connection:
        await connection.execute(text("UPDATE notifications SET expires_at = accepted_at"))

    await world.a_worker()

    detail = await world.until(notification, "expired")
    assert detail.deliveries[0].reason == "it expired before it could be sent"
    assert world.smtp.mails == []


async def test_a_delivery_beyond_its_time_to_live_is_not_sent(
    make_settings: Callable[..., Settings], smtp_server: SmtpServer
) -> None:
    async with World(make_settings("sqlite", categories={"viewing": {"message_ttl": "1min"}}), smtp_server) as world:
        await world.a_user()
        viewing, other = [await world.accept(category=name) for name in ("viewing", "offer")]
        earlier = first_id_of(world.parts.clock.now() - timedelta(minutes=2))
        async with world.parts.database.transaction() as connection:
            await connection.execute(text("PRAGMA defer_foreign_keys = on"))
            for table, column in (("notifications", "id"), ("deliveries", "notification_id")):
                statement = text(f"UPDATE {table} SET {column} = :new WHERE {column} = :old")
                await connection.execute(statement, {"new": earlier.hex, "old": viewing.hex})
        await world.a_worker()

        await world.until(other, "sent")
        detail = await world.until(earlier, "expired")

        assert detail.deliveries[0].reason == "it could not be sent within its time to live"


async def test_words_of_every_kind_survive_the_store(world: World) -> None:
    await world.a_user()
    message = "Straße 家 🏡 \u202eright to left\u202c 'quoted' \"double\" {brace} %s \\ \n\ttab"

    detail = await world.detail(await world.accept(title="Ümläut — 家 🏡", message=message, channels=["email", "sms"]))

    assert (detail.title, detail.message) == ("Ümläut — 家 🏡", message)
    assert detail.channels == [Channel("email"), Channel("sms")]


def _plain_text(mail: object) -> str:
    return mail.get_body(preferencelist=("plain",)).get_content().strip()  # type: ignore[attr-defined, no-any-return]


async def _found(world: World, status: NotificationStatus) -> list[UUID]:
    """Of two pages."""
    database = world.parts.database
    async with database.quick_reading() as connection:
        first = await find(connection, Filters(status=status), before=None, limit=2)
        second = await find(connection, Filters(status=status), before=first.next, limit=2)
    return [one.id for one in first.items + (second.items if first.next else [])]


async def test_a_cut_sms_has_the_cut_in_its_reason(
    make_settings: Callable[..., Settings], smtp_server: SmtpServer
) -> None:
    settings = make_settings("sqlite", sms_provider="mailbox", sms_max_segments=2)
    async with World(settings, smtp_server) as world:
        await world.a_user(email=False, sms=True)
        await world.a_worker()
        detail = await world.until(await world.accept(title="Viewing", message="a" * 1_000), "sent")

    sms = next(delivery for delivery in detail.deliveries if delivery.channel is Channel("sms"))
    shown = "the provider took it; its text was cut to 2 segments, 306 of 1,008 characters"
    assert (sms.reason, sms.attempts[0].reason) == (shown, shown)
    assert detail.timeline[-1].what == f"sms: tried by mailbox, sent: {shown}"
