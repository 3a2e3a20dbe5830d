"""A person is erased: from every table, file, log and metric, and nothing that comes late brings them back."""

import json
import sqlite3
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, closing
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest
from sqlalchemy import text
from structlog.testing import capture_logs

from property_alert_notification.api.access.models import AuditEntry
from property_alert_notification.app import create_app
from property_alert_notification.base.errors import PreferencesNotFound
from property_alert_notification.base.settings import Settings
from property_alert_notification.base.vocabulary import Channel, DeliveryState, Outcome
from property_alert_notification.channels.callback import (
    InboundMessage,
    ReportedEvent,
    ReportedResult,
    SuppressionCause,
)
from property_alert_notification.database import Database, table_of
from property_alert_notification.deliveries.models import Attempt
from property_alert_notification.events import scripts as events
from property_alert_notification.events.event_types import EventType
from property_alert_notification.events.models import WebhookAttempt, WebhookDelivery, WebhookEvent
from property_alert_notification.events.new_event import NewEvent
from property_alert_notification.feedback.replies.models import InboundReply
from property_alert_notification.feedback.replies.take import ReplyIntake
from property_alert_notification.feedback.webhooks.sending.queries import WebhookSettlement, settle
from property_alert_notification.notification_worker.erasures import ErasureWorker
from property_alert_notification.operators.privacy.erasure.eraser import Eraser
from property_alert_notification.operators.privacy.erasure.run import ErasureRun, Step
from property_alert_notification.operators.privacy.registry import TABLES
from property_alert_notification.people.suppressions.models import StoredSuppression
from property_alert_notification.people.suppressions.subjects import Subjects
from property_alert_notification.wiring import address_rules, report_intake
from tests.pipeline.canary import EMAIL_ADDRESS, PHONE, USER, ZONE, found_in, places, tables
from tests.pipeline.canary_life import (
    bounce_by_mail,
    break_a_worker,
    change_their_mind,
    import_suppressions,
    look_for_homes,
)
from tests.pipeline.conftest import STORES
from tests.pipeline.test_callbacks import rows
from tests.pipeline.test_sqlite_connections import add_number, make_table
from tests.pipeline.test_webhooks import an_endpoint, send
from tests.pipeline.world import EMAIL, World, eventually
from tests.services.clock import SameDay
from tests.services.process import PATIENCE
from tests.services.receiver import a_receiver
from tests.services.serving import serving
from tests.services.smtp import SmtpServer

SMS = Channel("sms")
DATA = f"/api/v1/users/{USER}/data"
WEBHOOKS, KEYS = (WebhookAttempt, WebhookDelivery, WebhookEvent), ("event_id", "event_id", "id")
ADDRESSES = {"user_email": EMAIL_ADDRESS, "user_phone_number": PHONE}
MESSAGE = {
    "user_id": USER,
    "title": "Canary title",
    "message": "A message to the canary",
    "reference": "canary-1",
    **ADDRESSES,
}
STORED = {
    *("preferences", "profiles", "schedules", "notifications", "deliveries", "inbound_replies", "delivery_reports"),
    *("saved_searches", "saved_search_versions"),
}
"""Tables that have the person before the erasure, and are exported."""
ALSO_STORED = {
    *("search_people", "listing_preferences", "alerts", "consent_records", "webhook_events", "suppressions"),
    "idempotency_keys",
}
"""More tables that have the person; there are others."""


@asynccontextmanager
async def api_of(world: World) -> AsyncIterator[httpx2.AsyncClient]:
    """The API on the store of a world."""
    app = create_app(world.settings, with_worker=False, clock=SameDay())
    async with serving(app) as url, httpx2.AsyncClient(base_url=url, timeout=60) as api:
        yield api


async def post(api: httpx2.AsyncClient, path: str, body: dict[str, Any]) -> str:
    """Make a call; if it names the user, its idempotency key names them, too. Returns the id in the answer."""
    key = f"{'canary' if 'address' not in body else 'entry'} {uuid4()}"
    answer = await api.post(f"/api/v1{path}", json=body, headers={"Idempotency-Key": key})
    assert answer.status_code in (200, 201), answer.text
    return str(answer.json().get("id"))


async def live(world: World, api: httpx2.AsyncClient) -> dict[str, UUID]:
    """The person uses every feature; returns some of their notifications."""
    rules = {"time_zone": ZONE, "caps": {"email": {"day": 50}}, "categories": {"offer": {"email": "daily"}}}
    await post(api, f"/preferences/{USER}", {"email_enabled": True, "sms_enabled": True, **rules})
    profile = {"email": EMAIL_ADDRESS, "phone_number": PHONE, "name": "Canary Person", "time_zone": ZONE}
    assert (await api.put(f"/api/v1/users/{USER}/profile", json=profile)).status_code == 200
    await post(api, "/schedules", {**MESSAGE, "rrule": "FREQ=DAILY", "start": "2030-01-01T09:00", "time_zone": ZONE})
    ids = {
        "sent": await post(api, "/notifications", MESSAGE),
        "collected": await post(api, "/notifications", {**MESSAGE, "category": "offer", "channels": ["email"]}),
        "broken": await post(api, "/notifications", {**MESSAGE, "category": "offer", "channels": ["email"]}),
        "returned": await post(api, "/notifications", {**MESSAGE, "channels": ["email"]}),
        "later": await post(api, "/notifications", {**MESSAGE, "send_at": "2030-01-01T09:00:00Z"}),
        "changed": await post(api, "/notifications", {**MESSAGE, "send_at": "2030-01-01T09:00:00Z"}),
    }
    changed = f"/api/v1/notifications/{ids['changed']}"
    assert (await api.patch(changed, json={"title": "Another canary"})).status_code == 200
    for name in ("sent", "returned"):
        await world.until(UUID(ids[name]), "sent")
    await reported(world, UUID(ids["sent"]), ReportedResult.ARRIVED)
    unknown = ReportedEvent(ReportedResult.TAKEN, delivery_id=uuid4(), event_id="unknown")
    await report_intake(world.parts).take(EMAIL, "smtp", [unknown], f"about {EMAIL_ADDRESS.upper()}".encode())
    await reply(world, "the canary writes", "SM1")
    search = {"SavedSearchName": "A canary's home", "Criteria": {"Keywords": ["canary"]}}
    await post(api, f"/users/{USER}/saved-searches", search)
    await look_for_homes(world, api)
    await change_their_mind(world, api)
    await break_a_worker(world, UUID(ids["broken"]))
    await bounce_by_mail(world, UUID(ids["returned"]))
    await import_suppressions(api)
    await post(api, "/suppressions", {"channel": "email", "address": EMAIL_ADDRESS, "reason": "manual"})
    await post(api, "/suppressions", {"user_id": USER, "channel": "email", "note": "the canary telephoned"})
    await world.parts.database.ping()
    return {name: UUID(id_) for name, id_ in ids.items()}


async def reported(
    world: World, notification: UUID, result: ReportedResult, cause: SuppressionCause | None = None
) -> None:
    """The provider reports about the email of a notification, and names the address in its event."""
    delivery = await world.delivery(notification)
    event = ReportedEvent(result, delivery_id=delivery.id, event_id=str(uuid4()), cause=cause)
    await report_intake(world.parts).take(EMAIL, "smtp", [event], f"to {EMAIL_ADDRESS}".encode())


async def reply(world: World, words: str, id_: str) -> str | None:
    """The person answers an SMS; returns the confirmation."""
    intake = ReplyIntake(
        world.parts.database,
        Subjects(world.settings.secrets),
        world.parts.clock,
        address_rules(world.settings),
        "Homes",
        world.confirmer,
    )
    return await intake.take(SMS, "twilio", InboundMessage(PHONE, words, id_))


@pytest.mark.parametrize("store", STORES)
async def test_an_erased_person_is_found_nowhere(
    store: str, make_settings: Callable[..., Settings], smtp_server: SmtpServer
) -> None:
    settings = make_settings(store, sms_provider="mailbox", default_preferences=["email", "sms"])
    with capture_logs() as logs:
        async with World(settings, smtp_server) as world, api_of(world) as api, a_receiver() as receiver:
            receiver.answers(500)
            await an_endpoint(world, receiver.url)
            await world.a_user(7)
            await world.a_worker()
            ids = await live(world, api)
            before = await tables(world.parts.database)
            stored = STORED | ALSO_STORED
            assert {name for name in stored if found_in("".join(before[name]))} == stored

            exported = (await api.get(DATA)).text
            erased = await api.delete(DATA)
            assert (erased.status_code in (200, 202), erased.json()["found"]) == (True, True), erased.text
            if erased.status_code == 202:  # on a busy machine a worker goes on, and empties SQLite's log at the end
                await eventually(partial(is_nowhere, world, logs))
            assert await places(world, logs) == {}

            await later(world, api, ids)
            assert await places(world, logs) == {}
            again = await api.delete(DATA)
            assert (again.status_code, again.json()["found"]) == (200, False), again.text
    assert all(one in exported for one in ("Canary title", "the canary writes", "the canary telephoned", PHONE, ZONE))
    assert all(
        TABLES[name].section or name in json.loads(exported) for name in STORED - {"deliveries", "delivery_reports"}
    )


async def is_nowhere(world: World, logs: Sequence[Mapping[str, Any]]) -> bool:
    return not await places(world, logs)


async def later(world: World, api: httpx2.AsyncClient, ids: dict[str, UUID]) -> None:
    """What comes late about the person changes nothing, except that a STOP stops."""
    await reported(world, ids["sent"], ReportedResult.BOUNCED, SuppressionCause.HARD_BOUNCE)
    await reply(world, "the canary again", "SM2")
    await reply(world, "please do not text me again", "SM3")
    assert "sms" in {entry.channel for entry in await rows(world, StoredSuppression) if entry.reason_code == "stop"}
    assert await reply(world, "help", "SM4") is not None
    assert {(one.sender, one.text) for one in await rows(world, InboundReply)} == {("", "")}
    refused = await api.post("/api/v1/notifications", json=MESSAGE)
    assert refused.status_code == 404
    detail = (await api.get(f"/api/v1/notifications/{ids['sent']}")).json()
    assert (detail["status"], detail["user_id"], detail["title"]) == ("delivered", -1, "")
    detail = (await api.get(f"/api/v1/notifications/{ids['collected']}")).json()
    assert [(one["state"], one["reason_code"]) for one in detail["deliveries"]] == [("suppressed", "user_erased")]


def eraser_of(world: World) -> Eraser:
    return Eraser(world.parts.database, world.parts.clock, Subjects(world.settings.secrets))


async def test_an_erasure_waits_for_a_call_in_progress_and_lets_no_other_begin(world: World) -> None:
    await world.a_user()
    sending, waiting = await world.accept(), await world.accept()
    (claim,) = await world.claim((await world.delivery(sending)).id)
    eraser = eraser_of(world)
    await eraser.begin(1, "test")
    assert not await world.claim((await world.delivery(waiting)).id)

    progress = await eraser.go_on(1, within=0)
    assert (progress.is_finished, progress.in_progress) == (False, 1)
    await eventually(partial(is_shown, world, in_progress=True))
    assert (await world.delivery(sending)).address == "user1@example.com"

    await world.settle(claim, DeliveryState.SENT, Outcome.SENT, "it was taken")
    assert (await eraser.go_on(1, within=PATIENCE)).is_finished
    delivery = await world.delivery(sending)
    assert (delivery.address, delivery.state, delivery.reason_code) == (None, "sent", "user_erased")
    assert [one.outcome for one in delivery.attempts] == ["sent"]
    await eventually(partial(is_shown, world, in_progress=False))


async def test_a_log_that_cannot_be_emptied_in_time_is_kept(
    make_settings: Callable[..., Settings], tmp_path: Path
) -> None:
    database = Database(f"sqlite+aiosqlite:///{tmp_path}/app.db")
    eraser = Eraser(database.within(0.05), database.clock, Subjects(make_settings(STORES[0]).secrets))
    await make_table(database)
    with closing(sqlite3.connect(tmp_path / "app.db")) as reader, capture_logs() as logs:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM numbers").fetchall()
        await database.run(add_number(2))  # the reader needs the log from here on

        await eraser._empty_log()
    await database.close()

    assert [one["event"] for one in logs] == ["erasure.log_kept"]


async def is_shown(world: World, *, in_progress: bool) -> bool:
    """Whether the age of the oldest erasure is measured, above 0 or not. A scrape does not wait for a slow store."""
    await world.parts.gauges.measure()
    age = world.parts.metrics.erasure_age._value.get()
    return age > 0 if in_progress else age == 0


async def test_a_worker_that_settles_after_the_erasure_stores_nothing_that_its_provider_said(world: World) -> None:
    await world.a_user()
    notification = await world.accept()
    (claim,) = await world.claim((await world.delivery(notification)).id)
    async with world.parts.database.transaction() as connection:  # its lease ended, and another worker took it back
        await connection.execute(text("UPDATE deliveries SET state = 'queued', fence = fence + 1, due_at = changed_at"))
    eraser = eraser_of(world)
    await eraser.begin(1, "test")
    assert (await eraser.go_on(1, within=PATIENCE)).is_finished

    await world.settle(claim, DeliveryState.FAILED, Outcome.REFUSED, "550 no canary here")
    delivery = await world.delivery(notification)
    assert (delivery.state, delivery.reason_code) == ("suppressed", "user_erased")
    (attempt,) = await rows(world, Attempt)
    assert (attempt.outcome, attempt.reason_code, attempt.reason_parameters) == ("refused", "user_erased", None)


async def test_a_worker_continues_an_erasure_whose_process_was_killed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("queries", "run", "parts"):
        monkeypatch.setattr(f"property_alert_notification.operators.privacy.erasure.{module}.AT_ONCE", 2)
    await world.a_user()
    ids = [await world.accept(reference="of the user") for _ in range(5)]
    eraser = eraser_of(world)
    await eraser.begin(1, "test")
    run = ErasureRun(world.parts.database, world.parts.clock, Subjects(world.settings.secrets), 1)
    assert [await run.step() for _ in range(2)] == [Step.ERASED, Step.ERASED]
    assert not await ErasureWorker(eraser).continue_one()
    async with world.parts.database.transaction() as connection:
        await connection.execute(text("UPDATE erasures SET due_at = requested_at WHERE due_at IS NOT NULL"))

    async def is_finished() -> bool:
        await ErasureWorker(eraser).continue_one()
        return "erasure.finished" in [one.action for one in await rows(world, AuditEntry)]

    await eventually(is_finished)
    assert {(await world.detail(one)).reference for one in ids} == {None}
    assert {(await world.delivery(one)).state for one in ids} == {"suppressed"}
    assert [one.action for one in await rows(world, AuditEntry)] == ["erasure.requested", "erasure.finished"]


async def test_a_user_who_comes_back_gets_messages(world: World) -> None:
    eraser = eraser_of(world)
    await world.a_user()
    await eraser.begin(1, "test")
    assert (await eraser.go_on(1, within=PATIENCE)).is_finished
    with pytest.raises(PreferencesNotFound):
        await world.accept()

    await world.a_user()

    assert (await world.delivery(await world.accept())).state == "queued"


async def test_what_waits_for_webhook_endpoints_is_erased_with_its_event(world: World) -> None:
    """Nothing is left that is open for ever, not even of a call that ends afterwards."""
    database, clock = world.parts.database, world.parts.clock
    async with a_receiver() as receiver:
        receiver.answers(500)
        for _ in range(2):
            await an_endpoint(world, receiver.url)
        about = [
            NewEvent(clock.new_id(), EventType.RECIPIENT_OPTED_OUT, clock.now(), False, user_id=user) for user in (1, 2)
        ]
        await database.run(events.record(about))
        await send(world)
    assert [len(await rows(world, one)) for one in WEBHOOKS] == [4, 4, 2]
    before = [one for one in await rows(world, WebhookDelivery) if one.event_id == about[0].id]

    eraser = eraser_of(world)
    await eraser.begin(1, "test")
    progress = await eraser.go_on(1, within=PATIENCE)
    late = [
        WebhookSettlement(one.endpoint_id, one.event_id, 1, "pending", clock.now(), clock.now(), 500, "status", 5)
        for one in before
    ]
    async with database.transaction() as connection:
        await settle(connection, late)

    assert [progress.counted[table_of(one).name] for one in WEBHOOKS] == [2, 2, 1]
    assert [{getattr(row, key) for row in await rows(world, one)} for one, key in zip(WEBHOOKS, KEYS, strict=True)] == [
        {about[1].id}
    ] * 3
