"""Consent records of what providers report and refuse, and what the store allows to do to a record, on each store."""

from dataclasses import replace

import pytest
from sqlalchemy import text, update
from sqlalchemy.exc import DBAPIError

from property_alert_notification.api.access.admission import ANONYMOUS
from property_alert_notification.channels.callback import ReportedEvent, ReportedResult, SuppressionCause
from property_alert_notification.database import table_of
from property_alert_notification.deliveries.models import Delivery
from property_alert_notification.notifications.consents import list_notification_consents
from property_alert_notification.people.consent import queries
from property_alert_notification.people.consent.ledger import ConsentLedger, PreferenceChange
from property_alert_notification.people.consent.models import ConsentRecord
from property_alert_notification.people.consent.rules import ConsentOrigin, ConsentSource
from property_alert_notification.people.preferences.rules import Preferences
from property_alert_notification.people.suppressions.entry import NewEntry
from property_alert_notification.people.suppressions.rules import SuppressionReason
from property_alert_notification.people.suppressions.service import SuppressionService
from property_alert_notification.people.suppressions.subjects import Subjects
from tests.pipeline.test_callbacks import report, rows, sending, sent
from tests.pipeline.test_events import an_endpoint, recorded
from tests.pipeline.test_replies import NUMBER, SMS, receive
from tests.pipeline.world import EMAIL, World

_REPORTED = {
    SuppressionCause.COMPLAINT: ["complaint"],
    SuppressionCause.STOP: ["provider"],
    SuppressionCause.UNSUBSCRIBE: ["provider"],
    SuppressionCause.HARD_BOUNCE: [],
    SuppressionCause.SOFT_BOUNCE: [],
}


async def test_what_a_provider_reports_as_a_refusal_is_recorded_once(world: World) -> None:
    expected: list[tuple[str, str, str]] = []
    for number, (cause, sources) in enumerate(_REPORTED.items()):
        _, claim = await sent(world, number, f"m{number}")
        event = ReportedEvent(ReportedResult.BOUNCED, delivery_id=claim.delivery_id, cause=cause, event_id=f"e{number}")
        await report(world, event)
        await report(world, event, replace(event, event_id=f"again{number}"))
        expected += [("opted_out", source, "callback:email/smtp") for source in sources]

    found = await rows(world, ConsentRecord)
    assert sorted((one.decision, one.source, one.actor) for one in found) == sorted(expected)


async def test_words_are_recorded_with_the_version_of_our_answer(world: World) -> None:
    for word in ("STOP", "STOPALL", "START", "START", "hello", "baja"):
        await receive(world, word)

    found = await rows(world, ConsentRecord)
    assert [(one.decision, one.source, one.about) for one in found] == [
        ("opted_out", "reply", "address"),
        ("opted_in", "reply", "address"),
        ("opted_out", "reply", "address"),
    ]
    assert [(one.wording or "")[:8] for one in found] == ["reply/en", "reply/en", "reply/es"]


async def test_a_record_is_neither_changed_nor_deleted_and_only_its_ip_address_can_be_forgotten(world: World) -> None:
    subjects = Subjects(world.settings.secrets)
    origin = ConsentOrigin(ConsentSource.API, "test", "sign-up-7", "203.0.113.7")
    async with world.parts.database.transaction() as connection:
        service = SuppressionService(connection, world.parts.clock, origin, subjects)
        await service.add(NewEntry(SuppressionReason.MANUAL, user_id=1))
    (before,) = await rows(world, ConsentRecord)

    for change in (
        "UPDATE consent_records SET decision = 'opted_in'",
        "UPDATE consent_records SET ip_address = '203.0.113.8'",
        "UPDATE consent_records SET wording = NULL, ip_address = NULL",
        "UPDATE consent_records SET expires_at = recorded_at",
        "DELETE FROM consent_records",
    ):
        with pytest.raises(DBAPIError, match="never changed or deleted"):
            async with world.parts.database.transaction() as connection:
                await connection.execute(text(change))
    assert await rows(world, ConsentRecord) == [before]

    async with world.parts.database.transaction() as connection:
        assert await queries.forget_ip_addresses(connection, subjects.of_user(2)) == 0
        assert await queries.forget_ip_addresses(connection, subjects.of_user(1)) == 1
    (after,) = await rows(world, ConsentRecord)
    assert after._asdict() == {**before._asdict(), "ip_address": None}


async def test_an_import_records_all_that_is_new_in_one_statement(world: World) -> None:
    subjects, clock = Subjects(world.settings.secrets), world.parts.clock
    origin = ConsentOrigin(ConsentSource.IMPORT, "test")
    entries = [NewEntry(SuppressionReason.IMPORTED, user_id=number) for number in range(2_000)]
    counts = []
    for _ in range(2):
        async with world.parts.database.transaction() as connection:
            counts.append(await SuppressionService(connection, clock, origin, subjects).load(entries))

    assert counts == [2_000, 0]
    found = await rows(world, ConsentRecord)
    assert {one.subject for one in found} == {subjects.of_user(number)[0] for number in range(2_000)}
    assert len(found) == 2_000


async def test_endpoints_are_told_who_opted_out_and_in(world: World) -> None:
    await an_endpoint(world, "recipient.opted_out recipient.opted_in")
    subjects = Subjects(world.settings.secrets)
    _, claim = await sent(world, 3, "m3", user_email="three@example.com")
    stopped = ReportedEvent(ReportedResult.BOUNCED, delivery_id=claim.delivery_id, cause=SuppressionCause.STOP)
    await report(world, stopped)
    # People may answer before the result of the sending is stored.
    for user, state in ((4, "sent"), (7, "delivered"), (8, "sending"), (9, "unknown"), (10, "failed")):
        await world.a_user(user, sms=True)
        notification = await world.accept(user, channels=[SMS], user_phone_number=NUMBER)
        delivery = (await world.delivery(notification, SMS)).id
        async with world.parts.database.transaction() as connection:
            await connection.execute(
                update(table_of(Delivery)).where(table_of(Delivery).c.id == delivery).values(state=state)
            )
    for word in ("STOP", "STOP", "START"):
        await receive(world, word)
    async with world.parts.database.transaction() as connection:
        origin = ConsentOrigin(ConsentSource.API, "test")
        service = SuppressionService(connection, world.parts.clock, origin, subjects)
        entry = await service.add(NewEntry(SuppressionReason.MANUAL, user_id=5))
        await service.release(entry.id, users=[5])
        ledger = ConsentLedger(world.parts.clock, subjects, world.parts.categories.current)
        change = PreferenceChange(6, Preferences(frozenset()), Preferences(frozenset({SMS})), origin)
        await ledger.record(connection, [change])

    told = [(event.type.removeprefix("recipient."), event.user_id) for event in await recorded(world)]
    assert sorted(told) == [
        ("opted_in", 4),
        ("opted_in", 5),
        ("opted_in", 6),
        ("opted_in", 7),
        ("opted_in", 8),
        ("opted_in", 9),
        ("opted_out", 3),
        ("opted_out", 4),
        ("opted_out", 5),
        ("opted_out", 7),
        ("opted_out", 8),
        ("opted_out", 9),
    ]


async def test_endpoints_are_told_once_of_each_change_for_each_user_of_an_address(world: World) -> None:
    await an_endpoint(world)
    shared = {"user_email": "shared@example.com"}
    claims = [(await sent(world, user, f"m{place}", **shared))[1] for place, user in enumerate([1, 1, 2])]
    before = await recorded(world)
    for cause in (SuppressionCause.STOP, SuppressionCause.COMPLAINT, SuppressionCause.HARD_BOUNCE):
        bounced = ReportedEvent(ReportedResult.BOUNCED, cause=cause)
        events = [replace(bounced, delivery_id=claim.delivery_id) for claim in claims]
        await report(world, *(replace(event, event_id=f"{cause}{place}") for place, event in enumerate(events)))
        await report(world, *(replace(event, event_id=f"again {cause}{place}") for place, event in enumerate(events)))

    told = [event for event in await recorded(world) if event not in before and event.user_id is not None]
    assert sorted((event.type, event.user_id, event.reason_code) for event in told) == [
        ("recipient.bounced", 1, "hard_bounce"),
        ("recipient.bounced", 2, "hard_bounce"),
        ("recipient.complained", 1, "complaint"),
        ("recipient.complained", 2, "complaint"),
        ("recipient.opted_out", 1, "provider"),
        ("recipient.opted_out", 2, "provider"),
    ]


async def test_a_notification_names_the_record_that_was_valid_when_its_message_was_claimed(world: World) -> None:
    subjects = Subjects(world.settings.secrets)
    ledger = ConsentLedger(world.parts.clock, subjects, world.parts.categories.current)
    by_email, origin = Preferences(frozenset({EMAIL})), ConsentOrigin(ConsentSource.API, "test")

    async def change(before: Preferences, after: Preferences) -> None:
        async with world.parts.database.transaction() as connection:
            await ledger.record(connection, [PreferenceChange(2, before, after, origin)])

    by_default, _ = await sending(world, 1)
    waiting = await world.accept(1, channels=[EMAIL])
    await change(Preferences(frozenset()), by_email)
    (opted_in,) = await rows(world, ConsentRecord)
    by_record, _ = await sending(world, 2)
    await change(by_email, Preferences(frozenset()))

    found = {}
    for one in (by_default, waiting, by_record):
        answer = await list_notification_consents(one, ANONYMOUS, world.parts.database, subjects)
        found[one] = [(item.allowed_by, item.record_id) for item in answer.items]
    assert found == {
        by_default: [("default", None)],
        waiting: [],
        by_record: [("consent_record", opted_in.id)],
    }
