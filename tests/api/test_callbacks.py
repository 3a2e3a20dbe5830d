"""Callbacks of providers over HTTP."""

import asyncio
import base64
import hmac
import json
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx2
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from property_alert_notification.base.settings import Settings
from property_alert_notification.database import Database
from property_alert_notification.deliveries import scripts
from property_alert_notification.deliveries.records import Submission
from tests.api.conftest import PREFERENCES, a_client, accept
from tests.pipeline.test_store_waits import StuckDisk
from tests.services.clock import SameDay
from tests.services.process import PATIENCE

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
CLOCK = SameDay()
PATH = "/callbacks/sms/http"


@pytest.fixture
async def hooked(store_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[httpx2.AsyncClient]:
    """A caller of a service whose SMS gateway calls back."""
    monkeypatch.setenv("SMS_HTTP_URL", "http://127.0.0.1:9/messages")
    monkeypatch.setenv("SMS_HTTP_CALLBACK_SECRET", SECRET)
    async with a_client(database_url=store_url, sms_provider="http") as client:
        await client.put("/api/v1/preferences/1", json=PREFERENCES)
        yield client


def signed(body: bytes, *, secret: str = SECRET, late: int = 0, id_: str = "msg-1") -> dict[str, str]:
    at = str(int(CLOCK.now().timestamp()) - late)
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signature = base64.b64encode(hmac.digest(key, f"{id_}.{at}.".encode() + body, "sha256")).decode()
    return {"webhook-id": id_, "webhook-timestamp": at, "webhook-signature": f"v1,AAAA v1,{signature}"}


async def at_the_gateway(client: httpx2.AsyncClient, store_url: str) -> tuple[str, str]:
    """A notification and its SMS delivery, which a worker has submitted to the gateway."""
    notification = await accept(client, channels=["sms"], user_phone_number="+14155552671")
    (delivery,) = (await client.get(f"/api/v1/notifications/{notification}")).json()["deliveries"]
    database = Database(Settings(database_url=store_url).database_url, wait=30)
    now, ids = CLOCK.now(), [CLOCK.new_id()]
    ids = [type(ids[0])(delivery["id"])]
    (claim,) = await database.run(scripts.claim(ids, now=now, leased_until=now))

    def submit() -> Any:
        yield scripts.open_attempts([Submission(claim.delivery_id, claim.fence, "http", now, now)])

    await database.run(submit())
    await database.close()
    return notification, delivery["id"]


async def test_a_signed_report_is_stored_before_it_is_answered(hooked: httpx2.AsyncClient, store_url: str) -> None:
    notification, delivery = await at_the_gateway(hooked, store_url)
    body = json.dumps([{"type": "status", "id": delivery, "status": "delivered", "message_id": 7}]).encode()

    answers = [await hooked.post(PATH, content=body, headers=signed(body)) for _ in range(2)]

    assert [(one.status_code, one.content) for one in answers] == [(204, b"")] * 2
    shown = (await hooked.get(f"/api/v1/notifications/{notification}")).json()
    assert shown["status"] == "delivered"
    (report,) = shown["deliveries"][0]["reports"]
    assert (report["provider"], report["result"], json.loads(report["raw"])["id"]) == ("http", "arrived", delivery)
    bounce = {"type": "status", "id": delivery, "status": "failed", "error": "21610", "cause": "stop"}
    body = json.dumps(bounce).encode()
    assert (await hooked.post(f"{PATH}?x=1", content=body, headers=signed(body, id_="msg-2"))).status_code == 204
    assert (await hooked.get(f"/api/v1/notifications/{notification}")).json()["status"] == "failed"
    wanted = {"channel": "sms", "address": "+14155552671"}
    (entry,) = (await hooked.get("/api/v1/suppressions", params=wanted)).json()["items"]
    assert (entry["reason"], entry["added_by"]) == ("stop", "callback:sms/http")
    unknown = await hooked.post(f"{PATH}/more", content=body, headers=signed(body))
    assert unknown.status_code == 404
    figures = (await hooked.get("/metrics")).text
    # One route, whether FastAPI answers it or the fast path.
    labels = 'method="POST",route="/callbacks/{channel}/{provider}",status="204"'
    assert f"property_alerts_http_requests_total{{{labels}}} 3.0" in figures
    assert 'property_alerts_callbacks_total{channel="sms",outcome="read",provider="http"} 3.0' in figures


@pytest.fixture
async def lite_hooked(
    tmp_path: Path, migrated_sqlite: Callable[[Path], str], monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[httpx2.AsyncClient]:
    """The same on SQLite."""
    monkeypatch.setenv("SMS_HTTP_URL", "http://127.0.0.1:9/messages")
    monkeypatch.setenv("SMS_HTTP_CALLBACK_SECRET", SECRET)
    async with a_client(database_url=migrated_sqlite(tmp_path / "lite.db"), sms_provider="http") as client:
        yield client


async def test_what_is_not_signed_by_the_provider_is_refused_unread(lite_hooked: httpx2.AsyncClient) -> None:
    body = b"what nobody can parse"
    forged = [
        {},
        signed(body, secret="whsec_" + base64.b64encode(b"another secret").decode()),
        signed(body + b" "),
        signed(body, late=400),
        signed(body, late=-400),
        signed(body) | {"webhook-id": "msg-2"},
        signed(body) | {"webhook-timestamp": "١٢"},
        signed(body) | {"webhook-signature": "v1"},
        dict.fromkeys(signed(body), "ÿ"),
    ]
    for headers in forged:
        raw = [(name, value.encode("utf-8")) for name, value in headers.items()]
        answer = await lite_hooked.post(PATH, content=body, headers=raw)
        assert answer.status_code == 403, headers
        assert answer.json()["detail"] == "The signature of this callback is not valid."
    answer = await lite_hooked.post(PATH, content=body, headers=signed(body))
    assert (answer.status_code, "parse" in answer.text) == (400, False)


@pytest.mark.parametrize("path", ["sms/twilio", "sms/http@backup", "email/mailbox", "fax/http"])
async def test_who_reports_nothing_is_unknown(lite_hooked: httpx2.AsyncClient, path: str) -> None:
    answer = await lite_hooked.post(f"/callbacks/{path}", content=b"{}")

    assert answer.status_code == 404


def status_of(message_id: str, status: str = "failed", **fields: str) -> bytes:
    return json.dumps({"type": "status", "message_id": message_id, "status": status, **fields}).encode()


async def test_a_report_that_finds_no_room_is_not_answered_as_if_it_were_stored(
    lite_hooked: httpx2.AsyncClient, tmp_path: Path
) -> None:
    async def post(body: bytes, id_: str) -> httpx2.Response:
        return await lite_hooked.post(PATH, content=body, headers=signed(body, id_=id_))

    first = await post(status_of("first"), "msg-first")
    with closing(sqlite3.connect(tmp_path / "lite.db")) as file, file:
        file.execute(FILL)

    for number, more in enumerate(({}, {"cause": "complaint"}, {"cause": "hard_bounce"})):
        refused = await post(status_of("late", **more), f"msg-{number}")
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "300")
    repeated = await post(status_of("first"), "msg-first")
    assert (first.status_code, repeated.status_code) == (204, 204)
    assert 'property_alerts_reports_total{outcome="no_room"} 3.0' in (await lite_hooked.get("/metrics")).text

    with closing(sqlite3.connect(tmp_path / "lite.db")) as file, file:
        file.execute("DELETE FROM delivery_reports WHERE key LIKE 'fill-%'")
    assert (await post(status_of("late", cause="hard_bounce"), "msg-2")).status_code == 204
    with closing(sqlite3.connect(tmp_path / "lite.db")) as file:
        assert file.execute("SELECT cause FROM delivery_reports ORDER BY id DESC").fetchone() == ("hard_bounce",)


FILL = """
INSERT INTO delivery_reports (id, key, channel, provider, received_at, retry_at, provider_message_id, result)
WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 10000)
SELECT printf('%032x', n), 'fill-' || n, 'sms', 'other', '2026-12-01 00:00:00', '2096-12-01 00:00:00', 'm' || n, 'taken'
FROM numbers
"""

SENDGRID_KEY = base64.b64encode(
    ec.generate_private_key(ec.SECP256R1()).public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
).decode()


@pytest.mark.parametrize(
    ("variable", "value", "path"),
    [
        ("TWILIO_AUTH_TOKEN", "t0ken", "sms/twilio"),
        ("TWILIO_BACKUP_AUTH_TOKEN", "t0ken", "sms/twilio@backup"),
        ("SMS_HTTP_CALLBACK_SECRET", SECRET, "sms/http"),
        ("SMS_HTTP_OLD_ONE_CALLBACK_SECRET", SECRET, "sms/http@old_one"),
        ("SES_TOPIC_ARNS", "arn:aws:sns:us-east-1:123456789012:alerts", "email/ses"),
        ("SENDGRID_CALLBACK_KEY", SENDGRID_KEY, "email/sendgrid"),
        ("POSTMARK_BACKUP_CALLBACK_SECRET", "a-very-long-secret-of-callbacks", "email/postmark@backup"),
        ("MAILGUN_CALLBACK_KEY", "a-very-long-secret-of-callbacks", "email/mailgun"),
    ],
)
async def test_callbacks_of_a_provider_that_gets_no_messages_any_more_are_read(
    variable: str,
    value: str,
    path: str,
    tmp_path: Path,
    migrated_sqlite: Callable[[Path], str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(variable, value)
    url = migrated_sqlite(tmp_path / "lite.db")
    async with a_client(database_url=url, sms_provider="console", email_provider="console") as client:
        answer = await client.post(f"/callbacks/{path}", content=b"{}")
        other = await client.post(f"/callbacks/{path}x", content=b"{}")

    assert (answer.status_code, other.status_code) == (403, 404)


async def test_late_reports_of_a_gateway_without_its_other_settings_are_stored(
    tmp_path: Path, migrated_sqlite: Callable[[Path], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SMS_HTTP_CALLBACK_SECRET", SECRET)
    body = json.dumps({"type": "message", "from": "+14155552671", "text": "STOP"}).encode()
    async with a_client(database_url=migrated_sqlite(tmp_path / "lite.db"), sms_provider="console") as client:
        assert (await client.post(PATH, content=body, headers=signed(body))).status_code in (200, 204)
        (entry,) = (await client.get("/api/v1/suppressions")).json()["items"]

    assert (entry["channel"], entry["reason"]) == ("sms", "stop")


TWILIO = "https://alerts.example.com/callbacks/sms/twilio"


@pytest.mark.parametrize(
    ("path", "signed_url"),
    [
        ("twilio", TWILIO),
        ("twilio/", f"{TWILIO}/"),
        ("twilio/?a=1", f"{TWILIO}/?a=1"),
        ("twilio", f"{TWILIO}?"),
        ("twilio@backup", f"{TWILIO}@backup"),
        ("twilio%40backup", f"{TWILIO}%40backup"),
        ("twilio%40backup/?a=%20", f"{TWILIO}%40backup/?a=%20"),
        ("twili%6F", f"{TWILIO[:-1]}%6F"),
    ],
)
async def test_the_signature_covers_the_url_as_the_provider_wrote_it(
    path: str,
    signed_url: str,
    tmp_path: Path,
    migrated_sqlite: Callable[[Path], str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("TWILIO", "TWILIO_BACKUP"):
        monkeypatch.setenv(f"{name}_ACCOUNT_SID", "AC" + "0" * 32)
        monkeypatch.setenv(f"{name}_AUTH_TOKEN", "t0ken")
        monkeypatch.setenv(f"{name}_FROM_NUMBER", "+15005550006")
    settings = {"sms_provider": "twilio,twilio@backup", "public_url": "https://alerts.example.com"}
    async with a_client(database_url=migrated_sqlite(tmp_path / "lite.db"), **settings) as client:
        signature = base64.b64encode(hmac.digest(b"t0ken", f"{signed_url}MessageStatussent".encode(), "sha1")).decode()
        headers = {"x-twilio-signature": signature, "content-type": "application/x-www-form-urlencoded"}
        sent = {"content": b"MessageStatus=sent", "headers": headers}

        assert (await client.post(f"/callbacks/sms/{path}", **sent)).status_code == 204
        assert (await client.post(f"/callbacks/sms/{path}x", **sent)).status_code in (403, 404)


async def test_a_callback_is_small_and_is_posted(lite_hooked: httpx2.AsyncClient) -> None:
    large = b"x" * (64 * 1024 + 1)

    assert (await lite_hooked.post(PATH, content=large, headers=signed(large))).status_code == 413
    assert (await lite_hooked.get(PATH)).status_code == 405


async def test_a_stop_is_confirmed_once_by_the_answer_to_the_gateway(lite_hooked: httpx2.AsyncClient) -> None:
    body = json.dumps({"type": "message", "id": "in-1", "from": "+14155552671", "text": "Stop!"}).encode()

    answers = [await lite_hooked.post(PATH, content=body, headers=signed(body)) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 204]
    assert answers[0].json()["reply"].startswith("property-alert-notification: you are unsubscribed")
    wanted = {"channel": "sms", "address": "+14155552671", "reason": "stop"}
    assert len((await lite_hooked.get("/api/v1/suppressions", params=wanted)).json()["items"]) == 1


async def test_a_reply_waits_no_longer_for_the_store_than_any_call(
    tmp_path: Path, migrated_sqlite: Callable[[Path], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SMS_HTTP_URL", "http://127.0.0.1:9/messages")
    monkeypatch.setenv("SMS_HTTP_CALLBACK_SECRET", SECRET)
    url = migrated_sqlite(tmp_path / "stuck.db")
    disk = StuckDisk(monkeypatch)
    body = json.dumps({"type": "message", "id": "m", "from": "+14155552671", "text": "stop"}).encode()
    async with a_client(database_url=url, sms_provider="http", store_timeout=1) as client:
        disk.is_stuck = True
        try:
            async with asyncio.timeout(PATIENCE / 2):
                answer = await client.post(PATH, content=body, headers=signed(body))
        finally:
            disk.is_stuck = False
            disk.released.set()

    assert (answer.status_code, "Retry-After" in answer.headers) == (503, True)


async def test_an_event_that_cannot_be_read_is_counted_and_the_others_take_effect(
    lite_hooked: httpx2.AsyncClient,
) -> None:
    stop = {"type": "message", "id": "m", "from": "+14155552671", "text": "STOP \ud83d"}
    body = json.dumps([{"type": "status", "status": "of another version"}, stop]).encode()

    answer = await lite_hooked.post(PATH, content=body, headers=signed(body))

    assert (answer.status_code, "reply" in answer.json()) == (200, True)
    assert 'property_alerts_reports_total{outcome="unreadable"} 1.0' in (await lite_hooked.get("/metrics")).text
