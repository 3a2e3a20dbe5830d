"""Messages that people send to our numbers, on each store."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from property_alert_notification.api.access.models import AuditEntry
from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.channels.address_rules import AddressRules
from property_alert_notification.channels.callback import InboundMessage
from property_alert_notification.feedback.replies import queries
from property_alert_notification.feedback.replies.models import InboundReply
from property_alert_notification.feedback.replies.take import LONGEST_TEXT, MOST_PER_SENDER, ReplyIntake
from property_alert_notification.people.suppressions.models import StoredSuppression
from property_alert_notification.people.suppressions.subjects import Subjects
from tests.pipeline.test_callbacks import rows
from tests.pipeline.world import World

SMS = Channel("sms")
NUMBER = "+14155552671"


def an_intake(world: World) -> ReplyIntake:
    return ReplyIntake(
        world.parts.database,
        Subjects(world.settings.secrets),
        world.parts.clock,
        AddressRules(real=True),
        "Homes",
        world.confirmer,
    )


async def receive(world: World, text: str, id_: str | None = None, sender: str = NUMBER) -> str | None:
    return await an_intake(world).take(SMS, "twilio", InboundMessage(sender, text, id_))


async def state_of_the_next(world: World) -> str:
    notification = await world.accept(1, channels=[SMS], category="account")
    return (await world.delivery(notification, SMS)).state


async def test_stop_stops_at_once_with_one_confirmation_and_start_releases(world: World) -> None:
    await world.a_user(1, sms=True)
    waiting = await world.accept(1, channels=[SMS])

    first = await receive(world, "Stop.", "SM1")
    again = [await receive(world, "Stop.", "SM1"), await receive(world, "STOPALL", "SM2")]

    assert (first or "").startswith("Homes: you are unsubscribed")
    assert again == [None, None]
    assert not await world.claim((await world.delivery(waiting, SMS)).id, channel=SMS)
    assert (await world.delivery(waiting, SMS)).reason_code == "suppressed_stop"
    assert await state_of_the_next(world) == "suppressed"
    (entry,) = await rows(world, StoredSuppression)
    assert (entry.reason_code, entry.channel, entry.added_by) == ("stop", "sms", "callback:sms/twilio")

    back = await receive(world, "start", "SM3")
    # A callback that comes late once more changes nothing.
    assert await receive(world, "Stop.", "SM1") is None
    assert "subscribed again" in (back or "")
    assert await receive(world, "start", "SM4") is None
    assert await state_of_the_next(world) == "queued"


async def test_a_stop_without_a_plus_sign_stops_and_one_of_nobody_is_shown(world: World) -> None:
    await world.a_user(1, sms=True)
    assert await receive(world, "stop", "SM1", sender=NUMBER.removeprefix("+")) is not None
    assert await state_of_the_next(world) == "suppressed"

    assert await receive(world, "stop", "SM2", sender="72975") is None
    assert await receive(world, "hello", "SM3", sender="bank \0 \ud83c") is None
    async with world.parts.database.reading() as connection:
        kept = await queries.page(connection, queries.ReplyFilter(), limit=10)
    assert [(one.word, one.is_refusal) for one in kept] == [("other", False), ("stop", True), ("stop", False)]
    assert len(await rows(world, StoredSuppression)) == 1


async def test_start_releases_no_entry_of_another_reason(world: World) -> None:
    await receive(world, "stop", "SM1")
    async with world.parts.database.transaction() as connection:
        await connection.execute(text("UPDATE suppressions SET reason_code = 'complaint'"))
    assert await receive(world, "start", "SM2") is None
    assert [one.reason_code for one in await rows(world, StoredSuppression)] == ["complaint"]


async def test_what_else_people_write_is_kept_for_a_person_within_bounds(world: World) -> None:
    assert await receive(world, "please stop texting me \0 " + "x" * 1_000, "SM1") is None
    assert await receive(world, "When can I see it?", "SM2") is None
    assert "STOP" in (await receive(world, "help", "SM3") or "")

    others = queries.ReplyFilter(word="other")
    async with world.parts.database.reading() as connection:
        waiting = await queries.page(connection, others, limit=10)
        refusals = await queries.page(connection, others._replace(looks_like_refusal=True), limit=10)
    assert waiting[0].text == "When can I see it?"
    assert [(one.sender, one.provider, len(one.text)) for one in refusals] == [(NUMBER, "twilio", LONGEST_TEXT)]
    assert not await rows(world, StoredSuppression)

    for number in range(MOST_PER_SENDER):
        await receive(world, f"hello {number}")
    assert len(await rows(world, InboundReply)) == MOST_PER_SENDER
    assert await receive(world, "start", "SM4") is None
    assert await receive(world, "stop", "SM5") is not None
    # A repeated callback changes nothing, however many messages came before.
    assert await receive(world, "start", "SM4") is None
    assert [one.reason_code for one in await rows(world, StoredSuppression)] == ["stop"]
    assert [one.text for one in await rows(world, InboundReply)][MOST_PER_SENDER:] == ["", ""]
    async with world.parts.database.transaction() as connection:
        later = world.parts.clock.now() + timedelta(seconds=1)
        assert await queries.remove_old(connection, until=later, limit=100) == MOST_PER_SENDER + 2


@pytest.mark.parametrize(("word", "expected"), [("stop", 1), ("start", 0), (None, 0)])
async def test_a_word_that_the_provider_has_read_counts(world: World, word: str | None, expected: int) -> None:
    await an_intake(world).take(SMS, "twilio", InboundMessage(NUMBER, "NOMORE4ME", "SM1", word))

    assert len(await rows(world, StoredSuppression)) == expected


async def test_a_stop_with_half_a_character_stops(world: World) -> None:
    assert await receive(world, "STOP \ud83d", "SM1") is not None

    assert [one.reason_code for one in await rows(world, StoredSuppression)] == ["stop"]
    assert [one.text for one in await rows(world, InboundReply)] == ["STOP ?"]


async def test_the_audit_record_has_each_change_once(world: World) -> None:
    for word in ("stop", "stop", "start", "start", "stop"):
        await receive(world, word)

    recorded = [(one.action, one.actor) for one in await rows(world, AuditEntry)]
    actions = ("suppression.added", "suppression.released", "suppression.added")
    assert recorded == [(action, "callback:sms/twilio") for action in actions]
